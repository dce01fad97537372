"""Times variants against NumPy's own product, in a time that is given."""

from __future__ import annotations

import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fastmm import blas, cache, library, product
from fastmm.binding import UNFUSED, Kernel
from fastmm.dispatch import (
    CLASSICAL,
    THREE_PRODUCTS,
    Ratios,
    Shape,
    Variant,
    distance,
    fitted,
    modelled,
    variants,
)

# Products that are timed, the most telling first: squares; sides that blocks do not divide; outer, inner, tall and flat
# ones; sizes between.
_CLASSES = ((2, 0.5, 2), (0.8, 2, 0.8), (4, 0.75, 0.75), (0.75, 0.75, 4))
ANCHORS: tuple[Shape, ...] = (
    *((n, n, n) for n in (1024, 2048, 4096)),
    (2047, 2047, 2047),
    (1500, 1777, 2039),
    *((round(x * n), round(y * n), round(z * n)) for n in (1536, 2560, 1024) for x, y, z in _CLASSES),
    *((n, n, n) for n in (768, 512, 1448, 2896, 6144, 8192)),
    *((round(x * n), round(y * n), round(z * n)) for n in (3584, 640) for x, y, z in _CLASSES),
)
KNOWN = 2  # anchors nearby, the best of whose variants are timed again, whatever the model says


class Effort(NamedTuple):
    """How many variants are timed how often, and how many of these again: the first ratios of the best are lucky."""

    candidates: int
    rounds: int
    finalists: int
    more: int

    @property
    def calls(self) -> int:
        return 1 + self.candidates + (1 + self.candidates) * self.rounds + (1 + self.finalists) * self.more


EFFORTS = (Effort(12, 3, 3, 7), Effort(8, 2, 2, 4), Effort(5, 1, 2, 2))
MOST_OF_REST = 0.3  # of the time that is left: what one product may take, unless by the least effort
MOST_OF_MEMORY = 0.1  # what A, B and C may take; copies and workspaces come on top
PAUSE_S = 0.15  # until threads of OpenBLAS that are not shared are at rest
SPEEDS = {"float32": 1.0, "float64": 2.0, "complex64": 4.0, "complex128": 8.0}  # time of a product, roughly

Calls = Mapping[Variant | None, Callable[[], object]]  # None: the plain product


def tune(seconds: float = 20, types: Sequence[str] = ("float32", "float64")) -> None:
    """Measures on this machine what `matmul` then goes by, for the number of threads that NumPy has now.

    Run it while nothing else runs, in a process whose other threads do not multiply: it lets NumPy's products run on
    shared threads meanwhile (`share_threads`). What is measured is kept for the machine. More time means more shapes
    and safer choices; large products are measured last.

    Args:
      types: of float32, float64, complex64 and complex128; they share the time.
    Raises:
      RuntimeError: the kernels are not compiled.
      ValueError: another type, or no time.
      OSError: the cache cannot be written.
    """
    if not seconds > 0 or math.isinf(seconds):
        raise ValueError(f"tune: expected seconds above 0, got {seconds}")
    if unknown := [name for name in types if name not in SPEEDS]:
        raise ValueError(f"tune: expected types of {', '.join(SPEEDS)}, got {', '.join(unknown)}")
    kernel = library.installed()
    if kernel is None:
        raise RuntimeError(library.why_none())
    was_shared, threads = blas.is_shared(), blas.threads()
    paths = {name: cache.path(np.dtype(name), threads) for name in types}  # before time is spent
    _say(f"{', '.join(types)} on {threads} threads, {seconds:.0f} seconds")
    if sentence := blas.older_kernels():
        _say(sentence)
    end = time.monotonic() + seconds
    for left, name in zip(range(len(types), 0, -1), types, strict=True):
        dtype = np.dtype(name)
        share = (end - time.monotonic()) / left
        try:
            blas.share_threads(True)
            measured = _Measured(kernel, dtype, threads, time.monotonic() + share * (0.85 if threads > 1 else 1.0))
            quiet = measured.quiet()
        finally:
            blas.share_threads(was_shared)
        crowded = quiet if threads == 1 else measured.crowded(quiet, time.monotonic() + share * 0.15)
        if not quiet:
            _say(f"{name}: no product was timed, so nothing is kept")
            continue
        cache.write(paths[name], {"quiet": quiet, "crowded": crowded})
        if len(quiet) < len(ANCHORS):
            missing = "memory has no room for the others"
            if any(_has_room(shape, dtype) for shape in ANCHORS if shape not in quiet):
                missing = "more seconds have time for more"
            _say(f"{name}: {len(quiet)} of {len(ANCHORS)} products were timed; {missing}")
    product.forget()


def _say(text: str) -> None:
    print(f"fastmm: {text}", file=sys.stderr, flush=True)


