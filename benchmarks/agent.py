"""What the agent reaches, row by row: python benchmarks/agent.py [FILTER ...]

Each row is one attempt: a target, a ring, a kind of start, a variant of the agent, a seed. It runs in a process of its
own, on one core, from the drawing of demonstrations until it has reached the aim or used its CPU seconds (`cap`;
imports and compilation included), and is then written to benchmarks/agent.csv. What is found beyond the cap does not
count. Rows that stand there are not run again, unless their parameters are others by now: `settings` is a digest of
them, and the new line replaces the old. Killed in the middle of a row, the same command goes on with it. FILTER keeps
the rows whose name holds every one of the words.

`start` says which finds count. `span game` and `cyclic game` are whole games of the agents `z2`, `z` and `z2_cyclic` of
the default run, which play in spans, and `span window` window games of `z2_windows` of runs/agent.yaml, which does too.
In both rings one network of the size of `z`'s plays 2x2x2 and 2x2x3: the seconds and games of such a row are of both,
until its own target is at its aim. `game` and `window` are of an agent that spells; where it plays 2x2x2 over Z or
2x2x3 whole, it learns from windows too, by the same network.

`cyclic share` asks another question: not when a rank is first found, but how many games are solved, and at which rank,
after all CPU seconds of the row. Its aim is 0, so that nothing ends it early, and `shares` are of 512 one-ply games of
its last network, whose seconds do not count. `closed` learns from own games, `open` from demonstrations alone. `game
share` is of whole games of an agent that spells, and of its last network under each of several planners: `shares` tell
of each the CPU seconds of its 512 games too.

`short share` is the same of the agent `z` in fewer seconds, for agents that learn from the games of another (MuZero
Unplugged). `offline` plays nothing: it learns from demonstrations and from the games of `closed` of its seed, whose
seconds do not count. `offline, games alone` has neither demonstrations nor pretraining. With `reanalyse` a quarter of
the states is searched again.

Two controls belong to each row of the agent, at the CPU seconds that it took: `untrained`, the same planner and seeds
with random weights, never trained; and `walk`, the uniform flip walk from the standard algorithm. The aim is known to
this judge alone: it ends a row, and no agent ever reads it.
"""

import argparse
import csv
import functools
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.contract.command import Stopwatch, csv_text, write_text  # noqa: E402
from stages.params import whole as params  # noqa: E402
from stages.params.agents import EntriesAgent, SpanAgent, games_of  # noqa: E402
from stages.params.file import section  # noqa: E402
from stages.params.section import STANDARD_START  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
KEY = ["target", "ring", "start", "variant", "seed"]
COLUMNS = [*KEY, "aim", "cap", "settings", "rank", "cpu_s", "games", "spent_cpu_s", "ranks", "shares"]
CONTROLS = ("untrained", "walk")


@dataclass(frozen=True)
class Row:
    """One attempt.

    Attributes:
      start: game (the whole target) or window, by an agent that spells; span game, cyclic game or span window; or
        cyclic share, short share or game share, of whole games too.
      variant: agent, a control, or a name in VARIANTS.
      aim: the rank that ends the row.
      cap: CPU seconds.
    """

    target: str
    ring: str
    start: str
    variant: str
    seed: int
    aim: int
    cap: float

    @property
    def key(self) -> tuple[str, ...]:
        return self.target, self.ring, self.start, self.variant, str(self.seed)

    @property
    def name(self) -> str:
        return " ".join(self.key)

    @property
    def agent(self) -> str:
        """The name of the agent of the row."""
        return self.ring.lower() + IN_SPANS.get(self.start, "")

    @property
    def teacher(self) -> "Row":
        """The row from whose games an offline one learns."""
        return replace(self, variant="closed")

    @property
    def is_small(self) -> bool:
        """Whether the target is one of those that one network plays."""
        return self.start == "span game" and self.target in SMALL_GAMES

    @property
    def kind(self) -> str:
        """Which finds of a search count."""
        return "window" if self.start.endswith("window") else "game"


