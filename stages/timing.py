"""Interleaved timing of calls, and ratios of their times. No JAX: an arm is any callable that returns when it is done.

All arms of a comparison take turns within each round, in random order, so that drift of the machine hits them alike;
a ratio is taken within a round. Every sample is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

# Library threads spin on after a call (OpenBLAS: 2^28 cycles, 112 ms at 2.4 GHz) and would slow down the next arm.
PAUSE_S = 0.15
IDLE_S = 0.25
RESAMPLES = 2000
LEVEL = 0.95

Name = TypeVar("Name", bound=Hashable)


class Interval(NamedTuple):
    """A median with its bootstrap interval of `LEVEL`."""

    median: float
    low: float
    high: float


def _warm(arm: Callable[[], object]) -> None:
    time.sleep(PAUSE_S)
    arm()


def _idle(arm: Callable[[], object]) -> None:
    time.sleep(IDLE_S)


# What goes before each timed call, by the state in which it finds the machine; made from a call of another library.
# warm: a pause and an untimed call of the same arm. idle: a long pause alone. after: a call of the other library,
# whose threads may spin on.
STATES: Mapping[str, Callable[[Callable[[], object]], Callable[[Callable[[], object]], None]]] = {
    "warm": lambda other: _warm,
    "idle": lambda other: _idle,
    "after": lambda other: lambda arm: other(),
}


def interleave(
    arms: Mapping[Name, Callable[[], object]],
    rounds: int,
    seed: int,
    before: Callable[[Callable[[], object]], object] = _warm,
    on_round: Callable[[int], None] = lambda done: None,
) -> dict[Name, Float[np.ndarray, " rounds"]]:
    """Times every arm once per round.

    Args:
      arms: callables that return when their work is done; already compiled.
      rounds: samples per arm.
      seed: of the order within the rounds.
      before: told the arm before each timed call (`STATES`).
      on_round: told the number of finished rounds.
    Returns:
      Seconds per call: one array per arm, in the order of the rounds.
    """
    rng = np.random.default_rng(seed)
    names = list(arms)
    seconds = {name: np.empty(rounds) for name in names}
    for done in range(rounds):
        for index in rng.permutation(len(names)):
            arm = arms[names[index]]
            before(arm)
            start = time.perf_counter()
            arm()
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
