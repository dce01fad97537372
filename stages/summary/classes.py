"""How many inequivalent schemes this project found, and the best facts among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stages.algebra.targets import Size, parse_size
from stages.contract.rows.schemes import VerifiedRow


@dataclass(frozen=True)
class ClassRow:
    """Schemes of one size, ring and rank that were found here."""

    size: str
    ring: str
    rank: int
    classes: int  # a lower bound of the inequivalent ones
    additions: int  # the fewest
    growth: float | None  # the lowest growth factor, maybe of another scheme; none modulo 2, where nothing is rounded
    omega: float  # the exponent


def class_rows(schemes: Sequence[VerifiedRow]) -> list[ClassRow]:
    """One row per size, ring and rank that was found here; imported schemes are not counted."""
    groups: dict[tuple[Size, str, int], list[VerifiedRow]] = {}
    for row in schemes:
        if not row.origin.is_imported:
            groups.setdefault((parse_size(row.target), row.ring, row.rank), []).append(row)
    return [
        ClassRow(
            size=size.name,
            ring=ring,
            rank=rank,
            classes=len({row.equivalence_class for row in rows}),
            additions=min(row.additions for row in rows),
            growth=min(row.growth for row in rows) if ring in ("Z", "Q") else None,
            omega=min(row.omega for row in rows),
        )
        for (size, ring, rank), rows in sorted(groups.items())
    ]
