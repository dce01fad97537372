"""How many inequivalent schemes this project found, and the best facts among them."""

from __future__ import annotations

from collections.abc import Sequence

from stages.algebra.targets import Size, parse_size
from stages.contract.rows.schemes import VerifiedRow
from stages.summary.sources import Row

COLUMNS = ["size", "ring", "rank", "classes", "additions", "growth", "omega"]


def class_rows(schemes: Sequence[VerifiedRow]) -> list[Row]:
    """One row per size, ring and rank that was found here; imported schemes are not counted.

    Returns:
      Rows of `COLUMNS`: a lower bound of the inequivalent schemes, the fewest additions, the lowest growth factor
      (maybe of another scheme; none modulo 2, where nothing is rounded) and the exponent.
    """
    groups: dict[tuple[Size, str, int], list[VerifiedRow]] = {}
    for row in schemes:
        if not row.origin.is_imported:
            groups.setdefault((parse_size(row.target), row.ring, row.rank), []).append(row)
    return [
        {
            "size": size.name,
            "ring": ring,
            "rank": rank,
            "classes": len({row.equivalence_class for row in rows}),
            "additions": min(row.additions for row in rows),
            "growth": round(min(row.growth for row in rows), 2) if ring != "Z2" else "",
            "omega": round(min(row.omega for row in rows), 4),
        }
        for (size, ring, rank), rows in sorted(groups.items())
    ]
