"""What a finished run found of the targets that are no matrix products: python benchmarks/targets.py [--results FOLDER]

After `cp runs/targets.yaml params.yaml && snakemake`. Each scheme is checked exactly; then benchmarks/targets.csv is
written, from which docs/walks.md has its tables: a line for each target and ring that an agent or a walk has a scheme
in, with its lowest rank and the CPU seconds of the whole agent, which plays all of its targets, or of the walk. A walk
over Z2 or Z3 lifts what it finds, so it has a line over Z or Q, too.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.check import check  # noqa: E402
from stages.contract import command, tables  # noqa: E402
from stages.contract.candidates import scheme_of  # noqa: E402
from stages.contract.named_targets import read_targets  # noqa: E402
from stages.contract.rows.schemes import CANDIDATES  # noqa: E402
from stages.errors import SchemeError  # noqa: E402
from stages.params import whole as params  # noqa: E402

RUN = ROOT / "runs/targets.yaml"
TABLE = ROOT / "benchmarks/targets.csv"
COLUMNS = ["target", "ring", "kind", "name", "rank", "cpu_s"]
STAGES = {"agent": ("demonstrations", "pretraining", "search"), "walk": ("refinement",)}  # the last has the schemes


def main(given: argparse.Namespace) -> None:
    run = params.load(RUN)
    rows = [*found(given.results, "agent", run.agents), *found(given.results, "walk", run.walks)]
    rows.sort(key=lambda row: [row[column] for column in ("target", "ring", "kind", "name")])
    command.write_text(TABLE, command.csv_text(COLUMNS, rows))


def found(results: Path, kind: str, names: Iterable[str]) -> Iterator[dict[str, object]]:
    """The lines of the agents or the walks of these names.

    Raises:
      TableError: one of them has left no schemes.
      SchemeError: a scheme is wrong.
    """
    named = read_targets(ROOT / "data/targets")
    *_, last = STAGES[kind]
    for path in (results / last / "schemes" / f"{name}.parquet" for name in sorted(names)):
        lowest: dict[tuple[str, str], int] = {}
        for row in tables.read(path, CANDIDATES):
            scheme = scheme_of(row, named)
            if wrong := check(scheme):
                raise SchemeError(f"{path}: scheme {row.hash} of {row.target} over {row.ring}: {wrong}")
            key = row.target, row.ring
            if not scheme.target.lengths and row.rank < lowest.get(key, scheme.target.naive_rank + 1):
                lowest[key] = row.rank
        cpu_s = sum(seconds(results / stage / "timing" / f"{path.stem}.csv") for stage in STAGES[kind])
        for (target, ring), rank in lowest.items():
            values = (target, ring, kind, path.stem, rank, f"{cpu_s:.1f}")
            yield dict(zip(COLUMNS, values, strict=True))


def seconds(path: Path) -> float:
    with path.open(newline="") as file:
        return float(next(csv.DictReader(file))["cpu_s"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    command.run(main, parser)
