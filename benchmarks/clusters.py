"""Ten kernels of one rank, chosen three ways: python benchmarks/clusters.py [--size 3x3x3] [--attempts N] [--seed N]

AlphaCode (Li et al. 2022) samples many programs, filters them by tests, clusters the rest by what they do, and submits
ten, one of each cluster. Here schemes are sampled by short uniform walks over Z2 from the standard algorithm, each with
a start of its own; the filter is the lift to Z and the exact check; behaviour is what the program does to time and
error: additions, sums stored in memory, non-zeros, and the growth factor of the error. Schemes of one class and one
behaviour count once.

`clusters`: ten centres, each the scheme farthest from those before it in standardised behaviour, the first one that of
the fewest additions; of each cluster the scheme of fewest additions. `random`: ten of all that were sampled. `fewest`:
the ten distinct ones of fewest additions. All become NumPy kernels and are tried out exactly. They are timed with one
level on one core, float32, in rounds: every kernel and NumPy's own product once in each, in random order, each after an
untimed call of the same. `speed` is the median over the rounds of NumPy's time over that of the kernel in the same
round. The lines of the size and seed in benchmarks/clusters.csv are written anew.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from stages.benchmarking.threads import use_granted_cores  # noqa: E402

use_granted_cores()  # before NumPy is imported below

import numpy as np  # noqa: E402
from additions import harvest  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from stages.algebra.check import check  # noqa: E402
from stages.algebra.factors import Scheme, standard  # noqa: E402
from stages.algebra.invariants import class_of  # noqa: E402
from stages.algebra.targets import Size, parse_size  # noqa: E402
from stages.backends.kernel import numpy_text, refusal  # noqa: E402
from stages.backends.source import python_matmul  # noqa: E402
from stages.contract.command import csv_text, write_text  # noqa: E402
from stages.contract.progress import Progress  # noqa: E402
from stages.params import whole as params  # noqa: E402
from stages.program import costs  # noqa: E402
from stages.program.exact import prove  # noqa: E402
from stages.program.program import Program  # noqa: E402
from stages.refinement.lift import lift  # noqa: E402
from stages.refinement.modes import mode_of  # noqa: E402
from stages.timing import interleave, ratio  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
PICKS = 10
BLOCK = 256  # sides of the blocks that one level leaves
COLUMNS = ["size", "rank", "seed", "sampled", "exact", "distinct", "classes", "picks", "median", "best"]
COLUMNS += ["additions", "rounds", "cpu_s"]


class Sampled(NamedTuple):
    """A scheme with its program, its class, and its behaviour: additions, stored sums, non-zeros, growth."""

    scheme: Scheme
    program: Program
    equivalence_class: str
    behaviour: tuple[float, ...]


def sample(size: Size, attempts: int, seed: int) -> tuple[int, list[Sampled]]:
    """How many schemes of lowest rank the walks ended with, and those of them that are exact over Z."""
    walk = params.load(ROOT / "params.yaml").walks["standard"]
    mode, rng = mode_of(walk.model_copy(update={"harvest": 1})), np.random.default_rng(seed)
    ends = [
        scheme for _ in range(attempts) for scheme in harvest(mode, standard(size.target), int(rng.integers(2**63)))
    ]
    lowest = min(scheme.rank for scheme in ends)
    ends = [scheme for scheme in ends if scheme.rank == lowest]
    progress, found = Progress("clusters: programs", len(ends), "schemes"), []
    for done, scheme in enumerate(ends, start=1):
        lifted = lift(scheme)
        if lifted is not None and lifted.ring == "Z" and check(lifted) is None:
            program = prove(lifted).program
            if refusal(program) is None:
                found.append(Sampled(lifted, program, class_of(lifted), behaviour(program)))
        progress.update(done)
    return len(ends), found


def behaviour(program: Program) -> tuple[float, ...]:
    parts = program.left, program.right, program.output
    stored = costs.stored(program.left) + costs.stored(program.right)
    return costs.additions(program), stored, sum(map(costs.terms, parts)), costs.growth(program)


def distinct(sampled: Sequence[Sampled]) -> list[Sampled]:
    """One of each class and behaviour, fewest additions first."""
    every = {(one.equivalence_class, one.behaviour): one for one in sampled}
    return sorted(every.values(), key=lambda one: (one.behaviour, one.scheme.hash))


def clustered(schemes: Sequence[Sampled], picks: int) -> list[Sampled]:
    """One of each cluster, as the head of this file says; `schemes` in the order of `distinct`."""
    points = np.array([one.behaviour for one in schemes])
    points = (points - points.mean(axis=0)) / np.maximum(points.std(axis=0), 1e-9)
    centres = [0]
    while len(centres) < min(picks, len(schemes)):
        gaps = np.linalg.norm(points[:, None] - points[centres], axis=-1).min(axis=1)
        centres.append(int(gaps.argmax()))
    nearest = np.linalg.norm(points[:, None] - points[centres], axis=-1).argmin(axis=1)
    return [schemes[np.flatnonzero(nearest == cluster)[0]] for cluster in np.unique(nearest)]


def timed(schemes: Sequence[Sampled], size: Size, rounds: int, seed: int) -> dict[str, float]:
    """The speed of the kernel of each scheme, by hash, that of NumPy's product being 1."""
    rng = np.random.default_rng(seed)
    n, m, p = (side * BLOCK for side in size)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
    calls = {"numpy": partial(np.matmul, a, b)}
    for one in schemes:
        calls[one.scheme.hash] = partial(python_matmul(numpy_text(one.program, one.scheme.hash)), a, b)
    progress = Progress("clusters: timing", rounds, "rounds")
    with threadpool_limits(1):
        seconds = interleave(calls, rounds, seed, lambda call: call(), progress.update)
    return {name: ratio(seconds["numpy"], seconds[name], seed).median for name in calls}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="3x3x3", type=parse_size)
    parser.add_argument("--attempts", type=int, default=128, help="walks, one scheme of each")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start = time.process_time()
    number, exact = sample(given.size, given.attempts, given.seed)
    if not exact:
        raise SystemExit(f"{given.size.name}: none of {number} schemes lifts to Z; more --attempts may help")
    schemes, rng = distinct(exact), np.random.default_rng(given.seed)
    picks = {
        "clusters": clustered(schemes, PICKS),
        "random": [exact[row] for row in rng.permutation(len(exact))[:PICKS]],
        "fewest": schemes[:PICKS],
    }
    every = {one.scheme.hash: one for chosen in picks.values() for one in chosen}
    speeds = timed(list(every.values()), given.size, given.rounds, given.seed)
    facts = {
        "size": given.size.name,
        "rank": exact[0].scheme.rank,
        "seed": given.seed,
        "sampled": number,
        "exact": len(exact),
        "distinct": len(schemes),
        "classes": len({one.equivalence_class for one in exact}),
        "rounds": given.rounds,
        "cpu_s": round(time.process_time() - start),
    }
    lines = [
        facts
        | {
            "picks": name,
            "median": f"{median(speeds[one.scheme.hash] for one in chosen):.3f}",
            "best": f"{max(speeds[one.scheme.hash] for one in chosen):.3f}",
            "additions": " ".join(str(int(one.behaviour[0])) for one in chosen),
        }
        for name, chosen in picks.items()
    ]
    write(lines)


def write(lines: list[dict]) -> None:
    """Puts the lines of a size and seed into the table, in place of its own."""
    held = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            own = lines[0]["size"], str(lines[0]["seed"])
            held = [line for line in csv.DictReader(file) if (line["size"], line["seed"]) != own]
    write_text(TABLE, csv_text(COLUMNS, held + lines))
    for line in lines:
        print(" ".join(f"{name} {value}" for name, value in line.items()))


if __name__ == "__main__":
    main()
