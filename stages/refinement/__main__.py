"""python -m stages.refinement WALK --params FILE --code IN --start IN, and the outputs (see dvc.yaml)"""

import argparse
import os
import sys

from stages.contract import candidates, command
from stages.contract.origin import Origin
from stages.contract.resume import Resume
from stages.params.file import section
from stages.params.walks import Refinement, Walk
from stages.refinement.finds import ATTEMPTS_COLUMNS, CURVE_COLUMNS
from stages.refinement.recombination import recombine
from stages.refinement.walk import read_start, read_target_start, refine


def main(args: argparse.Namespace) -> None:
    walk = section(args.params, f"walks.{args.name}", Walk)
    settings = section(args.params, "refinement", Refinement)
    is_ternary = walk.mode == "ternary"
    start = read_target_start(args.start, is_ternary) if walk.target else read_start(args.start)
    if not start:
        print(f"refinement:{args.name}: {args.start} holds no scheme, so there is nothing to refine", file=sys.stderr)
    resume = Resume(f"refinement@{args.name}", [walk.model_dump(), settings.model_dump()], [args.code, args.start])
    stopwatch, origin = command.Stopwatch(), Origin("refinement", args.name)
    if walk.mode == "recombination":
        finds, flips = recombine(walk, start, origin), 0
    else:
        finds, flips = refine(walk, settings, start, origin, resume, stopwatch, _threads())
    candidates.write(args.schemes, finds.archive.candidates())
    command.write_text(args.curve, command.csv_text(CURVE_COLUMNS, finds.curve))
    command.write_text(args.attempts, command.csv_text(ATTEMPTS_COLUMNS, finds.attempt_rows()))
    stopwatch.write(args.timing, {"flips": flips})
    resume.clear()


def _threads() -> int:
    """What the scheduler gives (Snakemake sets this for its jobs), else every core; no byte depends on it."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    command.run(
        main, command.arguments("refinement", "code", "start", "schemes", "curve", "attempts", "timing", named="walk")
    )
