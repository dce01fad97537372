"""The fewest additions of our own schemes over Z: python benchmarks/additions.py [SIZE...] [--seconds N] [--seed N]

For each size, schemes of lowest rank with coefficients -1, 0, 1 are annealed by flips and sandwiches
(`program.annealing`), every second time from one of the best results so far; they come from the tables and certificates
named by --schemes, and are products of what was found for smaller sizes, too. Then the line of the size in
benchmarks/additions.csv is written, and the program, checked by the interpreter, goes to results/programs/ if none with
fewer additions lies there. The largest size has --seconds of CPU time, a smaller one has less, as its naive rank is.
`hits` of the `anneals` ended at `additions`. `growth` is the growth factor of that program; `lowest_growth` is reached
by sandwiches alone, from as many starts as a tenth of the time allows.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


from stages.algebra.check import check  # noqa: E402
from stages.algebra.factors import Scheme  # noqa: E402
from stages.algebra.moves import product  # noqa: E402
from stages.algebra.symmetry import PERMUTATIONS, oriented  # noqa: E402
from stages.algebra.targets import Size, parse_size  # noqa: E402
from stages.contract import candidates, command  # noqa: E402
from stages.exchange.findings import Finding, examine  # noqa: E402
from stages.program import costs  # noqa: E402
from stages.program.annealing import ADDITIONS, GROWTH, Annealing, anneal  # noqa: E402
from stages.program.interpreter import multiply  # noqa: E402
from stages.program.program import Program, from_json, from_scheme, to_json  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
PROGRAMS = ROOT / "results/programs"
# What a run and benchmarks/classes.py leave; the certificates are in git.
OWN = ("results/refinement/schemes/*.parquet", ".records/classes.parquet", "results/records/*.json")
COLUMNS = ["size", "rank", "starts", "nonzeros", "naive", "additions", "u", "v", "w", "growth", "lowest_growth"]
COLUMNS += ["anneals", "hits", "seed", "cpu_s"]
FAR, NEAR = Annealing(100_000, 2.0, 0.2), Annealing(100_000, 1.0, 0.2)  # from a start, and from a result
SETTLING = Annealing(100_000, 1.0, 0.01)  # for growth
ELITE = 16  # results that are annealed again
TRIES = 100  # eliminations of a result
FACTORS = 8  # results of a size that products are made of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=parse_size, metavar="SIZE", help="default: all that there are")
    parser.add_argument("--seconds", type=float, default=60, help="of CPU time for the largest size")
    parser.add_argument("--seed", type=int, default=0)
    own = [path for pattern in OWN for path in sorted(ROOT.glob(pattern))]
    parser.add_argument("--schemes", nargs="+", type=Path, default=own, metavar="FILE", help="default: all own ones")
    given = parser.parse_args()
    held: dict[Size, dict[str, Scheme]] = {}
    for scheme in read(given.schemes):
        held.setdefault(scheme.size, {})[scheme.hash] = scheme
    best: dict[Size, list[Scheme]] = {}
    sizes = sorted(given.sizes or held, key=lambda size: size.naive_rank)
    for size in sizes:
        starts = [*held.get(size, {}).values(), *products(best, size)]
        lowest = min((scheme.rank for scheme in starts), default=0)
        starts = [scheme for scheme in starts if scheme.rank == lowest]
        if starts:
            seconds = given.seconds * size.naive_rank / sizes[-1].naive_rank
            row, best[size] = lower(starts, seconds, given.seed)
            write(row)
            print(" ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def read(paths: list[Path]) -> Iterator[Scheme]:
    """The schemes over Z that can be annealed."""
    for path in paths:
        if path.suffix == ".parquet":
            held = [candidate.scheme for candidate in candidates.read(path)]
        else:
            held = [scheme for found in examine(path) if isinstance(found, Finding) for scheme in found.schemes()]
        yield from filter(Ternary().fits, held)


def products(best: dict[Size, list[Scheme]], size: Size) -> Iterator[Scheme]:
    """Kronecker products of that size, in every orientation of the first."""
    for one, other in itertools.product(best, repeat=2):
        for permutation in PERMUTATIONS:
            permuted = Size(*(one[axis] for axis in permutation))
            if tuple(x * y for x, y in zip(permuted, other, strict=True)) == size:
                for first, second in itertools.product(best[one][:FACTORS], best[other][:FACTORS]):
                    yield product(oriented(first, permutation), second)


def lower(starts: list[Scheme], seconds: float, seed: int) -> tuple[dict, list[Scheme]]:
    """Anneals for so long: the line of the table, and the best schemes met."""
    rng = np.random.default_rng(seed)
    rng.shuffle(starts)
    anneal(starts[0], ADDITIONS, Annealing(1, 1.0, 1.0), 0)  # compiled, or read from the cache
    began = time.process_time()
    elite: dict[str, tuple[int, Scheme, Program]] = {}
    ended: Counter[int] = Counter()

    def meet(scheme: Scheme) -> int:
        if scheme.hash not in elite:
            program = from_scheme(scheme, TRIES)
            elite[scheme.hash] = costs.additions(program), scheme, program
            for surplus in sorted(elite, key=lambda key: (elite[key][0], key))[ELITE:]:
                if surplus != scheme.hash:
                    del elite[surplus]
        return elite[scheme.hash][0]

    for scheme in starts[:ELITE]:
        meet(scheme)
    while time.process_time() - began < 0.9 * seconds:
        place = ended.total()
        if place % 2:
            held = sorted(elite.values(), key=lambda each: (each[0], each[1].hash))
            scheme, schedule = held[rng.integers(len(held))][1], NEAR
        else:
            scheme, schedule = starts[place // 2 % len(starts)], FAR
        ended[meet(anneal(scheme, ADDITIONS, schedule, int(rng.integers(2**31)))[0])] += 1
    ranked = sorted(elite.values(), key=lambda each: (each[0], each[1].hash))
    additions, scheme, program = ranked[0]
    prove(scheme, program)
    growths = [costs.growth(program)]
    for place, start in enumerate([scheme, *starts]):
        if place and time.process_time() - began > seconds:
            break
        growths.append(anneal(start, GROWTH, SETTLING, place)[1])
    keep(scheme, program)
    row = {"size": scheme.size.name, "rank": scheme.rank, "starts": len(starts)}
    row |= {"nonzeros": sum(np.count_nonzero(factor) for factor in scheme.factors)}
    row |= {"naive": costs.naive_additions(program), "additions": additions, "u": program.left.additions}
    row |= {"v": program.right.additions, "w": program.output.additions, "growth": round(growths[0], 2)}
    row |= {"lowest_growth": round(min(growths), 2), "anneals": ended.total(), "hits": ended[additions]}
    row |= {"seed": seed, "cpu_s": round(time.process_time() - began)}
    return row, [each[1] for each in ranked]


def keep(scheme: Scheme, program: Program) -> None:
    """Writes the program unless one with fewer additions lies there."""
    path = PROGRAMS / f"{scheme.size.name}_{scheme.ring}_{scheme.rank}.json"
    if not path.exists() or costs.additions(program) <= costs.additions(from_json(path.read_text())):
        command.write_text(path, to_json(program) + "\n")


def prove(scheme: Scheme, program: Program) -> None:
    """Checks the scheme, and the program on random integers."""
    wrong = check(scheme)
    n, m, p = scheme.size
    rng = np.random.default_rng(0)
    a, b = rng.integers(-(2**20), 2**20, (2 * n, 2 * m)), rng.integers(-(2**20), 2**20, (2 * m, 2 * p))
    if wrong is not None or not np.array_equal(multiply(program, a, b), a @ b):
        raise SystemExit(f"{scheme.size.name}: the result is no product ({wrong})")


def write(row: dict) -> None:
    """Puts a line into the table, in place of the size's own."""
    rows = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            rows = [line for line in csv.DictReader(file) if line["size"] != row["size"]]
    rows = sorted([*rows, row], key=lambda line: parse_size(line["size"]))
    command.write_text(TABLE, command.csv_text(COLUMNS, rows))


if __name__ == "__main__":
    main()
