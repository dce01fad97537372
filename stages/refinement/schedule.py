"""The schedule of a walk as data: what every walker does between two barriers, from the first to the last."""

from __future__ import annotations

from dataclasses import dataclass

from stages.params.walks import Walk


@dataclass(frozen=True)
class Round:
    """What lies between two barriers.

    Attributes:
      flips: of each walker.
      begins, ends: flips of the whole walk before it and after it.
      is_last: of the walk, so that attempts end.
    """

    flips: int
    begins: int
    ends: int
    is_last: bool


@dataclass(frozen=True)
class Schedule:
    """The flips of each walker, cut into rounds of at most `barrier`."""

    each: int
    walkers: int
    barrier: int

    @property
    def num_rounds(self) -> int:
        return -(-self.each // self.barrier)

    @property
    def flips(self) -> int:
        """Of the whole walk."""
        return self.each * self.walkers

    def round(self, number: int) -> Round:
        """The round of a number, from 0 on."""
        done = number * self.barrier
        made = min(self.barrier, self.each - done)
        return Round(made, done * self.walkers, (done + made) * self.walkers, done + made == self.each)


def schedule_of(walk: Walk) -> Schedule:
    """Every walker has its share of the flips."""
    return Schedule(-(-walk.flips // walk.walkers), walk.walkers, walk.barrier)
