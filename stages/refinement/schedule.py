"""The schedule of a walk as data: what every walker does between two barriers, from the first to the last."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from stages.algebra.targets import Target, parse_target
from stages.params.walks import Walk


@dataclass(frozen=True)
class Leg:
    """The stay at one target: `flips` of each walker."""

    target: Target
    flips: int


@dataclass(frozen=True)
class Round:
    """What lies between two barriers.

    Attributes:
      target: at which all walkers are.
      flips: of each walker.
      begins, ends: flips of the whole walk before it and after it.
      is_last: of its leg, so that attempts end.
    """

    target: Target
    flips: int
    begins: int
    ends: int
    is_last: bool


@dataclass(frozen=True)
class Schedule:
    """The legs in turn, each cut into rounds of at most `barrier` flips of each walker."""

    legs: tuple[Leg, ...]
    walkers: int
    barrier: int

    @cached_property
    def _firsts(self) -> list[tuple[int, int]]:
        """Rounds, and flips of each walker, before each leg and after the last."""
        rounds = itertools.accumulate((-(-leg.flips // self.barrier) for leg in self.legs), initial=0)
        flips = itertools.accumulate((leg.flips for leg in self.legs), initial=0)
        return list(zip(rounds, flips, strict=True))

    @property
    def num_rounds(self) -> int:
        return self._firsts[-1][0]

    @property
    def flips(self) -> int:
        """Of the whole walk."""
        return self._firsts[-1][1] * self.walkers

    def round(self, number: int) -> Round:
        """The round of a number, from 0 on."""
        place = bisect.bisect(self._firsts, number, key=lambda first: first[0]) - 1
        leg, (first, before) = self.legs[place], self._firsts[place]
        done = (number - first) * self.barrier
        made = min(self.barrier, leg.flips - done)
        begins = (before + done) * self.walkers
        return Round(leg.target, made, begins, begins + made * self.walkers, done + made == leg.flips)


def schedule_of(walk: Walk, named: Iterable[Target] = ()) -> Schedule:
    """The passes over the targets of a walk: each has flips in proportion to the square of its naive rank.

    In the second pass a size starts from what larger ones have found, too.
    """
    found = [parse_target(name, named) for name in walk.targets]
    weight = sum(target.naive_rank**2 for target in found) * walk.passes * walk.walkers
    legs = tuple(Leg(target, -(-walk.flips * target.naive_rank**2 // weight)) for target in found)
    return Schedule(legs * walk.passes, walk.walkers, walk.barrier)
