"""python -m stages.refinement WALK --params FILE --start IN --schemes OUT --curve OUT --attempts OUT --timing OUT"""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.contract import candidates, command
from stages.contract.resume import Resume
from stages.params import whole as params
from stages.refinement.archive import AttemptsRow, CurveRow
from stages.refinement.modes import mode_of
from stages.refinement.start import read_start, read_target_start
from stages.refinement.walk import refine

NICENESS = 19  # a walk takes all cores that are left over: its threads are counted by no scheduler


def main(args: argparse.Namespace) -> None:
    os.nice(NICENESS)
    walk = params.entry(params.load(args.params).walks, args.name, "walks")
    start = read_target_start(args.start, mode_of(walk).ring) if walk.named_target else read_start(args.start)
    label = f"refinement:{args.name}"
    if not start:
        print(f"{label}: {args.start} holds no scheme, so there is nothing to refine", file=sys.stderr)
    resume, stopwatch = Resume(f"refinement@{args.name}", walk.model_dump(), [args.start]), command.Stopwatch()
    archive, flips = refine(walk, start, label, resume, stopwatch)
    candidates.write(args.schemes, archive.held.candidates())
    _write_csv(args.curve, CurveRow, archive.curve)
    _write_csv(args.attempts, AttemptsRow, archive.attempt_rows())
    stopwatch.write(args.timing, {"flips": flips})
    resume.clear()


def _write_csv(path: Path, kind: type[CurveRow | AttemptsRow], rows: Sequence[CurveRow | AttemptsRow]) -> None:
    columns = [field.name for field in dataclasses.fields(kind)]
    command.write_text(path, command.csv_text(columns, [dataclasses.asdict(row) for row in rows]))


if __name__ == "__main__":
    command.run(main, command.arguments("refinement", "start", "schemes", "curve", "attempts", "timing", named="walk"))
