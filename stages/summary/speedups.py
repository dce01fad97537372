"""Speed of each kernel against the fastest library product, from the raw samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.contract.rows.kernels import TimingRow
from stages.errors import TableError
from stages.timing import Interval, ratio


class Speedup(NamedTuple):
    """Seconds of the fastest baseline over seconds of one kernel, in the same round: above 1 the kernel is faster.

    Attributes:
      dtype: element type.
      shape: n, m, p of the product.
      state: what went before each call, of `timing.STATES`.
      threads: CPU threads that were granted.
      device: what the library says it ran on.
      kernel: size and rank of the scheme, back end and levels: «2x2x2:7 c L1F».
      implementation: hash of the kernel and variant.
      baseline: the baseline of the lowest median.
      speed: median of the ratios with its interval.
      predicted: median of the baseline over the seconds of the time model; 0 where there is no model.
    """

    dtype: str
    shape: tuple[int, int, int]
    state: str
    threads: int
    device: str
    kernel: str
    implementation: str
    baseline: str
    speed: Interval
    predicted: float = 0.0


def speedups(timings: Sequence[TimingRow], seed: int) -> list[Speedup]:
    """One entry per kernel and product, by element type and shape, then in the order of the table.

    Args:
      seed: of the resamples of the intervals.
    Raises:
      TableError: a product was timed without a baseline.
    """
    products: dict[tuple, dict[str, list[TimingRow]]] = defaultdict(lambda: defaultdict(list))
    for row in timings:
        product = (row.dtype, (row.n, row.m, row.p), row.state, row.threads, row.device)
        products[product][row.implementation].append(row)
    found = []
    for product, implementations in sorted(products.items(), key=lambda item: item[0]):
        seconds = {
            one: np.array([row.seconds for row in sorted(rows, key=_round)]) for one, rows in implementations.items()
        }
        baselines = [one for one, rows in implementations.items() if not rows[0].scheme]
        if not baselines:
            raise TableError(f"timings of {product}: expected a baseline, got kernels {sorted(implementations)}")
        fastest = min(baselines, key=lambda one: np.median(seconds[one]))
        for one, rows in implementations.items():
            if one not in baselines:
                kernel = f"{rows[0].size}:{rows[0].rank} {rows[0].variant}"
                model = rows[0].predicted
                against_model = float(np.median(seconds[fastest])) / model if model else 0.0
                speed = ratio(seconds[fastest], seconds[one], seed)
                found.append(Speedup(*product, kernel, one, fastest, speed, against_model))
    return found


@dataclass(frozen=True)
class SpeedupRow:
    """A line of the table of speed-ups: a `Speedup`, beside the errors of kernel and baseline."""

    dtype: str
    state: str
    n: int
    m: int
    p: int
    threads: int
    kernel: str  # size, rank, back end and levels
    implementation: str  # hash of the kernel and variant
    baseline: str  # the fastest
    median: float  # of baseline's seconds over the kernel's; below 1 the library is faster
    low: float  # of its interval
    high: float
    predicted: float | None  # by the time model, where there is one
    error: float  # relative Frobenius error of some rows against a wider type
    baseline_error: float

    @property
    def product(self) -> str:
        return f"{self.n}x{self.m}x{self.p}"


def speedup_rows(speeds: Sequence[Speedup], timings: Sequence[TimingRow]) -> list[SpeedupRow]:
    errors = {(row.implementation, row.dtype, (row.n, row.m, row.p)): row.error for row in timings}
    return [
        SpeedupRow(
            one.dtype,
            one.state,
            *one.shape,
            one.threads,
            one.kernel,
            one.implementation,
            one.baseline,
            *one.speed,
            one.predicted or None,
            *(errors[name, one.dtype, one.shape] for name in (one.implementation, one.baseline)),
        )
        for one in speeds
    ]


def _round(row: TimingRow) -> int:
    return row.round
