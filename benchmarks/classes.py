"""Inequivalent schemes of 3x3x3:23 in ten CPU minutes: python benchmarks/classes.py [--seconds N] [--seed N]

On one core, from the standard algorithm: walks over Z2 find the first schemes, and `stages.program.exploration` the
classes around them, those of few additions first. Counted are numbers that equivalent schemes share
(`stages.program.classes.class_number`), a lower bound of the inequivalent schemes over Z2; and those of them whose
scheme lifts to Z, since what is equivalent there is so modulo 2. The lines of the seed in benchmarks/classes.csv are
written anew.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from additions import walked  # noqa: E402

from stages.algebra.targets import Size  # noqa: E402
from stages.contract import command  # noqa: E402
from stages.program.exploration import explore  # noqa: E402
from stages.refinement.lift import lift  # noqa: E402
from stages.refinement.packed import Z2  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ["size", "ring", "rank", "classes", "seed", "cpu_s"]
SIZE = Size(3, 3, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="of CPU time, imports and compilation included")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    for found in explore(SIZE, walked(SIZE, given.seed), given.seed):
        rank = found.words.shape[1]
        scheme = Z2().decode(np.vstack([found.words, np.zeros((1, rank), np.int64)]).astype(np.uint64), SIZE.target)
        lifted = lift(scheme)
        counts["Z2"] += 1
        counts["Z"] += lifted is not None and lifted.ring == "Z"
        if time.process_time() > given.seconds:
            break
    write([(SIZE.name, ring, rank, counts[ring], given.seed, round(time.process_time())) for ring in ("Z2", "Z")])


def write(lines: list[tuple]) -> None:
    """Puts the lines of a seed into the table, in place of its own."""
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
    held = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            held = [line for line in csv.DictReader(file) if line["seed"] != str(rows[0]["seed"])]
    command.write_text(TABLE, command.csv_text(COLUMNS, held + rows))
    for row in rows:
        print(" ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
