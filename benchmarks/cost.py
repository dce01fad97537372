"""What a unit of work costs against size, candidates and network: python benchmarks/cost.py [FILTER ...]

Each row is a stage with one thing changed, in a process of its own on one core: CPU seconds until the first units are
done (imports and compilation included), CPU seconds of each further unit (their median), and the most memory that the
process held. The units: a round of `search` with one target and no train step, from random weights; a train step of
`pretraining`; a million flips of `refinement` with one walker. It writes benchmarks/cost.csv; rows that stand there are
not measured again. FILTER keeps the rows whose name holds every one of the words.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.contract.command import csv_text, write_text  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
KEY = ["stage", "agent", "size", "changed", "value"]
COLUMNS = [*KEY, "unit", "first_s", "unit_s", "memory_mb"]
UNITS = {"search": "round", "pretraining": "step", "refinement": "million flips"}
AT_ONCE = {"search": 1, "pretraining": 10, "refinement": 20}  # units between two looks at the clock
MOST_S = 30.0  # CPU seconds after which no further unit is begun
MOST_UNITS = 3

# The agents that are changed: `spans` is z2 of the default run, the others spell, as z_spelled of runs/records.yaml.
OVER_Z2 = {
    "ring": "Z2",
    "demonstrations": {"count": 8192, "distribution": [0.5, 0.5]},
    "search": {"games": 256, "window_games": 0},
}
ATTENTION = {"torso": "attention", "width": 64, "blocks": 2, "head_size": 16, "quantiles": 8, "history": 7}
ATTENTION |= {"model": {"name": "exact"}}
AGENTS = {
    "spans": ("params.yaml", "z2", {"demonstrations": {"count": 8192}}),
    "ranks": ("runs/records.yaml", "z_spelled", OVER_Z2),
    "attention": ("runs/records.yaml", "z_spelled", OVER_Z2 | {"network": ATTENTION | {"entries_per_token": 2}}),
}
SIZES = {"spans": ["2x2x2", "3x3x3"], "ranks": ["2x2x2", "2x2x3"], "attention": ["2x2x2"]}
# At the first of these sizes also: a key, its value, and the stages that it matters to.
CHANGES = [
    ("spans", "search.candidates", 32, ["search"]),
    ("spans", "network.width", 512, ["search", "pretraining"]),
    ("ranks", "search.games", 1024, ["search"]),
    ("ranks", "search.candidates", 64, ["search"]),
    ("ranks", "network.width", 512, ["search", "pretraining"]),
    ("spans", "pretraining.optimiser.batch", 128, ["pretraining"]),
]
WALKS = ["2x2x2", "3x3x3", "4x4x4", "5x5x5"]


def points() -> Iterator[tuple[str, str, str, str, str]]:
    """The keys of all rows."""
    yield from (("refinement", "", size, "", "") for size in WALKS)
    for stage in ("search", "pretraining"):
        yield from ((stage, agent, size, "", "") for agent, sizes in SIZES.items() for size in sizes)
        for agent, changed, value, stages in CHANGES:
            if stage in stages:
                yield (stage, agent, SIZES[agent][0], changed, str(value))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="*")
    parser.add_argument("--point", help=argparse.SUPPRESS)  # what a process of its own measures
    given = parser.parse_args()
    if given.point:
        print(json.dumps(measured(*json.loads(given.point))))
        return
    done = {}
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            done = {tuple(row[name] for name in KEY): row for row in csv.DictReader(file)}
    wanted = [
        point for point in points() if point not in done and all(word in " ".join(point) for word in given.filter)
    ]
    free = SimpleQueue()
    for core in sorted(os.sched_getaffinity(0)):
        free.put(core)
    with ThreadPoolExecutor(free.qsize()) as pool:
        rows = [pool.submit(row, point, free) for point in wanted]
        for measured_row in as_completed(rows):
            one = measured_row.result()
            done[tuple(one[name] for name in KEY)] = one
            print(one, file=sys.stderr)
            write_text(TABLE, csv_text(COLUMNS, [done[key] for key in points() if key in done]))


def row(point: tuple[str, ...], free: SimpleQueue) -> dict[str, str]:
    """A row, measured by a process on one of the free cores; no program of JAX compiled before is found there."""
    core = free.get()
    try:
        with TemporaryDirectory() as folder:
            process = subprocess.run(
                ["taskset", "--cpu-list", str(core), sys.executable, __file__, "--point", json.dumps(point)],
                cwd=folder,
                env=os.environ | {"JAX_COMPILATION_CACHE_DIR": folder},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
            )
    finally:
        free.put(core)
    return dict(zip(KEY, point, strict=True)) | json.loads(process.stdout)


def measured(stage: str, agent: str, size: str, changed: str, value: str) -> dict[str, str]:
    """The numbers of one row, of this process, which imports what the row needs and nothing else."""
    work = refinement(size) if stage == "refinement" else agent_work(stage, agent, size, changed, value)
    moments = []
    for _ in work:
        moments.append(time.process_time())
        if len(moments) > MOST_UNITS or (len(moments) > 1 and moments[-1] > MOST_S):
            break
    spent = median(after - before for before, after in pairwise(moments)) / AT_ONCE[stage]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "linux" else 1024)
    return {
        "unit": UNITS[stage],
        "first_s": f"{moments[0]:.1f}",
        "unit_s": f"{spent:.4g}",
        "memory_mb": f"{memory / 1024:.0f}",
    }


def agent_tree(agent: str, size: str, changed: str, value: str) -> dict:
    """The entry of an agent of one size with one thing changed."""
    from stages.params import file as params_file

    path, name, others = AGENTS[agent]
    tree = params_file.read(ROOT / path)["agents"][name] | {"targets": [size], "window": size}
    for section, values in others.items():
        tree[section] = tree[section] | values if section in ("demonstrations", "search") else values
    tree["search"] = tree["search"] | {"rounds": MOST_UNITS + 1, "train_steps": 0}
    if changed:
        *sections, last = changed.split(".")
        place = tree
        for section in sections:
            place[section] = dict(place[section])  # several places of the file may hold it
            place = place[section]
        place[last] = int(value)
    return tree


def agent_work(stage: str, agent: str, size: str, changed: str, value: str) -> Iterator[None]:
    """Units of `pretraining` or `search`."""
    from stages.contract.xla import settle_xla

    settle_xla()
    import jax

    from stages.contract.command import Stopwatch
    from stages.contract.resume import Resume
    from stages.demonstrations.draw import write_demonstrations
    from stages.game.rules import rules_for
    from stages.learning import spans
    from stages.learning.demonstrations import DemonstrationReader
    from stages.learning.train import Batch, TrainState, make_optimiser, train_steps
    from stages.network.agent import fresh
    from stages.params.agents import OneAgent, SpanAgent
    from stages.search.search import rounds
    from stages.search.setup import set_up

    entry = OneAgent.model_validate_json(json.dumps(agent_tree(agent, size, changed, value))).root
    path = Path("demonstrations.parquet")
    write_demonstrations(path, entry, "demonstrations")
    network = fresh(entry, jax.random.key(0))
    reader = DemonstrationReader(path, rules_for(entry.ring, entry.window))
    if stage == "search":
        found = rounds(set_up("cost", entry, reader), network, Resume("cost", {}, []), Stopwatch())
        next(found)  # as it begins
        yield from (None for _ in found)
        return
    settings, key = entry.pretraining, jax.random.key(1)
    decay = None if isinstance(entry, SpanAgent) else settings.steps  # as `pretraining` does
    optimiser, batch = make_optimiser(settings.optimiser, decay), settings.optimiser.batch
    state, steps = TrainState(network, optimiser.init(network)), AT_ONCE["pretraining"]
    while True:
        if isinstance(entry, SpanAgent):
            terms = reader.take(0, (steps * spans.PER_STEP,))
            state, losses = spans.train_steps(state, terms, steps, batch, key, optimiser)
        else:
            state, losses = train_steps(state, Batch(reader.take(0, (steps, batch))), key, optimiser)
        jax.block_until_ready((state, losses))
        yield


def refinement(size: str) -> Iterator[None]:
    """A million flips of one walker, again and again."""
    from stages.algebra.factors import standard
    from stages.algebra.targets import parse_target
    from stages.contract.command import Stopwatch
    from stages.contract.origin import Origin
    from stages.contract.resume import Resume
    from stages.params import file as params_file
    from stages.params.walks import OneWalk
    from stages.refinement.walk import refine

    tree = params_file.read(ROOT / "params.yaml")["walks"]["standard"]
    tree |= {"targets": [size], "flips": AT_ONCE["refinement"] * 1_000_000, "walkers": 1}
    walk, given = OneWalk.model_validate_json(json.dumps(tree)).root, [standard(parse_target(size))]
    resume = Resume("cost", {}, [])
    while True:
        refine(walk, given, Origin("refinement", "cost"), resume, Stopwatch())
        resume.clear()
        yield


if __name__ == "__main__":
    main()