# Agents that play in spans, by what follows the ring in their names; that of windows stands in runs/agent.yaml, the
# others in params.yaml.
IN_SPANS = {
    "span game": "",
    "cyclic game": "_cyclic",
    "cyclic share": "_cyclic",
    "short share": "",
    "span window": "_windows",
}

# target, ring, start, aim, CPU seconds, seeds
ATTEMPTS = [
    ("3x3x3", "Z2", "cyclic game", 23, 120, 5),
    ("2x2x2", "Z2", "span game", 7, 60, 5),
    ("2x2x3", "Z2", "span game", 11, 120, 5),
    ("2x3x3", "Z2", "span game", 15, 300, 3),
    ("3x3x3", "Z2", "span game", 23, 300, 3),
    ("2x2x2", "Z", "span game", 7, 120, 3),
    ("2x2x3", "Z", "span game", 11, 120, 3),
    ("2x2x2", "Z2", "game", 7, 90, 5),
    ("2x2x2", "Z", "game", 7, 900, 3),
    ("2x3x3", "Z2", "window", 15, 600, 3),
    ("3x3x3", "Z2", "window", 23, 600, 5),
    ("3x3x3", "Z", "window", 23, 900, 1),
    ("2x2x3", "Z2", "game", 11, 1800, 1),
    ("4x4x4", "Z2", "window", 47, 3600, 1),
    ("4x4x4", "Z2", "span window", 49, 300, 5),
]
MEASURED_GAMES = 512
# One network plays both, over Z2 too that of `z`: the pretraining of `z2`, for 3x3x3, takes longer than they may.
SMALL_GAMES = ("2x2x2", "2x2x3")
ONE_PLY = {"name": "one_ply", "improved_policy": "best"}
PLAYERS = {  # of one network, in rows of `game share`; the second has about the seconds of the third
    "one_ply of 16": {"planner": ONE_PLY, "candidates": 16},
    "one_ply of 40": {"planner": ONE_PLY, "candidates": 40},
    "puct 16 of 16": {"planner": {"name": "puct", "simulations": 16}, "candidates": 16},
}

# Over Z2 the rows are of an agent that spells entries: `z_spelled` of runs/records.yaml, with these differences.
OVER_Z2 = {
    "network": {"entries_per_token": 4},
    "demonstrations": {"distribution": (0.5, 0.5)},
    "pretraining": {"steps": 1500},
    "search": {
        "rounds": 260,
        "window_terms": (7, 8),
        "candidates": 8,
        "basis_density": 0.3,
        "signed_permutations": False,
        "demonstration_share": (0.4, 0.4),
    },
}

# What differs from these: (window, network, search).
WINDOWS = ("2x2x2", {}, {"games": 0, "window_games": 512})
SETTINGS = {
    ("2x2x2", "Z2", "game"): ("2x2x2", {}, {"games": 512, "window_games": 0, "candidates": 16}),
    ("2x2x2", "Z2", "game share"): ("2x2x2", {}, {"games": 512, "window_games": 0, "candidates": 16}),
    ("2x2x2", "Z", "game"): ("2x2x2", {}, {"games": 256, "window_games": 256, "window_terms": (2, 8)}),
    ("2x2x3", "Z2", "game"): (
        "2x2x3",
        {"combinations": 2, "entries_per_token": 6},
        {"games": 256, "window_games": 256, "window_terms": (2, 12), "candidates": 16, "basis_density": 0.05},
    ),
}

