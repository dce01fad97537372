"""Rows of data/known_ranks.csv. A module of its own, so that nothing of it is code of an agent or a walk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedRow:
    """Ranks of a size that are published. None where nothing is."""

    size: str
    alphatensor_z2: int | None
    alphatensor_z: int | None
    best_z2: int | None
    best_z: int | None
    best_q: int | None
    as_of: str  # month and year of the tables that the best ranks are from
    source: str  # who found them; empty where the tables alone say it
