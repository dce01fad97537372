"""python benchmarks/schemes.py [--size 3x3x3]: is the scheme with the fewest additions the fastest of its rank?

Of the inequivalent schemes over Z of lowest rank in results/verification/schemes.parquet, those that come first by each
of three counts: additions of the program, stored sums of the operands (written by a level in memory), non-zeros (what a
fused level reads and writes). Each becomes a C kernel with itself as the fused level, and is timed against NumPy as one
level in memory (L1) and as one fused level (L0F), float32, warm, interleaved with the others. Prints a table, fastest
first; keeps nothing.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy is imported below

import numpy as np

from stages.algebra.targets import parse_size
from stages.backends.c import binding
from stages.backends.c.variants import Variant
from stages.backends.kernel import c_text, read_program
from stages.contract import tables
from stages.contract.progress import Progress
from stages.contract.rows.schemes import VERIFIED, VerifiedRow
from stages.program.costs import stored, terms
from stages.program.program import Program
from stages.timing import PAUSES, before, interleave, ratio

ROOT = Path(__file__).parents[1]
SCHEMES = ROOT / "results/verification/schemes.parquet"
VARIANTS = (Variant(1, False), Variant(0, True))
BLOCK = 512  # sides of the blocks that one level leaves


class Counted(NamedTuple):
    """A scheme with its program and the counts that it may be chosen by."""

    row: VerifiedRow
    program: Program
    additions: int
    stored: int
    nonzeros: int


def counted(row: VerifiedRow) -> Counted:
    program = read_program(row)
    nonzeros = sum(terms(part) for part in (program.left, program.right, program.output))
    return Counted(row, program, row.additions, stored(program.left) + stored(program.right), nonzeros)


def chosen(size: str, each: int) -> list[Counted]:
    """Schemes of lowest rank, one per class; the first `each` by every count."""
    rows = [row for row in tables.read(SCHEMES, VERIFIED) if (row.target, row.ring) == (size, "Z")]
    if not rows:
        raise SystemExit(f"{SCHEMES}: no scheme {size} over Z")
    lowest = min(row.rank for row in rows)
    found: dict[str, Counted] = {}
    every = [counted(row) for row in rows if row.rank == lowest]
    for count in ("additions", "stored", "nonzeros"):
        classes: dict[str, Counted] = {}
        for one in sorted(every, key=lambda one: (getattr(one, count), one.additions, one.row.hash)):
            classes.setdefault(one.row.equivalence_class, one)
        found |= {one.row.hash: one for one in list(classes.values())[:each]}
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="3x3x3")
    parser.add_argument("--each", type=int, default=4, help="schemes by each count")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    schemes = chosen(given.size, given.each)
    size = parse_size(given.size)
    n, m, p = (side * BLOCK for side in size)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
    calls = {"numpy": partial(np.matmul, a, b)}
    progress = Progress("schemes: compiling", len(schemes), "kernels")
    for done, one in enumerate(schemes, start=1):
        kernel = binding.load(c_text(one.program, one.program, one.row.hash, one.row.hash))
        for variant in VARIANTS:
            call = partial(kernel.product, a, b, threads=THREADS, **variant.plan)
            calls[f"{one.row.hash} {variant.name}"] = call
            if not np.allclose(call(), calls["numpy"](), rtol=1e-3, atol=1e-2):
                raise SystemExit(f"scheme {one.row.hash}, {variant.name}: a wrong product")
        progress.update(done)
    progress = Progress("schemes: timing", given.rounds, "rounds")
    prepare = before("warm", calls["numpy"], PAUSES)
    seconds = interleave(calls, given.rounds, 0, prepare, progress.update)
    speeds = {name: ratio(seconds["numpy"], seconds[name], 0) for name in calls}
    names = [variant.name for variant in VARIANTS]
    print(f"{given.size}:{schemes[0].row.rank}, {n}x{m}x{p}, {THREADS} threads; time of NumPy over that of the kernel")
    print(f"| scheme | additions | stored sums | non-zeros | {' | '.join(names)} |")
    print("|---" * (4 + len(names)) + "|")
    for one in sorted(schemes, key=lambda one: -max(speeds[f"{one.row.hash} {name}"].median for name in names)):
        found = [speeds[f"{one.row.hash} {name}"] for name in names]
        cells = " | ".join(f"{x.median:.2f} [{x.low:.2f}, {x.high:.2f}]" for x in found)
        print(f"| {one.row.hash[:16]} | {one.additions} | {one.stored} | {one.nonzeros} | {cells} |")


if __name__ == "__main__":
    main()
