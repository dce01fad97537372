"""The agent beside its controls: attempts that `benchmarks/agent.py` made with equal CPU seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.contract import csv_tables
from stages.errors import TableError

COMPARED = ("agent", "demonstrations only", "untrained", "walk")


@dataclass(frozen=True)
class AttemptRow:
    """One attempt: a line of benchmarks/agent.csv."""

    target: str
    ring: str
    start: str  # kind of game
    variant: str
    seed: int
    aim: int  # a rank of this or lower is a hit
    rank: int  # the lowest
    ranks: str  # each lower rank with its CPU seconds: «8 at 3.1; 7 at 25.6»


@dataclass(frozen=True)
class Step:
    """A lower rank of one attempt."""

    variant: str
    seed: int
    cpu_s: float
    rank: int


@dataclass(frozen=True)
class Comparison:
    """All attempts at one target over one ring by one kind of game."""

    target: str
    ring: str
    start: str
    steps: Sequence[Step]
    hits: str  # hits of all attempts, by variant


def comparisons(path: Path) -> list[Comparison]:
    """The comparisons of agent and controls, in the order of the file.

    Raises:
      TableError: the file is missing or malformed.
    """
    groups: dict[tuple[str, str, str], list[AttemptRow]] = {}
    for row in csv_tables.read(path, AttemptRow):
        if row.variant in COMPARED:
            groups.setdefault((row.target, row.ring, row.start), []).append(row)
    return [
        Comparison(*group, [step for row in rows for step in _steps(row, path)], _hits(rows))
        for group, rows in groups.items()
    ]


def _steps(row: AttemptRow, path: Path) -> list[Step]:
    try:
        pairs = [each.split(" at ") for each in row.ranks.split("; ") if each]
        return [Step(row.variant, row.seed, float(cpu_s), int(rank)) for rank, cpu_s in pairs]
    except ValueError:
        raise TableError(f"{path}: expected ranks as in «8 at 3.1; 7 at 25.6», got {row.ranks!r}") from None


def _hits(rows: Sequence[AttemptRow]) -> str:
    by_variant = {variant: [row.rank <= row.aim for row in rows if row.variant == variant] for variant in COMPARED}
    return ", ".join(f"{variant} {sum(hits)}/{len(hits)}" for variant, hits in by_variant.items() if hits)
