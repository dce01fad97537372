"""Inequivalent schemes of 3x3x3:23 in ten CPU minutes: python benchmarks/classes.py [--seconds N] [--seed N]

Attempts of the flip walk over Z2 on one core, each from the standard algorithm; of one that ends at rank 23, up to
HARVEST schemes are looked at. Counted are classes (`algebra.invariants.class_of`), a lower bound of the inequivalent
schemes, and those of one lift per class over Z2 that is over Z. The lines of the seed in benchmarks/classes.csv are
written anew; of the lifts, the KEPT with the fewest non-zeros stay in .records/classes.parquet, from where
benchmarks/additions.py takes them.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.factors import Scheme, standard  # noqa: E402
from stages.algebra.invariants import class_of  # noqa: E402
from stages.algebra.targets import parse_size  # noqa: E402
from stages.contract import candidates, command, params  # noqa: E402
from stages.refinement import flips  # noqa: E402
from stages.refinement.lift import lift  # noqa: E402
from stages.refinement.words import decode, encode  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
KEPT_IN = ROOT / ".records/classes.parquet"
COLUMNS = ["size", "ring", "rank", "classes", "schemes", "attempts", "hits", "seed", "cpu_s"]
SIZE, RANK = parse_size("3x3x3"), 23
IDLE = 100_000  # flips without a lower rank that end an attempt
HARVEST = 32
KEPT = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="of CPU time, imports and compilation included")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    attempts: list[bool] = []  # whether each ended at the rank
    seen: set[str] = set()
    classes: dict[str, set[str]] = {"Z2": set(), "Z": set()}
    lifts: list[tuple[int, str, Scheme]] = []
    num_lifts = 0
    for found in ends(given.seed):
        attempts.append(bool(found))
        for scheme in found:
            if scheme.hash in seen:
                continue
            seen.add(scheme.hash)
            kind = class_of(scheme)
            if kind in classes["Z2"]:
                continue
            classes["Z2"].add(kind)
            over_z = lift(scheme)
            if over_z is not None and over_z.ring == "Z":
                num_lifts += 1
                classes["Z"].add(class_of(over_z))
                lifts.append((sum(map(np.count_nonzero, over_z.factors)), over_z.hash, over_z))
        if len(lifts) > 2 * KEPT:
            lifts = sorted(lifts)[:KEPT]
        if time.process_time() >= given.seconds:
            break
    kept = [candidates.Candidate(scheme, "classes", "", given.seed, 0) for _, _, scheme in sorted(lifts)[:KEPT]]
    candidates.write(KEPT_IN, kept)
    counts = {"attempts": len(attempts), "hits": sum(attempts), "seed": given.seed, "cpu_s": round(time.process_time())}
    rows = [
        {"size": SIZE.name, "ring": ring, "rank": RANK, "classes": len(classes[ring]), "schemes": schemes} | counts
        for ring, schemes in (("Z2", len(seen)), ("Z", num_lifts))
    ]
    write(rows, given.seed)


def ends(seed: int) -> Iterator[list[Scheme]]:
    """What each attempt ends with: some schemes of the rank, or none."""
    settings = params.load(ROOT / "params.yaml").refinement
    policy = flips.policy(settings.plus_after, settings.margin)
    start = encode(standard(SIZE))
    rng = np.random.default_rng(seed)
    while True:
        walker = flips.begin(start, settings.pool, settings.margin[1], int(rng.integers(2**63)))
        while flips.advance(walker, policy, np.uint64(IDLE)) < IDLE:  # it stops early where the rank falls
            pass
        pool = flips.pooled_terms(walker) if walker.registers[flips.BEST] == RANK else []
        yield [decode(terms[:3], SIZE) for terms in pool[:: -(-len(pool) // HARVEST) or 1]]


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