class _Measured:
    """One element type, until `end`."""

    def __init__(self, kernel: Kernel, dtype: np.dtype, threads: int, end: float) -> None:
        self._kernel, self._dtype, self._threads, self._end = kernel, dtype, threads, end
        self._rng = np.random.default_rng(0)
        self._rate = 0.0  # of the plain product, operations per second

    def quiet(self) -> dict[Shape, dict[Variant, float]]:
        """Ratios of what was timed of each product that there was time for."""
        pause = 0.0 if blas.is_shared() or self._threads == 1 else PAUSE_S
        found: dict[Shape, dict[Variant, float]] = {}
        for done, shape in enumerate(ANCHORS, start=1):
            effort = self._effort(shape, pause)
            if effort is None:
                continue
            calls = self._calls(shape, self._candidates(shape, found)[: effort.candidates])
            for call in calls.values():
                call()
            first = _ratios(_interleaved(calls, effort.rounds, self._rng, lambda call: time.sleep(pause)))
            finalists = sorted(first, key=first.get, reverse=True)[: effort.finalists]
            again = {name: calls[name] for name in (None, *finalists)}
            seconds = _interleaved(again, effort.more, self._rng, lambda call: time.sleep(pause))
            self._rate = math.prod(shape) / float(np.median(seconds[None]))
            best = _ratios(seconds)
            most = min(best.values())  # of the others: they lost once, and their ratios are less certain
            found[shape] = {name: best.get(name, min(speed, most)) for name, speed in first.items()}
            self._tell(done, shape, found[shape])
        return found

    def crowded(self, quiet: Ratios, end: float) -> dict[Shape, dict[Variant, float]]:
        """Ratios of the best straight after a product of NumPy on threads of its own, the small products first."""
        found: dict[Shape, dict[Variant, float]] = {}
        x = np.ones((512, 512), self._dtype)
        for shape in sorted(quiet, key=math.prod):
            best = sorted(quiet[shape], key=quiet[shape].get, reverse=True)[:3]
            if time.monotonic() + 3 * (1 + len(best)) * math.prod(shape) / self._rate > end:
                break
            calls = self._calls(shape, best)
            found[shape] = _ratios(_interleaved(calls, 3, self._rng, lambda call: np.matmul(x, x)))
        return found

    def _effort(self, shape: Shape, pause: float) -> Effort | None:
        """The largest that the time allows; None: there is not enough for any, or not enough memory."""
        if not _has_room(shape, self._dtype):
            return None
        left = self._end - time.monotonic()
        if not self._rate:
            return EFFORTS[1] if left > 0 else None
        for effort in EFFORTS:
            needed = effort.calls * (math.prod(shape) / self._rate + pause)
            if needed < left * (1.0 if effort is EFFORTS[-1] else MOST_OF_REST):
                return effort
        return None

    def _candidates(self, shape: Shape, found: Ratios) -> list[Variant]:
        """What needs no scheme, the best of products nearby, then what the model likes, which all so far has taught.

        Those with a fused level and those without take turns, as the model errs most between the two.
        """
        rates = fitted(found, self._kernel).rates
        possible = list(variants(shape, self._kernel))
        possible.sort(key=lambda variant: modelled(variant, shape, self._kernel, rates), reverse=True)
        near = sorted(found, key=lambda anchor: distance(anchor, shape))[:KNOWN]
        known = {max(found[anchor], key=found[anchor].get) for anchor in near}
        fused = [variant for variant in possible if variant.fused > UNFUSED]
        unfused = [variant for variant in possible if variant.fused == UNFUSED]
        turns = [variant for pair in itertools.zip_longest(fused, unfused) for variant in pair if variant]
        without = [THREE_PRODUCTS, CLASSICAL] if self._dtype.kind == "c" else [CLASSICAL]
        return list(dict.fromkeys([*without, *(variant for variant in turns if variant in known), *turns]))

    def _calls(self, shape: Shape, chosen: Sequence[Variant]) -> Calls:
        n, m, p = shape
        a, b = (self._random(rows, cols) for rows, cols in ((n, m), (m, p)))
        calls: dict[Variant | None, Callable[[], object]] = {None: lambda: np.matmul(a, b)}
        for variant in chosen:
            calls[variant] = lambda variant=variant: product.run(self._kernel, variant, a, b, None, self._threads)
        return calls

    def _random(self, rows: int, cols: int) -> np.ndarray:
        x = self._rng.standard_normal((rows, cols))
        return (x + 1j * x[::-1] if self._dtype.kind == "c" else x).astype(self._dtype)

    def _tell(self, done: int, shape: Shape, found: Mapping[Variant, float]) -> None:
        variant, speed = max(found.items(), key=lambda item: item[1])
        _say(
            f"{self._dtype}, {done}/{len(ANCHORS)}, {'x'.join(map(str, shape))}: "
            f"{variant.name(self._kernel)} has {speed:.2f} of the plain speed, "
            f"{max(0.0, self._end - time.monotonic()):.0f} s left"
        )


def _has_room(shape: Shape, dtype: np.dtype) -> bool:
    """Whether the matrices of a product take a fair part of the memory at most."""
    n, m, p = shape
    return dtype.itemsize * (n * m + m * p + n * p) <= MOST_OF_MEMORY * _memory()


def _memory() -> int:
    """Bytes of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _interleaved(
    calls: Calls, rounds: int, rng: np.random.Generator, before: Callable[[Callable], object]
) -> dict[Variant | None, np.ndarray]:
    """Seconds of each call, once per round and in random order, so that drift of the machine hits all alike."""
    seconds = {name: np.empty(rounds) for name in calls}
    names = list(calls)
    for done in range(rounds):
        for index in rng.permutation(len(names)):
            call = calls[names[index]]
            before(call)
            start = time.perf_counter()
            call()
            seconds[names[index]][done] = time.perf_counter() - start
    return seconds


def _ratios(seconds: Mapping[Variant | None, np.ndarray]) -> dict[Variant, float]:
    """Medians of the time of the plain product (None) over that of each variant."""
    return {name: float(np.median(seconds[None] / found)) for name, found in seconds.items() if name is not None}
