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

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy is imported below

import numpy as np

from stages.algebra.targets import parse_size
from stages.backends.c import binding
from stages.backends.c.forms import Form
from stages.backends.kernel import c_text, read_program
from stages.contract import tables
from stages.contract.progress import Progress
from stages.contract.rows.schemes import VERIFIED
from stages.program.costs import stored, terms
from stages.timing import interleave, ratio

ROOT = Path(__file__).parents[1]
SCHEMES = ROOT / "results/verification/schemes.parquet"
FORMS = (Form(1, False), Form(0, True))
BLOCK = 512  # sides of the blocks that one level leaves


def counts(row: dict) -> dict[str, int]:
    program = read_program(row)
    return {
        "additions": row["additions"],
        "stored": stored(program.left) + stored(program.right),
        "nonzeros": sum(terms(part) for part in (program.left, program.right, program.output)),
    }


def chosen(size: str, each: int) -> list[dict]:
    """Rows with their counts, one per class; the first `each` by every count."""
    rows = [row for row in tables.read(SCHEMES, VERIFIED) if (row.target, row.ring) == (size, "Z")]
    if not rows:
        raise SystemExit(f"{SCHEMES}: no scheme {size} over Z")
    lowest = min(row["rank"] for row in rows)
    rows = [row | counts(row) for row in rows if row["rank"] == lowest]
    found: dict[str, dict] = {}
    for key in ("additions", "stored", "nonzeros"):
        classes: dict[str, dict] = {}
        for row in sorted(rows, key=lambda row: (row[key], row["additions"], row["hash"])):
            classes.setdefault(row["class"], row)
        found |= {row["hash"]: row for row in list(classes.values())[:each]}
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="3x3x3")
    parser.add_argument("--each", type=int, default=4, help="schemes by each count")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    rows = chosen(given.size, given.each)
    size = parse_size(given.size)
    n, m, p = (side * BLOCK for side in size)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
    calls = {"numpy": partial(np.matmul, a, b)}
    progress = Progress("schemes: compiling", len(rows), "kernels")
    for done, row in enumerate(rows, start=1):
        program = read_program(row)
        kernel = binding.load(c_text(program, program, row["hash"], row["hash"]))
        for form in FORMS:
            call = partial(kernel.product, a, b, levels=form.levels, fused=form.fused, threads=THREADS)
            calls[f"{row['hash']} {form.name}"] = call
            if not np.allclose(call(), calls["numpy"](), rtol=1e-3, atol=1e-2):
                raise SystemExit(f"scheme {row['hash']}, {form.name}: a wrong product")
        progress.update(done)
    progress = Progress("schemes: timing", given.rounds, "rounds")
    seconds = interleave(calls, given.rounds, 0, on_round=progress.update)
    speeds = {name: ratio(seconds["numpy"], seconds[name], 0) for name in calls}
    names = [form.name for form in FORMS]
    print(f"{given.size}:{rows[0]['rank']}, {n}x{m}x{p}, {THREADS} threads; time of NumPy over that of the kernel")
    print(f"| scheme | additions | stored sums | non-zeros | {' | '.join(names)} |")
    print("|---" * (4 + len(names)) + "|")
    for row in sorted(rows, key=lambda row: -max(speeds[f"{row['hash']} {name}"].median for name in names)):
        cells = [f"{x.median:.2f} [{x.low:.2f}, {x.high:.2f}]" for x in (speeds[f"{row['hash']} {n}"] for n in names)]
        numbers = (row["additions"], row["stored"], row["nonzeros"])
        print(f"| {row['hash'][:16]} | {' | '.join(map(str, numbers))} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
