"""What is fixed for all games of one agent: the ring, the axis length, the coefficients an action may use."""

from __future__ import annotations

from typing import Literal, NamedTuple

from stages.algebra.targets import parse_size

# F of the paper: {0, 1} modulo 2, {-2..2} over the integers.
COEFFICIENTS = {"Z2": (0, 1), "Z": (-2, -1, 0, 1, 2)}


class Rules(NamedTuple):
    """Hashable, so a static argument of jitted functions.

    Attributes:
      ring: Z2 or Z.
      length: S; tensors are [S, S, S], smaller targets are padded with zeros.
      max_rank: most terms of a game.
    """

    ring: Literal["Z2", "Z"]
    length: int
    max_rank: int

    @property
    def coefficients(self) -> tuple[int, ...]:
        return COEFFICIENTS[self.ring]


def rules_for(ring: Literal["Z2", "Z"], window: str) -> Rules:
    """Rules in which the tensor of `window` fits and its standard algorithm ends a game."""
    size = parse_size(window)
    return Rules(ring, max(size.modes), size.naive_rank)
