"""Which window to play: python benchmarks/windows.py [FILTER ...]

The search of the agent `z2_windows` of params.yaml for one target, by each choice of windows: the first one of each
scheme (what params.yaml does), any of eight, a likely one of eight, that of Stochastic MuZero's tree. All choices of a
seed begin with the same pretrained network, which learns nothing more here, so that only the choice differs. CPU
seconds are those of the windows alone: walks, choices, games, what is learnt of chance; nothing is compiled in them.

`lower` counts games that end with fewer terms than every rewrite that was known of the tensor, the window's own terms
among them. `log_loss` is that of the model of chance on the games of each batch before it learns from them, in nats,
from the second batch on; `base_loss` that of the frequencies of the outcomes in the batches before. `rank` is the
lowest one of a scheme, `found_cpu_s` when it was found.

Rows that stand in benchmarks/windows.csv with today's parameters are not run again. FILTER keeps the rows whose name
(target, seed, choice) holds every one of the words.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.contract.xla import settle_xla  # noqa: E402

settle_xla()

import numpy as np  # noqa: E402

from stages.algebra.targets import parse_size  # noqa: E402
from stages.contract.command import Stopwatch, csv_text, write_text  # noqa: E402
from stages.contract.resume import Resume  # noqa: E402
from stages.demonstrations.draw import write_demonstrations  # noqa: E402
from stages.game.rules import rules_for  # noqa: E402
from stages.learning.chance import log_losses  # noqa: E402
from stages.learning.demonstrations import DemonstrationReader  # noqa: E402
from stages.network.agent import read_parameters, write_parameters  # noqa: E402
from stages.network.chance import Windows  # noqa: E402
from stages.network.spans import SpansNetwork  # noqa: E402
from stages.params.agents import SpanAgent  # noqa: E402
from stages.params.file import section  # noqa: E402
from stages.pretraining.pretrain import pretrain  # noqa: E402
from stages.search.generations import begin, play_windows  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
NETWORKS = ROOT / ".cache/benchmarks"
KEY = ["target", "seed", "choice"]
OUTCOMES = ["failed", "same", "new", "lower"]
COLUMNS = [*KEY, "settings", "batches", *OUTCOMES, "cpu_s", "rank", "found_cpu_s", "log_loss", "base_loss"]
BATCHES = 16
SEEDS = 3
TARGETS = ("4x4x4", "3x3x4")
CHOICES = {
    "first": None,
    "any": {"name": "any", "windows": 8},
    "likely": {"name": "likely", "windows": 8},
    "stochastic muzero": {"name": "stochastic_muzero", "windows": 8, "simulations": 16},
}


def agent_of(target: str, seed: int, choice: str) -> SpanAgent:
    given = section(ROOT / "params.yaml", "agents.z2_windows", SpanAgent).model_dump()
    given |= {"targets": (target,), "seed": seed}
    given["search"]["windows"] |= {"choice": CHOICES[choice], "batches": 1}
    return SpanAgent.model_validate(given)


def digest(*given: object) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:12]


def pretrained(agent: SpanAgent) -> SpansNetwork:
    """The network before the search; it is kept for the other rows of its seed."""
    used = agent.model_dump(include={"seed", "network", "window", "demonstrations", "pretraining"})
    path = NETWORKS / f"{digest(used)}.parquet"
    if not path.exists():
        with TemporaryDirectory() as folder:
            table = Path(folder) / "demonstrations.parquet"
            write_demonstrations(table, agent, path.stem)
            reader = DemonstrationReader(table, rules_for(agent.ring, agent.window))
            resume = Resume(f"windows@{path.stem}", used, [table])
            trained, _ = pretrain(agent, reader, resume, Stopwatch(), f"pretraining, seed {agent.seed}")
            write_parameters(path, trained.network)
            resume.clear()
    return read_parameters(path, agent)


def measured(target: str, seed: int, choice: str) -> dict[str, object]:
    """One row of the table, less its settings."""
    agent = agent_of(target, seed, choice)
    network, rng = pretrained(agent), np.random.default_rng(seed)
    play_windows(begin(agent), network, agent, np.random.default_rng(0))  # compiles
    state, counts, losses = begin(agent), np.zeros(len(OUTCOMES), np.int64), []
    rank, found, spent = parse_size(target).naive_rank, 0.0, 0.0
    for batch in range(BATCHES):
        before, start = state.chance, time.process_time()
        state, progress = play_windows(state, network, agent, rng)
        spent += time.process_time() - start
        counts += progress.outcomes.sum(axis=0)
        if progress.lower and len(progress.lower[0][1]) < rank:
            rank, found = len(progress.lower[0][1]), spent
        if batch and before and (games := progress.played.sum()):
            outcomes = state.chance.outcomes[-games:]
            windows = Windows(*(field[-games:] for field in state.chance.windows))
            base = -np.log(before.base_rates[outcomes])
            losses.append(np.stack([log_losses(before.network, windows, outcomes), base]))
    means = np.concatenate(losses, axis=1).mean(axis=1) if losses else ()
    return {
        **dict(zip(KEY, (target, seed, choice), strict=True)),
        "batches": BATCHES,
        **dict(zip(OUTCOMES, counts.tolist(), strict=True)),
        "cpu_s": f"{spent:.1f}",
        "rank": rank,
        "found_cpu_s": f"{found:.1f}",
        **{name: f"{mean:.3f}" for name, mean in zip(("log_loss", "base_loss"), means, strict=False)},
    }


def finished() -> dict[tuple[str, ...], dict]:
    """The lines of the table."""
    if not TABLE.exists():
        return {}
    with TABLE.open(newline="") as file:
        return {tuple(line[name] for name in KEY): line for line in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="*", help="run only rows whose name holds these words")
    wanted = parser.parse_args().filter
    for target, seed, choice in product(TARGETS, range(SEEDS), CHOICES):
        key, settings = (target, str(seed), choice), digest(agent_of(target, seed, choice).model_dump(), BATCHES)
        name = " ".join(key)
        if finished().get(key, {}).get("settings") == settings or any(word not in name for word in wanted):
            continue
        line = measured(target, seed, choice) | {"settings": settings}
        rows = (finished() | {key: line}).values()
        write_text(TABLE, csv_text(COLUMNS, [{name: row.get(name, "") for name in COLUMNS} for row in rows]))
        print(f"{name}: {line['lower']} lower in {line['cpu_s']} CPU s, rank {line['rank']}", file=sys.stderr)


if __name__ == "__main__":
    main()
