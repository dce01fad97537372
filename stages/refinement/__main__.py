"""python -m stages.refinement WALK --params FILE --start IN --schemes OUT --curve OUT --timing OUT"""

import argparse
import sys

import numpy as np

from stages.contract import candidates, command, params
from stages.contract.resume import Resume
from stages.refinement.chain import read_start, refine
from stages.refinement.finds import CURVE_COLUMNS


def main(args: argparse.Namespace) -> None:
    given = params.load(args.params)
    walk, settings = params.entry(given.walks, args.name, "walks"), given.refinement
    start = read_start(args.start)
    if not start:
        print(f"refinement:{args.name}: {args.start} holds no scheme, so there is nothing to refine", file=sys.stderr)
    resume = Resume(f"refinement@{args.name}", [walk.model_dump(), settings.model_dump()], [args.start])
    saved = resume.load()
    stopwatch = command.Stopwatch()
    if saved:
        stopwatch.add(*saved["seconds"].tolist())
    finds, flips = refine(
        walk,
        settings,
        start,
        f"refinement:{args.name}",
        saved,
        lambda state: resume.save(state | {"seconds": np.array([stopwatch.cpu_s, stopwatch.wall_s])}),
    )
    candidates.write(args.schemes, finds.best_candidates())
    command.write_text(args.curve, command.csv_text(CURVE_COLUMNS, finds.curve))
    stopwatch.write(args.timing, {"flips": flips})
    resume.clear()


if __name__ == "__main__":
    command.run(main, command.arguments("refinement", "start", "schemes", "curve", "timing", named="walk"))
