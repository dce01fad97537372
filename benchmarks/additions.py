"""The fewest additions of our own schemes over Z: python benchmarks/additions.py [SIZE...] [--seconds N] [--seed N]

Where no factor has more than nine entries, it is begun at the standard algorithm, and classes of schemes over Z2 are
looked at, each with the fewest additions of all its sandwiches (`program.exploration`).
For larger sizes, schemes of lowest rank with coefficients -1, 0, 1 are annealed by flips and sandwiches
(`program.annealing`), every second time from one of the best results so far; they come from the tables and certificates
named by --schemes, and are products of what was found for smaller sizes, too. Then the line of the size in
benchmarks/additions.csv is written, and the program, checked by the interpreter, goes to results/programs/ if none with
fewer additions lies there. The largest size has --seconds of CPU time, a smaller one has less, as its naive rank is.
`hits` of `tried` classes or anneals have `additions`, the first of them after `found_s`. No program of that scheme has
fewer than `bound`. `growth` is the growth factor of the program; `lowest_growth` is reached by sandwiches alone, from
as many starts as a tenth of the time allows.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.check import check  # noqa: E402
from stages.algebra.factors import Scheme, non_zeros, standard  # noqa: E402
from stages.algebra.moves import product  # noqa: E402
from stages.algebra.symmetry import PERMUTATIONS, oriented, sorted_scheme  # noqa: E402
from stages.algebra.targets import Size, parse_size  # noqa: E402
from stages.contract import candidates, command  # noqa: E402
from stages.exchange.findings import Finding, examine  # noqa: E402
from stages.params import whole as params  # noqa: E402
from stages.program import costs, exact  # noqa: E402
from stages.program.annealing import ADDITIONS, GROWTH, Annealing, anneal  # noqa: E402
from stages.program.exploration import Found, explore, program_over_z  # noqa: E402
from stages.program.fewest import MOST_INPUTS  # noqa: E402
from stages.program.interpreter import multiply  # noqa: E402
from stages.program.program import Program, from_json, from_scheme, to_json  # noqa: E402
from stages.refinement.modes import Mode, mode_of, start_at  # noqa: E402
from stages.refinement.packed import Z2, Ternary  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
PROGRAMS = ROOT / "results/programs"
OWN = ("results/refinement/schemes/*.parquet", "results/records/*.json")  # of a run; the certificates are in git
COLUMNS = ["size", "rank", "nonzeros", "naive", "additions", "bound", "u", "v", "w", "growth", "lowest_growth"]
COLUMNS += ["by", "starts", "tried", "hits", "found_s", "seed", "cpu_s"]
IDLE = 100_000  # flips without a lower rank that end an attempt of the walk
HARVEST = 4  # schemes of an attempt: those of one pool are alike
ATTEMPTS = 16  # the lowest rank of these is that of the classes
FAR, NEAR = Annealing(100_000, 2.0, 0.2), Annealing(100_000, 1.0, 0.2)  # from a start, and from a result
SETTLING = Annealing(100_000, 1.0, 0.01)  # for growth
ELITE = 16  # results that are annealed again
TRIES = 100  # eliminations of a result
FACTORS = 8  # results of a size that products are made of


class Result(NamedTuple):
    """A scheme over Z with its program."""

    additions: int
    scheme: Scheme
    program: Program


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
        seconds = given.seconds * size.naive_rank / sizes[-1].naive_rank
        began = time.process_time()
        if max(size.target.modes) <= MOST_INPUTS:
            ranked, search = among_classes(size, 0.9 * seconds, given.seed)
            starts = [result.scheme for result in ranked]
        else:
            starts = [*held.get(size, {}).values(), *products(best, size)]
            lowest = min((scheme.rank for scheme in starts), default=0)
            starts = [scheme for scheme in starts if scheme.rank == lowest]
            if not starts:
                sys.exit(f"{size.name}: expected a scheme over Z with coefficients -1, 0, 1 in --schemes, got none")
            ranked, search = by_anneals(starts, 0.9 * seconds, given.seed)
        best[size] = [result.scheme for result in ranked]
        prove(ranked[0])
        keep(ranked[0])
        search |= {"lowest_growth": round(lowest_growth(ranked[0], starts, began + seconds), 2), "seed": given.seed}
        row = facts(ranked[0]) | search | {"cpu_s": round(time.process_time() - began)}
        write(row)
        print(" ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def read(paths: list[Path]) -> Iterator[Scheme]:
    """The schemes over Z that can be annealed."""
    for path in paths:
        if path.suffix == ".parquet":
            held = [candidate.scheme for candidate in candidates.read(path)]
        else:
            found = [finding for finding in examine(path) if isinstance(finding, Finding)]
            held = [sorted_scheme(scheme) for finding in found for scheme in finding.schemes()]
        yield from filter(Ternary().fits, held)


def products(best: dict[Size, list[Scheme]], size: Size) -> Iterator[Scheme]:
    """Kronecker products of that size, in every orientation of the first."""
    for one, other in itertools.product(best, repeat=2):
        for permutation in PERMUTATIONS:
            permuted = Size(*(one[axis] for axis in permutation))
            if tuple(x * y for x, y in zip(permuted, other, strict=True)) == size:
                for first, second in itertools.product(best[one][:FACTORS], best[other][:FACTORS]):
                    yield product(oriented(first, permutation), second)


def walked(size: Size, seed: int) -> Iterator[np.ndarray]:
    """Schemes over Z2 that attempts from the standard algorithm end with, as `explore` takes them, without end."""
    walk = params.load(ROOT / "params.yaml").walks["standard"]
    mode = mode_of(walk.model_copy(update={"harvest": HARVEST}))
    rng = np.random.default_rng(seed)
    attempts = (harvest(mode, standard(size.target), int(rng.integers(2**63))) for _ in repeat(None))
    first = [next(attempts) for _ in range(ATTEMPTS)]
    lowest = min(scheme.rank for schemes in first for scheme in schemes)
    for scheme in chain.from_iterable(chain(first, attempts)):
        if scheme.rank == lowest:
            yield Z2().encode(scheme)[:3].astype(np.int64)


def harvest(mode: Mode, start: Scheme, stream: int) -> list[Scheme]:
    """Some schemes that an attempt ends with."""
    attempt = mode.begin(start_at(start, mode.ring), stream)
    while attempt.idle < IDLE:
        attempt, _ = mode.advanced(attempt, IDLE)
    return mode.harvested(attempt)


def among_classes(size: Size, seconds: float, seed: int) -> tuple[list[Result], dict]:
    """Looks at classes for so long: the best of their programs, and what the search was."""
    began = time.process_time()
    least: list[tuple[int, int, float, Found]] = []  # additions, order, seconds
    found_by: Counter[int] = Counter()
    for found in explore(size, walked(size, seed), seed):
        additions = int(found.minimum.additions.sum())
        found_by[additions] += 1
        least.append((additions, found_by.total(), time.process_time() - began, found))
        least = sorted(least)[:ELITE]
        if time.process_time() - began > seconds:
            break
    ranked, search = [], {}
    for additions, _, found_s, found in least:
        if signed := program_over_z(size, found):
            ranked.append(Result(costs.additions(signed[1]), *signed))
            search = search or {
                "starts": 1,
                "tried": found_by.total(),
                "hits": found_by[additions],
                "found_s": round(found_s, 1),
            }
    return ranked, {"by": "classes"} | search


def by_anneals(starts: list[Scheme], seconds: float, seed: int) -> tuple[list[Result], dict]:
    """Anneals for so long: the best results, and what the search was."""
    rng = np.random.default_rng(seed)
    rng.shuffle(starts)
    anneal(starts[0], ADDITIONS, Annealing(1, 1.0, 1.0), 0)  # compiled, or read from the cache
    began = time.process_time()
    elite: dict[str, Result] = {}
    ended: Counter[int] = Counter()
    first: dict[int, float] = {}

    def ranked() -> list[Result]:
        return sorted(elite.values(), key=lambda each: (each.additions, each.scheme.hash))

    def meet(scheme: Scheme) -> int:
        if scheme.hash not in elite:
            program = from_scheme(scheme, TRIES)
            elite[scheme.hash] = Result(costs.additions(program), scheme, program)
            for surplus in ranked()[ELITE:]:
                if surplus.scheme is not scheme:
                    del elite[surplus.scheme.hash]
        return elite[scheme.hash].additions

    for scheme in starts[:ELITE]:
        meet(scheme)
    while time.process_time() - began < seconds:
        place = ended.total()
        if place % 2:
            held = ranked()
            scheme, schedule = held[rng.integers(len(held))].scheme, NEAR
        else:
            scheme, schedule = starts[place // 2 % len(starts)], FAR
        additions = meet(anneal(scheme, ADDITIONS, schedule, int(rng.integers(2**31)))[0])
        ended[additions] += 1
        first.setdefault(additions, round(time.process_time() - began, 1))
    fewest = ranked()[0].additions
    search = {"by": "anneals", "starts": len(starts), "tried": ended.total(), "hits": ended[fewest]}
    return ranked(), search | {"found_s": first.get(fewest, 0)}


def lowest_growth(result: Result, starts: list[Scheme], until: float) -> float:
    """Of the growth factors that sandwiches reach from a result, and until a time from the starts."""
    growths = [costs.growth(result.program)]
    for place, scheme in enumerate([result.scheme, *starts]):
        if place and time.process_time() > until:
            break
        growths.append(anneal(scheme, GROWTH, SETTLING, place)[1])
    return min(growths)


def facts(result: Result) -> dict:
    program, scheme = result.program, result.scheme
    row = {"size": scheme.size.name, "rank": scheme.rank, "nonzeros": non_zeros(scheme)}
    row |= {"naive": costs.naive_additions(program), "additions": result.additions, "bound": exact.prove(scheme).bound}
    row |= {"u": program.left.additions, "v": program.right.additions, "w": program.output.additions}
    return row | {"growth": round(costs.growth(program), 2)}


def keep(result: Result) -> None:
    """Writes the program unless one with fewer additions lies there."""
    scheme = result.scheme
    path = PROGRAMS / f"{scheme.size.name}_{scheme.ring}_{scheme.rank}.json"
    if not path.exists() or result.additions <= costs.additions(from_json(path.read_text())):
        command.write_text(path, to_json(result.program) + "\n")


def prove(result: Result) -> None:
    """Checks the scheme, and the program on random integers."""
    wrong = check(result.scheme)
    n, m, p = result.scheme.size
    rng = np.random.default_rng(0)
    a, b = rng.integers(-(2**20), 2**20, (2 * n, 2 * m)), rng.integers(-(2**20), 2**20, (2 * m, 2 * p))
    if wrong is not None or not np.array_equal(multiply(result.program, a, b), a @ b):
        raise SystemExit(f"{result.scheme.size.name}: the result is no product ({wrong})")


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
