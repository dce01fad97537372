"""The time model of C kernels: products at the rate of the classical one, sums of blocks at that of what holds them.

Every block is read once per level, every stored sum and every product is written once and every product is read once
(Benson and Ballard 2015, «A framework for practical parallel fast matrix multiplication», streaming additions). A fused
level stores nothing: its packing reads a block per term of an operand, and C is updated once per term and panel (Huang
et al. 2016, «Strassen's algorithm reloaded»).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from stages.algebra.targets import parse_size
from stages.kernels.c.binding import Kernel
from stages.kernels.c.forms import Form

_PANEL = 512  # columns of A that are packed at once (FMM_DEPTH of gemm.c)
_STREAM = 24 * 2**20  # bytes of sums that go around the caches when they are more (FMM_STREAM)
_SIDE = 1024  # of the products that give the rates of operations and of a fused level
_MEMORY, _CACHE = 4096, 1024  # rows and columns of products that are nearly all traffic
_CALLS = 5
_LEAST_S = 1e-6  # no time is shorter, so that noise makes no rate negative


class Rates(NamedTuple):
    """Attributes:
    flops: operations per second of the kernel's own classical product.
    memory: bytes per second of sums of blocks that go around the caches.
    cache: of those that stay in them.
    fused: of what a fused level reads and writes more than the classical product does.
    """

    flops: float
    memory: float
    cache: float
    fused: float


def calibrate(outer: Mapping, inner: Mapping, kernel: Kernel, dtype: np.dtype, threads: int) -> Rates:
    """Measures the rates with a C kernel of the table, some seconds.

    Traffic: one level on an A with as few columns as the scheme has blocks. Its products write their blocks, the last
    sums read these and write C; there is next to nothing to multiply. Fused: what such a product takes longer than its
    block products would.

    Args:
      outer, inner: rows of `tables.KERNELS` of the scheme of the levels and of the fused one.
    """

    def seconds(n: int, m: int, p: int, form: Form) -> float:
        a, b = np.ones((n, m), dtype), np.ones((m, p), dtype)
        return _seconds(lambda: kernel.product(a, b, levels=form.levels, fused=form.fused, threads=threads))

    def traffic(wide: int) -> float:
        size = parse_size(outer["size"])
        words = (outer["products"] + size.n * size.p) * (wide // size.n) * (wide // size.p)
        return words * dtype.itemsize / seconds(wide, size.m, wide, Form(1, False))

    square = (_SIDE, _SIDE, _SIDE)
    flops = 2 * _SIDE**3 / seconds(*square, Form(0, False))
    size = parse_size(inner["size"])
    products = inner["products"] * 2 * _SIDE**3 / (size.n * size.m * size.p) / flops
    more = max(seconds(*square, Form(0, True)) - products, _LEAST_S)
    fused = _fused_words(inner, square) * dtype.itemsize / more
    return Rates(flops, traffic(_MEMORY), traffic(_CACHE), fused)


def _seconds(call: Callable[[], object]) -> float:
    """The median of some calls, after one that is not timed."""
    call()
    samples = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return float(np.median(samples))


def predicted(
    outer: Mapping, inner: Mapping, form: Form, shape: tuple[float | int, ...], dtype: np.dtype, rates: Rates
) -> float:
    """Seconds that a product takes in the model.

    Args:
      outer, inner: rows of `tables.KERNELS` of the scheme of the levels and of the fused one.
      shape: n, m, p of the product; what blocks leave over at the edges is not counted.
    """
    if form == Form(0, False):
        return 2 * float(np.prod([float(side) for side in shape])) / rates.flops
    row = outer if form.levels else inner
    block = tuple(side / blocks for side, blocks in zip(shape, parse_size(row["size"]), strict=True))
    below = Form(form.levels - 1, form.fused) if form.levels else Form(0, False)
    products = row["products"] * predicted(outer, inner, below, block, dtype, rates)
    if not form.levels:
        return products + _fused_words(row, shape) * dtype.itemsize / rates.fused
    n, m, p = block
    stored = (n * m * row["left_sums"] + m * p * row["right_sums"] + n * p * row["products"]) * dtype.itemsize
    read = sum(float(np.prod(sides)) for sides in (shape[:2], shape[1:], shape[::2])) * dtype.itemsize
    return products + (stored + read) / (rates.memory if stored > _STREAM else rates.cache)


def _fused_words(row: Mapping, shape: tuple[float | int, ...]) -> float:
    """Elements that a fused level reads and writes beyond what the classical product does anyway."""
    size = parse_size(row["size"])
    n, m, p = (side / blocks for side, blocks in zip(shape, size, strict=True))
    updates = 2 * -(-m // _PANEL) * n * p * (row["output_terms"] - size.n * size.p)
    left = n * m * (row["left_terms"] - size.n * size.m)
    return left + m * p * (row["right_terms"] - size.m * size.p) + updates