# Ablations: the attempts they are for, and what is changed in (network, pretraining, search).
CYCLIC = ("3x3x3", "Z2", "cyclic game", 23, 120, 3)
BOTH_STARTS = [("2x2x2", "Z2", "game", 7, 90, 3), ("3x3x3", "Z2", "window", 23, 150, 1)]
OVER_Z = [("2x2x2", "Z", "game", 7, 900, 1)]
SHARE = [("3x3x3", "Z2", "cyclic share", 0, 300, 3)]
PLANNERS = [("2x2x2", "Z2", "game share", 0, 400, 1)]
SHORT = [("2x2x3", "Z", "short share", 0, 60, 2)]
LEARNED = [("2x2x2", "Z2", "game", 7, 60, 5)]
FOUR, FIVE = [("4x4x4", "Z2", "span window", 49, 200, 2)], [("5x5x5", "Z2", "span window", 97, 200, 3)]
FEWER = {"members": 64, "steps": 300, "patience": 16}  # what 5x5x5 stands still at is reached sooner, and oftener
MODEL = {"model": {"name": "learned", "width": 32, "unroll": 2}}
PUCT = {"name": "puct", "simulations": 16}
HALVING = {"name": "sequential_halving", "simulations": 16, "gumbel_scale": 0.0, "value_scale": 1.0}
SMALL = {"width": 64, "blocks": 2, "history": 7}
COOL = {"sampling_temperature": 0.75}
DEMONSTRATIONS = {"demonstration_share": (1.0, 1.0), "best_share": 0.0}
TEACHER = "teacher"
CLOSED = {"own_share": 0.3, "played_share": 0.4, "games": 32}
OFFLINE = CLOSED | {"games": 0, "data": games_of(TEACHER)}
ALONE = OFFLINE | {"own_share": 0.4, "played_share": 0.6}
VARIANTS = {
    "closed": ([*SHARE, *SHORT], {}, {}, CLOSED),
    "reanalyse": (SHORT, {}, {}, CLOSED | {"reanalyse": 0.25}),
    "offline": (SHORT, {}, {}, OFFLINE),
    "offline, reanalyse": (SHORT, {}, {}, OFFLINE | {"reanalyse": 0.25}),
    "offline, games alone": (SHORT, {}, {"steps": 0}, ALONE),
    "adam pretrained": (SHORT, {}, {}, CLOSED | {"adam": "pretrained"}),
    "open": ([*SHARE, *SHORT], {}, {}, {"own_share": 0.0, "played_share": 0.0, "games": 1}),
    "puct 16 beside one_ply": (PLANNERS, {}, {}, COOL),
    "prior exp(Q)": (PLANNERS, {}, {}, COOL | {"planner": ONE_PLY | {"improved_policy": "prior_exp_q"}}),
    "puct 16 beside one_ply, demonstrations only": (PLANNERS, {}, {}, COOL | DEMONSTRATIONS),
    "untrained": (SHARE, {}, {"steps": 0}, {"train_steps": 0}),  # beside each row of the agent too
    "demonstrations only": (BOTH_STARTS, {}, {}, DEMONSTRATIONS),
    "self-play only": (BOTH_STARTS, {}, {"steps": 0}, {"demonstration_share": (0.0, 0.0), "best_share": 0.0}),
    "bases permuted only": (BOTH_STARTS, {}, {}, {"basis_density": 0.0}),
    "self-competition": (BOTH_STARTS[:1], {}, {}, {"self_competition": {"decay": 0.9, "margin": 0.5}}),
    "reanalyse 0.5": (BOTH_STARTS, {}, {}, {"reanalyse": 0.5}),
    "signed permutations": (BOTH_STARTS, {}, {}, {"signed_permutations": True}),
    "loop open": ([*BOTH_STARTS, CYCLIC], {}, {}, {"train_steps": 0}),
    "sequential halving 16": (BOTH_STARTS, {}, {}, {"planner": HALVING, "candidates": 8}),
    "puct 16": (BOTH_STARTS, {}, {}, {"planner": PUCT}),
    "learned model": (LEARNED, MODEL, {}, {}),
    "learned model, puct 32 of 8": (LEARNED, MODEL, {}, {"planner": PUCT | {"simulations": 32}, "candidates": 8}),
    "attention": (BOTH_STARTS, SMALL | {"torso": "attention", "head_size": 16}, {}, {}),
    "ranks 64": (BOTH_STARTS, SMALL, {}, {}),
    "fewer schemes, cyclic": ([*FIVE, *FOUR], {}, {}, {"windows": FEWER | {"symmetry": "cyclic"}}),
    "fewer schemes": ([*FIVE, *FOUR], {}, {}, {"windows": FEWER}),
    "windows off": (OVER_Z, {}, {}, {"games": 512, "window_games": 0}),
}


