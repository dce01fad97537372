"""`matmul`: NumPy's product, or a variant that was measured to be faster."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import sys
from typing import NamedTuple

import numpy as np

from fastmm import blas, cache, dispatch, library
from fastmm.binding import Kernel
from fastmm.dispatch import THREE_PRODUCTS, Model, Plan, Shape, Variant

REAL = {
    np.dtype(np.float32): np.dtype(np.float32),
    np.dtype(np.float64): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.float32),
    np.dtype(np.complex128): np.dtype(np.float64),
}
LEAST = 500  # effective size below which no variant can win, and to ask would take time
MIRRORED = 256  # rows and columns that are mirrored at once: more do not fit into the caches
# Of f for a complex product beside that of its real ones: each part of the plain product sums 2 m terms that together
# are at most m |a| |b|. By three real products the imaginary part has errors of f (2 + 1 + 1) max|A| max|B|, the real
# part of f (1 + 1); the few roundings of sums of parts are left out.
COMPLEX_PLAIN, COMPLEX_FAST = 8**0.5, 20**0.5
_PLAIN = Plan(
    "plain",
    "only two arrays of one type, float32, float64, complex64 or complex128, are planned, with at least two axes each "
    "and sides that fit",
)
_SMALL = Plan("plain", f"effective size below {LEAST}")


class Bound(NamedTuple):
    """What no entry of C is further away from A B than, to first order in the unit roundoff."""

    chosen: float
    plain: float


def matmul(a, b, *, out: np.ndarray | None = None, max_error_growth: float | None = None):
    """a @ b, by a verified scheme where `tune` measured that to be faster than NumPy's product.

    The result is as accurate as the plain product by norm up to a factor (`error_bound`), not entry by entry: rows or
    columns of very different scale can lose all their digits, and elements near the largest number of the type can
    overflow in sums. Where an operand holds NaN or infinity, the result is NumPy's. Of x @ x.T, as of x.T @ x, half is
    computed and mirrored.

    Args:
      a: array [..., n, m] of float32, float64, complex64 or complex128; whatever else NumPy multiplies, it computes.
        With a JAX array, JAX computes what is not planned.
      b: likewise [..., m, p].
      out: as of `np.matmul`; not for JAX.
      max_error_growth: take no variant whose bound of the error is more than so many times that of the plain product;
        at least 1.
    Returns:
      As `np.matmul`.
    Raises:
      As `np.matmul`; TypeError: `out` for JAX; ValueError: `max_error_growth` below 1.
    """
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        jax = sys.modules.get("jax")  # whoever has a JAX array has imported it
        if jax and (isinstance(a, jax.Array) or isinstance(b, jax.Array)):
            from fastmm import jax_arrays

            return jax_arrays.matmul(a, b, out, max_error_growth)
        return np.matmul(a, b, out=out)
    chosen = planned(a, b, max_error_growth)
    if chosen.variant is None or not _fits(out, a, b):
        return np.matmul(a, b, out=out)
    overlaps = out is not None and (np.may_share_memory(out, a) or np.may_share_memory(out, b))
    kernel, threads = library.installed(), blas.threads()
    with contextlib.suppress(MemoryError, RuntimeError):  # no room for the sums of blocks, no threads
        to = None if overlaps else out
        if _is_gram(a, b):
            c = _gram(kernel, a, to, threads, max_error_growth)
        elif a.ndim == b.ndim == 2:
            c = run(kernel, chosen.variant, a, b, to, threads)
        else:
            c = _batch(kernel, chosen.variant, a, b, to, threads)
        if _is_finite(c):
            if overlaps:
                out[...] = c
            return out if overlaps else c
    return np.matmul(a, b, out=out)


def explain(a, b, *, max_error_growth: float | None = None) -> Plan:
    """What `matmul` does for such arrays at this moment, and why; of x @ x.T, for the largest block that it mirrors."""
    return planned(np.asarray(a), np.asarray(b), max_error_growth)


def error_bound(a: np.ndarray, b: np.ndarray) -> Bound:
    """Of what `matmul` does for these arrays, and of the plain product: f u max|A| max|B| with unit roundoff u.

    The bounds grow with the square of the inner length; errors of random matrices are far smaller. The first bound over
    the second says what a fast product costs.

    Raises:
      ValueError: sides that do not fit, or entries that are no numbers.
    """
    a, b = np.asarray(a), np.asarray(b)
    if not (a.ndim and b.ndim and a.shape[-1] == b.shape[-min(b.ndim, 2)]):
        raise ValueError(f"error_bound: expected sides that fit, got {a.shape} and {b.shape}")
    if {a.dtype.kind, b.dtype.kind} - set("biufc"):
        raise ValueError(f"error_bound: expected numbers, got {a.dtype} and {b.dtype}")
    chosen = planned(a, b, None)
    largest = float(np.abs(a).max(initial=0)) * float(np.abs(b).max(initial=0))
    unit = float(np.finfo(np.result_type(a, b, np.float16)).eps) / 2
    length = a.shape[-1]
    plain = length**2 * unit * largest * (COMPLEX_PLAIN if np.iscomplexobj(a) or np.iscomplexobj(b) else 1.0)
    return Bound(plain * chosen.error_growth, plain)


def run(kernel: Kernel, variant: Variant, a: np.ndarray, b: np.ndarray, out: np.ndarray | None, threads: int):
    """One product of matrices of one type, by a variant. Raises what `Kernel.product` does."""

    def real(x: np.ndarray, y: np.ndarray, to: np.ndarray | None = None) -> np.ndarray:
        if variant == THREE_PRODUCTS:
            return np.matmul(x, y, out=to)
        return kernel.product(x, y, to, levels=variant.levels, fused=variant.fused, threads=threads)

    if a.dtype.kind != "c":
        return real(a, b, out)
    a_real, a_imag, b_real, b_imag = (np.ascontiguousarray(x) for x in (a.real, a.imag, b.real, b.imag))
    c = np.empty((a.shape[0], b.shape[1]), a.dtype) if out is None else out
    first, second = real(a_real, b_real), real(a_imag, b_imag)
    np.subtract(first, second, out=c.real)
    first += second
    a_real += a_imag
    b_real += b_imag
    np.subtract(real(a_real, b_real, second), first, out=c.imag)
    return c


def _is_gram(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether b is a.T, the same elements of the memory: NumPy goes by that, too."""
    return (
        a.ndim == b.ndim == 2
        and a.shape == b.shape[::-1]
        and a.strides == b.strides[::-1]
        and a.ctypes.data == b.ctypes.data
    )


