"""Rows of the CSV tables: curves of learning and of walks, CPU time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PretrainingCurveRow:
    """Losses since the row before."""

    step: int  # train steps that were made
    policy_loss: float
    value_loss: float


@dataclass(frozen=True)
class SearchCurveRow:
    """Where a search stands with one target after one round. None where there is nothing to tell."""

    round: int  # rounds that were played
    games: int  # games that were played, of all targets, window games among them
    target: str
    solved_share: float | None  # of this round's measured games that ended in a decomposition
    rank_shares: str  # the same share by the rank of the decomposition: "23:0.03125 25:0.25"
    rewritten_share: float | None  # of its window games
    best_game: int | None  # lowest rank found so far by games
    best_window: int | None  # by window games
    policy_loss: float | None  # mean over this round's train steps
    value_loss: float | None

    @property
    def by_rank(self) -> dict[int, float]:
        """What `rank_shares` says, lowest rank first."""
        return {int(rank): float(share) for rank, share in (one.split(":") for one in self.rank_shares.split())}


@dataclass(frozen=True)
class RefinementCurveRow:
    """A new best rank of a target over a ring, after so many flips of the whole walk."""

    size: str
    flips: int
    rank: int
    ring: str


@dataclass(frozen=True)
class AttemptsRow:
    """How many attempts at a target had this as their lowest rank, in the ring they walk over."""

    size: str
    rank: int
    attempts: int


@dataclass(frozen=True)
class ClockRow:
    """CPU time of one run of a stage."""

    cpu_s: float