def planned(done: dict[tuple[str, ...], dict]) -> Iterator[Row]:
    """All rows, in the order in which they are run. A control waits for its agent's row and has its CPU seconds."""
    for target, ring, start, aim, cap, seeds in ATTEMPTS:
        for seed in range(seeds):
            row = Row(target, ring, start, "agent", seed, aim, cap)
            yield row
            if row.key in done:
                seconds = float(done[row.key]["spent_cpu_s"])
                yield from (Row(target, ring, start, control, seed, aim, seconds) for control in CONTROLS)
    for variant, (attempts, *_) in VARIANTS.items():
        for target, ring, start, aim, cap, seeds in attempts:
            yield from (Row(target, ring, start, variant, seed, aim, cap) for seed in range(seeds))


def parameters(row: Row) -> params.Params:
    """params.yaml with the agent of the row in place of its own, checked whole."""
    tree = params.load(ROOT / "params.yaml").model_dump()
    _, network, pretraining, search = VARIANTS.get(row.variant, ([], {}, {}, {}))
    if row.start == "span window":
        agent = section(ROOT / "runs/agent.yaml", "agents.z2_windows", SpanAgent).model_dump()
    elif row.is_small:
        agent = tree["agents"]["z"] | {"ring": row.ring}
    else:
        agent = tree["agents"][row.agent] if row.start in IN_SPANS else _speller(row)
    agent |= {"targets": SMALL_GAMES if row.is_small else (row.target,), "seed": row.seed}
    agent["network"] |= network
    if agent["network"]["torso"] == "attention":
        del agent["network"]["combinations"]
    agent["pretraining"] |= pretraining
    if "windows" in search:
        search = search | {"windows": agent["search"]["windows"] | search["windows"]}
    agent["search"] |= {"rounds": 1_000_000} | search
    tree["agents"][row.agent] = agent
    if agent["search"]["data"] != STANDARD_START:
        tree["agents"][TEACHER] = parameters(row.teacher).agents[row.agent].model_dump()
    return params.Params.model_validate(tree)


def _speller(row: Row) -> dict:
    """`z_spelled` of runs/records.yaml with what the row changes of it."""
    window, sizes, changes = SETTINGS.get((row.target, row.ring, row.start), WINDOWS)
    agent = section(ROOT / "runs/records.yaml", "agents.z_spelled", EntriesAgent).model_dump()
    agent |= {"ring": row.ring, "window": window}
    if row.ring == "Z2":
        agent |= {key: agent[key] | changed for key, changed in OVER_Z2.items()}
    agent["network"] |= sizes
    agent["search"] |= changes
    return agent


@functools.cache
def digest(row: Row) -> str:
    """Tells the parameters of the row from others."""
    given = parameters(row).model_dump()
    used = given["walks"]["standard"] if row.variant == "walk" else given["agents"][row.agent]
    if TEACHER in given["agents"]:
        used = [used, given["agents"][TEACHER]]
    return hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:12]


