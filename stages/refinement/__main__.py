"""python -m stages.refinement WALK --params FILE --code IN --start IN, and the outputs (see dvc.yaml)"""

import argparse
import os
import sys

from stages.contract import candidates, command, csv_tables
from stages.contract.origin import Origin
from stages.contract.resume import Resume
from stages.contract.rows.curves import AttemptsRow, RefinementCurveRow
from stages.params.file import section
from stages.params.walks import OneWalk
from stages.refinement.modes import mode_of
from stages.refinement.start import read_start, read_target_start
from stages.refinement.walk import refine

NICENESS = 19  # a walk takes all cores that are left over: its threads are counted by no scheduler


def main(args: argparse.Namespace) -> None:
    os.nice(NICENESS)
    walk, origin = section(args.params, f"walks.{args.name}", OneWalk).root, Origin("refinement", args.name)
    start = read_target_start(args.start, mode_of(walk).ring) if walk.named_target else read_start(args.start)
    if not start:
        print(f"{origin}: {args.start} holds no scheme, so there is nothing to refine", file=sys.stderr)
    resume = Resume(f"refinement@{args.name}", walk.model_dump(), [args.code, args.start])
    stopwatch = command.Stopwatch()
    archive, flips = refine(walk, start, origin, resume, stopwatch)
    candidates.write(args.schemes, archive.held.candidates())
    csv_tables.write(args.curve, RefinementCurveRow, archive.curve)
    csv_tables.write(args.attempts, AttemptsRow, archive.attempt_rows())
    stopwatch.write(args.timing, {"flips": flips})
    resume.clear()


if __name__ == "__main__":
    command.run(
        main, command.arguments("refinement", "code", "start", "schemes", "curve", "attempts", "timing", named="walk")
    )
