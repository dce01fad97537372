"""Inequivalent schemes of 3x3x3:23 from the standard algorithm in ten CPU minutes: python benchmarks/classes.py

One walk as in the pipeline, on one core, that keeps every scheme with a new invariant; printed: how many classes
(`algebra.invariants.class_of`) there are of each ring, a lower bound of the inequivalent schemes. They stay in
.records/classes.parquet, from where benchmarks/additions.py takes them. Killed, the same command goes on.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.invariants import class_of  # noqa: E402
from stages.algebra.targets import parse_size  # noqa: E402
from stages.contract import candidates, params  # noqa: E402
from stages.contract.command import Stopwatch  # noqa: E402
from stages.contract.resume import Resume  # noqa: E402
from stages.refinement.walk import read_start, refine  # noqa: E402

SIZE, RANK = parse_size("3x3x3"), 23
WALK = {"sizes": ["2x2x2", "2x2x3", "2x3x3", "3x3x3"], "flips": 9_500_000_000}
SETTINGS = {"keep": 10**6, "restart_after": 300_000}  # all are kept, and attempts are short


def main() -> None:
    given = params.load(ROOT / "params.yaml")
    walk = given.walks["standard"].model_copy(update=WALK)
    settings = given.refinement.model_copy(update=SETTINGS)
    start = ROOT / params.STANDARD_START
    resume = Resume("classes", [walk.model_dump(), settings.model_dump()], [start])
    stopwatch = Stopwatch()
    finds, flips = refine(walk, settings, read_start(start), "classes", resume, stopwatch, threads=1)
    seconds = stopwatch.cpu_s
    candidates.write(ROOT / ".records/classes.parquet", finds.collection.candidates())
    resume.clear()
    for ring in ("Z2", "Z"):
        found = {class_of(scheme) for scheme in finds.collection.schemes(SIZE, ring, RANK)}
        print(f"{SIZE.name}:{RANK} over {ring}: {len(found)} classes, {flips} flips, {seconds:.0f} CPU s")


if __name__ == "__main__":
    main()
