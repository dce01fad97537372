"""What is fixed for all games of one agent: the ring, the axis length, the coefficients an action may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from stages.algebra.targets import parse_size

# F of the paper: {0, 1} modulo 2, {-2..2} over the integers.
COEFFICIENTS = {"Z2": (0, 1), "Z": (-2, -1, 0, 1, 2)}


class Rules(NamedTuple):
    """Hashable, so a static argument of jitted functions.

    Attributes:
      ring: Z2 or Z.
      length: S; tensors are [S, S, S], smaller targets are padded with zeros.
      max_rank: most terms of a game: the largest naive rank among the targets.
    """

    ring: Literal["Z2", "Z"]
    length: int
    max_rank: int

    @property
    def coefficients(self) -> tuple[int, ...]:
        return COEFFICIENTS[self.ring]


def rules_for(ring: Literal["Z2", "Z"], targets: Iterable[str]) -> Rules:
    """Rules in which every one of `targets` fits."""
    sizes = [parse_size(target) for target in targets]
    return Rules(ring, max(max(size.modes) for size in sizes), max(size.naive_rank for size in sizes))