def _middle(length: int) -> int:
    """Rows of the first of two halves, in whole lines of the cache."""
    return length // (2 * dispatch.LINE) * dispatch.LINE


def _gram(kernel: Kernel, x: np.ndarray, out: np.ndarray | None, threads: int, most_growth: float | None):
    """x @ x.T: what lies below the diagonal by products of halves of the rows, of halves of these, and so on.

    NumPy computes the blocks on the diagonal for which no variant is planned; at the end, as its threads spin on.
    """
    c = np.empty((len(x), len(x)), x.dtype) if out is None else out
    halves, plain = [(0, len(x))], []
    while halves:
        start, stop = halves.pop()
        rows = x[start:stop]
        chosen = planned(rows, rows.T, most_growth)
        if chosen.variant is None:
            plain.append((start, stop))
            continue
        middle = start + _middle(stop - start)
        run(kernel, chosen.variant, x[middle:stop], x[start:middle].T, c[middle:stop, start:middle], threads)
        for i, j in itertools.product(range(middle, stop, MIRRORED), range(start, middle, MIRRORED)):
            below, left = slice(i, min(i + MIRRORED, stop)), slice(j, min(j + MIRRORED, middle))
            c[left, below] = c[below, left].T
        halves += [(start, middle), (middle, stop)]
    for start, stop in plain:
        rows = x[start:stop]
        np.matmul(rows, rows.T, out=c[start:stop, start:stop])
    return c


def forget() -> None:
    """Reads what was measured again."""
    _measured.cache_clear()
    _remembered.cache_clear()


def planned(a: np.ndarray, b: np.ndarray, most_growth: float | None) -> Plan:
    if most_growth is not None and not most_growth >= 1:
        raise ValueError(f"max_error_growth: expected a number of at least 1, got {most_growth}")
    dtype = a.dtype
    if dtype != b.dtype or dtype not in REAL or a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        return _PLAIN
    n, m, p = (*a.shape[-2:], b.shape[-1])
    if dispatch.effective_size((n, m, p)) >= LEAST and _is_gram(a, b):
        n, p = n - _middle(n), _middle(n)  # the largest block beside the diagonal
    shape = (n, m, p)
    if dispatch.effective_size(shape) < LEAST:
        return _SMALL
    threads = blas.threads()
    quiet, crowded = (_remembered(shape, dtype, threads, state, most_growth) for state in cache.STATES)
    if threads == 1 or quiet.variant == crowded.variant or not blas.is_crowded():
        return quiet
    return crowded


@functools.lru_cache(1024)
def _remembered(shape: Shape, dtype: np.dtype, threads: int, state: str, most_growth: float | None) -> Plan:
    kernel = library.installed()
    if kernel is None:
        return Plan("plain", library.why_none())
    measured = _measured(dtype, threads)
    if measured is None:
        return Plan("plain", f"not tuned for {dtype} on {threads} threads: fastmm.tune()")
    model = measured[state]
    if not model.anchors:
        return Plan("plain", f"not tuned for {dtype} on {threads} threads that are {state}")
    growth = COMPLEX_FAST / COMPLEX_PLAIN if dtype.kind == "c" else 1.0
    found = dispatch.plan(model, shape, kernel, math.inf if most_growth is None else most_growth / growth)
    return found._replace(error_growth=found.error_growth * growth) if found.variant else found


@functools.cache
def _measured(dtype: np.dtype, threads: int) -> dict[str, Model] | None:
    """By state: the model of what was measured."""
    kernel, found = library.installed(), None
    with contextlib.suppress(OSError):  # no home
        found = cache.read(cache.path(dtype, threads), kernel)
    return found and {state: dispatch.fitted(ratios, kernel) for state, ratios in found.items()}


def _fits(out: np.ndarray | None, a: np.ndarray, b: np.ndarray) -> bool:
    """Whether there is a product that a kernel can write there; otherwise NumPy converts, or says what is wrong."""
    batch: tuple[int, ...] = ()
    if a.ndim > 2 or b.ndim > 2:
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            return False
    return out is None or (
        type(out) is np.ndarray
        and out.dtype == a.dtype
        and out.shape == (*batch, a.shape[-2], b.shape[-1])
        and out.flags.writeable
    )


def _batch(kernel: Kernel, variant: Variant, a: np.ndarray, b: np.ndarray, out: np.ndarray | None, threads: int):
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    c = np.empty((*batch, a.shape[-2], b.shape[-1]), a.dtype) if out is None else out
    a, b = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    for index in np.ndindex(batch):
        run(kernel, variant, a[index], b[index], c[index], threads)
    return c


def _is_finite(c: np.ndarray) -> bool:
    """Whether no operand held NaN or infinity: one of A makes its whole row of C not finite, one of B its column."""
    every = np.logical_and.reduce  # in half the time of `all`
    return bool(every(np.isfinite(c[..., 0]), axis=None) and every(np.isfinite(c[..., 0, :]), axis=None))
