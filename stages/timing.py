"""Interleaved timing of calls, and ratios of their times. No JAX: a call returns when its work is done.

All calls of a comparison take turns within each round, in random order, so that drift of the machine hits them alike;
a ratio is taken within a round. Every sample is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

# What goes before each timed call. warm: a pause and an untimed call of the same. idle: a longer pause alone. after: a
# call of another library, whose threads may spin on.
STATES = ("warm", "idle", "after")
RESAMPLES = 2000
LEVEL = 0.95

Name = TypeVar("Name", bound=Hashable)
Call = Callable[[], object]


class Interval(NamedTuple):
    """A median with its bootstrap interval of `LEVEL`."""

    median: float
    low: float
    high: float


class Pauses(NamedTuple):
    """Seconds before each timed call in the states warm and idle: library threads spin on after a call (OpenBLAS: 2^28
    cycles, 112 ms at 2.4 GHz) and would slow down the next one."""

    warm_s: float
    idle_s: float


PAUSES = Pauses(warm_s=0.15, idle_s=0.25)


def before(state: str, other: Call, pauses: Pauses) -> Callable[[Call], object]:
    """What goes before a call that is to be timed in a state of `STATES`; `other` is a call of another library."""

    def warm(call: Call) -> None:
        time.sleep(pauses.warm_s)
        call()

    def idle(call: Call) -> None:
        time.sleep(pauses.idle_s)

    return {"warm": warm, "idle": idle, "after": lambda call: other()}[state]


def interleave(
    calls: Mapping[Name, Call],
    rounds: int,
    seed: int,
    before: Callable[[Call], object],
    on_round: Callable[[int], None] = lambda done: None,
) -> dict[Name, Float[np.ndarray, " rounds"]]:
    """Times every call once per round.

    Args:
      calls: they return when their work is done; already compiled.
      rounds: samples per call.
      seed: of the order within the rounds.
      before: told the call before each timed one.
      on_round: told the number of finished rounds.
    Returns:
      Seconds: one array per call, in the order of the rounds.
    """
    rng = np.random.default_rng(seed)
    names = list(calls)
    seconds = {name: np.empty(rounds) for name in names}
    for done in range(rounds):
        for index in rng.permutation(len(names)):
            call = calls[names[index]]
            before(call)
            start = time.perf_counter()
            call()
            seconds[names[index]][done] = time.perf_counter() - start
        on_round(done + 1)
    return seconds


def ratio(numerator: Float[np.ndarray, " rounds"], denominator: Float[np.ndarray, " rounds"], seed: int) -> Interval:
    """Median of the ratios of samples taken in the same round, with its bootstrap interval.

    Args:
      seed: of the resamples.
    """
    ratios = numerator / denominator
    drawn = np.random.default_rng(seed).integers(0, len(ratios), (RESAMPLES, len(ratios)))
    low, high = np.quantile(np.median(ratios[drawn], axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(np.median(ratios)), float(low), float(high))
