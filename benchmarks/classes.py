"""Inequivalent schemes of 3x3x3:23 in ten CPU minutes: python benchmarks/classes.py [--seconds N] [--seed N]

Attempts of the flip walk over Z2 on one core, from the standard algorithm and, nine times of ten once there are any,
from a scheme of the tenth of the classes found last. Of an attempt that ends at rank 23, up to HARVEST schemes are
looked at. Counted are classes (`algebra.invariants.class_of`), a lower bound of the inequivalent schemes, and those of
one lift per class over Z2 that is over Z. The lines of the seed in benchmarks/classes.csv are written anew; of the
lifts, the KEPT with the fewest non-zeros stay in .records/classes.parquet, from where benchmarks/additions.py takes
them.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.factors import Scheme, standard  # noqa: E402
from stages.algebra.invariants import class_of  # noqa: E402
from stages.algebra.targets import parse_target  # noqa: E402
from stages.contract import candidates, command  # noqa: E402
from stages.contract.origin import Origin  # noqa: E402
from stages.params import whole as params  # noqa: E402
from stages.refinement.lift import lift  # noqa: E402
from stages.refinement.modes import Mode, mode_of, start_at  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
KEPT_IN = ROOT / ".records/classes.parquet"
COLUMNS = ["size", "ring", "rank", "classes", "schemes", "attempts", "seed", "cpu_s"]
TARGET, RANK = parse_target("3x3x3"), 23
IDLE = 100_000  # flips without a lower rank that end an attempt
HARVEST = 32
KEPT = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="of CPU time, imports and compilation included")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    walk = params.load(ROOT / "params.yaml").walks["standard"]
    mode = mode_of(walk.model_copy(update={"harvest": HARVEST}))
    rng = np.random.default_rng(given.seed)
    attempts = num_lifts = 0
    starts: list[Scheme] = []  # one per class over Z2, as they were found
    seen: set[str] = set()
    classes: dict[str, set[str]] = {"Z2": set(), "Z": set()}
    lifts: list[tuple[int, str, Scheme]] = []
    while time.process_time() < given.seconds:
        attempts += 1
        is_new = not starts or rng.random() < 0.1
        start = standard(TARGET) if is_new else starts[-1 - rng.integers(1 + len(starts) // 10)]
        for scheme in harvest(mode, start, int(rng.integers(2**63))):
            if scheme.hash in seen:
                continue
            seen.add(scheme.hash)
            kind = class_of(scheme)
            if kind in classes["Z2"]:
                continue
            classes["Z2"].add(kind)
            starts.append(scheme)
            over_z = lift(scheme)
            if over_z is not None and over_z.ring == "Z":
                num_lifts += 1
                classes["Z"].add(class_of(over_z))
                lifts.append((sum(map(np.count_nonzero, over_z.factors)), over_z.hash, over_z))
        if len(lifts) > 2 * KEPT:
            lifts = sorted(lifts)[:KEPT]
    origin = Origin("refinement", "classes")
    kept = [candidates.Candidate(scheme, origin, "", given.seed, 0) for _, _, scheme in sorted(lifts)[:KEPT]]
    candidates.write(KEPT_IN, kept)
    counts = {"attempts": attempts, "seed": given.seed, "cpu_s": round(time.process_time())}
    rows = [
        {"size": TARGET.name, "ring": ring, "rank": RANK, "classes": len(classes[ring]), "schemes": schemes} | counts
        for ring, schemes in (("Z2", len(seen)), ("Z", num_lifts))
    ]
    write(rows, given.seed)


def harvest(mode: Mode, start: Scheme, stream: int) -> list[Scheme]:
    """Some schemes that an attempt ends with; none if they are of a higher rank."""
    attempt = mode.begin(start_at(start, mode.ring), stream)
    while attempt.idle < IDLE:
        attempt, _ = mode.advanced(attempt, TARGET, IDLE)
    return [scheme for scheme in mode.harvested(attempt, TARGET) if scheme.rank == RANK]


def write(rows: list[dict], seed: int) -> None:
    """Puts the lines of a seed into the table, in place of its own."""
    held = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            held = [line for line in csv.DictReader(file) if line["seed"] != str(seed)]
    command.write_text(TABLE, command.csv_text(COLUMNS, held + rows))
    for row in rows:
        print(" ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
