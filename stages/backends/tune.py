"""Times the variants of a kernel against the library's own product, at a few square sizes.

The threads of NumPy's library spin for a while after each of its products, on the cores that a kernel wants. So both
cases are timed. A plain product is one of NumPy's: what follows it at once will mostly be plain too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np

from stages.backends.c.variants import Variant
from stages.backends.dispatch import Speeds
from stages.backends.libraries import Library
from stages.timing import Pauses, before, interleave

# By n = m = p of the products that are timed: how often each variant is, and how often then the best of them, whose
# first ratios do not count: they are the luckiest of many.
TUNED = {1024: (9, 21), 2048: (4, 11), 4096: (2, 5)}
FINALISTS = 2
PAUSES = Pauses(warm_s=0.15, idle_s=0.25)

Calls = dict[Variant | None, Callable[[], object]]  # None: the plain product


def measure(library: Library, run: Callable, dtype: np.dtype) -> Speeds:
    """Ratios of all variants, in some minutes.

    Args:
      run: variant, two matrices, None -> their product by the kernel.
    """
    print(f"matmul: timing kernels once for {dtype} on this machine", file=sys.stderr)
    speeds: Speeds = {state: {} for state in library.states}
    with library.timing():
        calls = {n: _calls(library, run, n, dtype) for n in TUNED}
        for n, (rounds, more) in TUNED.items():
            for state in library.states:
                other = calls[min(TUNED)][None]  # of any size: threads spin on in the same way
                prepare = before(state, other, PAUSES)
                found = _ratios(interleave(calls[n], rounds, 0, prepare))
                finalists = sorted(found, key=found.get)[-FINALISTS:]
                again = _ratios(interleave({name: calls[n][name] for name in (None, *finalists)}, more, 1, prepare))
                less = min(again.values()) / min(found[variant] for variant in finalists)
                for variant, speed in found.items():
                    speeds[state].setdefault(variant, {})[n] = again.get(variant, speed * min(1.0, less))
    return speeds


def _calls(library: Library, run: Callable, n: int, dtype: np.dtype) -> Calls:
    """The products of two n x n matrices, compiled."""
    rng = np.random.default_rng(0)
    a, b = (library.place(rng.standard_normal((n, n)).astype(dtype)) for _ in range(2))
    calls: Calls = {None: lambda: library.wait(library.plain(a, b))}
    for variant in library.variants((n, n, n)):
        calls[variant] = lambda variant=variant: library.wait(run(variant, a, b, None))
    for call in calls.values():
        call()
    return calls


def _ratios(seconds: Mapping[Variant | None, np.ndarray]) -> dict[Variant, float]:
    """Medians of the time of the plain product (None) over that of each variant."""
    return {name: float(np.median(seconds[None] / found)) for name, found in seconds.items() if name is not None}