def finished() -> dict[tuple[str, ...], dict]:
    """The lines of the table."""
    if not TABLE.exists():
        return {}
    with TABLE.open(newline="") as file:
        return {tuple(line[name] for name in KEY): line for line in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="*", help="run only rows whose name holds these words")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.row:
        print(json.dumps(attempt(Row(**json.loads(args.row)))))
        return
    failed = set()
    while True:
        lines = finished()
        digests = {row.key: digest(row) for row in planned(lines)}
        done = {key: line for key, line in lines.items() if line["settings"] == digests.get(key)}
        wanted = (row for row in planned(done) if all(word in row.name for word in args.filter))
        row = next((row for row in wanted if row.key not in done and row.key not in failed), None)
        if row is None:
            break
        print(f"{row.name}: at most {row.cap:.0f} CPU s", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--row", json.dumps(row.__dict__)]
        child = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if child.returncode:
            failed.add(row.key)
            continue
        line = json.loads(child.stdout)
        write_text(TABLE, csv_text(COLUMNS, list((finished() | {row.key: line}).values())))
        print(f"{row.name}: {line['ranks']}", file=sys.stderr, flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(' '.join(key) for key in sorted(failed))}")


class Ranks:
    """The row's best ranks with their CPU seconds and games."""

    def __init__(self, row: Row, naive: int) -> None:
        self.row, self.reached = row, [(naive, 0.0, 0)]

    def note(self, rank: int | None, cpu_s: float, games: int) -> bool:
        """Takes note of the best rank so far; whether the row is over."""
        if rank is not None and rank < self.reached[-1][0] and cpu_s <= self.row.cap:
            self.reached.append((rank, cpu_s, games))
        return self.reached[-1][0] <= self.row.aim or cpu_s >= self.row.cap

    def result(self, cpu_s: float, shares: str = "") -> dict:
        rank, seconds, games = self.reached[-1]
        row = self.row.__dict__ | {"cap": f"{self.row.cap:g}", "settings": digest(self.row)}
        ranks = "; ".join(f"{rank} at {seconds:.1f}" for rank, seconds, _ in self.reached[1:])
        # A row that found nothing has cost all its seconds.
        cost = seconds if len(self.reached) > 1 else cpu_s
        return row | {
            "rank": rank,
            "cpu_s": f"{cost:.1f}",
            "games": games,
            "spent_cpu_s": f"{cpu_s:.1f}",
            "ranks": ranks,
            "shares": shares,
        }


def attempt(row: Row) -> dict:
    """Runs one row in this process; returns its line of the table."""
    return walk(row) if row.variant == "walk" else play(row)


def play(row: Row) -> dict:
    """An agent, from its demonstrations to the end of its search."""
    from stages.contract.xla import settle_xla

    # Each row pays for its own compilation.
    compiled = TemporaryDirectory()
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    os.environ["NUMBA_CACHE_DIR"] = compiled.name
    settle_xla()

    import numpy as np

    from stages.algebra.targets import parse_size
    from stages.code import fingerprint
    from stages.contract.resume import Resume
    from stages.demonstrations.draw import write_demonstrations
    from stages.game.rules import rules_for
    from stages.learning.demonstrations import DemonstrationReader
    from stages.pretraining.pretrain import pretrain
    from stages.search.curve import rank_shares
    from stages.search.games import write_games
    from stages.search.search import rounds
    from stages.search.setup import set_up
    from stages.search.spans import play_alone

    agent, games = parameters(row).agents[row.agent], None
    if agent.search.data != STANDARD_START and not (games := played_by(row.teacher)).exists():
        command = [sys.executable, __file__, "--row", json.dumps(row.teacher.__dict__)]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    label, stopwatch = "-".join(row.key).replace(" ", "_"), Stopwatch(-children.ru_utime - children.ru_stime)
    rules = rules_for(agent.ring, agent.window)
    with TemporaryDirectory() as folder:
        table = Path(folder) / "demonstrations.parquet"
        write_demonstrations(table, agent, label)
        reader = DemonstrationReader(table, rules)
        fingerprint.write(ROOT / "stages", ROOT / "fastmm", ROOT / "requirements.lock", Path(folder) / "code")
        before, during = (
            Resume(f"{stage}@{label}", agent.model_dump(), [Path(folder) / f"code/{stage}.json", table])
            for stage in ("pretraining", "search")
        )
        trained, _ = pretrain(agent, reader, before, stopwatch, f"pretraining {row.name}")
        before.clear()  # whoever goes on with this row trains again, and counts that too
        history = during.path.with_suffix(".json")
        setup = set_up(label, agent, reader, games=games)
        ranks = Ranks(row, parse_size(row.target).naive_rank)
        moments = trained.optimiser if agent.search.adam == "pretrained" else None
        going = rounds(setup, trained.network, during, stopwatch, moments)
        if next(going).state.round:  # an attempt that was killed goes on
            ranks.reached = [tuple(reached) for reached in json.loads(history.read_text())]
        for search in going:
            state = search.state
            is_over = ranks.note(state.best_rank[row.kind].get(row.target), stopwatch.cpu_s, state.games)
            write_text(history, json.dumps(ranks.reached))
            if is_over:
                break
        spent, shares = stopwatch.cpu_s, ""
        if row.start == "game share":
            shares = shares_by_planner(setup, state.train.network, row)
        elif row.start.endswith("share"):
            ends, _ = play_alone(state.train.network, setup, MEASURED_GAMES, np.random.default_rng(row.seed))
            shares = rank_shares(ends[row.target])
            write_games(played_by(row), state.record, agent, setup.targets)
        history.unlink()
        during.clear()
    return ranks.result(spent, shares)


def shares_by_planner(setup, network, row: Row) -> str:
    """Of each planner how its games end, with as many moves as the standard algorithm, and the CPU seconds of them."""
    import jax

    from stages.params.agents import Search
    from stages.planning.choose import planner
    from stages.search.curve import rank_shares
    from stages.search.round import play_targets
    from stages.search.state import blank_state

    start, told = blank_state(setup, network), []
    for name, changes in PLAYERS.items():
        search = Search.model_validate(setup.agent.search.model_dump() | {"games": MEASURED_GAMES} | changes)
        chosen = replace(setup, agent=setup.agent.model_copy(update={"search": search}), planner=planner(search))
        play_targets(start, jax.random.key(row.seed), chosen)  # compiles
        before = time.process_time()
        ends = play_targets(start, jax.random.key(row.seed + 1), chosen).ends[row.target]
        told.append(f"{name}: {rank_shares(ends)} in {time.process_time() - before:.2f} s")
    return "; ".join(told)


def played_by(row: Row) -> Path:
    """Where a row of shares leaves its games, beside what killed rows leave."""
    return ROOT / ".resume" / f"{'-'.join(row.key).replace(' ', '_')}-{digest(row)}.parquet"


def walk(row: Row) -> dict:
    """The uniform flip walk from the standard algorithm, restarted as in refinement; over Z its finds are lifted."""
    import itertools

    from stages.algebra.factors import Scheme, standard
    from stages.algebra.targets import parse_target
    from stages.refinement.lift import lift
    from stages.refinement.modes import mode_of, start_at

    settings = parameters(row).walks["standard"]
    target, mode = parse_target(row.target), mode_of(settings)
    ranks, held, made = Ranks(row, target.naive_rank), target.naive_rank, 0

    def counts(scheme: Scheme) -> bool:
        return scheme.rank < held and (row.ring == "Z2" or lift(scheme) is not None)

    for number in itertools.count(1):
        attempt = mode.begin(start_at(standard(target), mode.ring), 1000 * row.seed + number)
        while attempt.idle < mode.restart_after:
            attempt, found = mode.advanced(attempt, settings.barrier)
            made += settings.barrier
            # Over Z a pool may hold a scheme that lifts where the first of its rank did not.
            found += mode.harvested(attempt) if attempt.idle >= mode.restart_after else ()
            held = min((scheme.rank for scheme in found if counts(scheme)), default=held)
            if ranks.note(held, time.process_time(), made):
                return ranks.result(time.process_time())


if __name__ == "__main__":
    main()
