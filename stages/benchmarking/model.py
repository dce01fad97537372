"""The time model of C kernels: products at the rate of the classical one, sums of blocks at that of memory.

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
_SIDE = 1024  # of the product that gives the rate of operations
_WIDE = 4096  # rows and columns of the product that is nearly all traffic
_CALLS = 5


class Rates(NamedTuple):
    """Attributes:
    flops: operations per second of the kernel's own classical product.
    bytes: per second, of sums of blocks in memory.
    """

    flops: float
    bytes: float


def calibrate(row: Mapping, kernel: Kernel, dtype: np.dtype, threads: int) -> Rates:
    """Measures both rates with a C kernel of the table, about a second.

    Traffic: one level on an A with as few columns as the scheme has blocks. Its products write their blocks, the last
    sums read these and write C; there is next to nothing to multiply.
    """
    size = parse_size(row["size"])
    blocks = size.n * size.p
    square, tall, wide = ((_SIDE, _SIDE), (_WIDE, size.m), (size.m, _WIDE))
    a, b, x, y = (np.ones(shape, dtype) for shape in (square, square, tall, wide))
    words = (2 * row["rank"] + blocks) * (_WIDE // size.n) * (_WIDE // size.p)
    return Rates(
        2 * _SIDE**3 / _seconds(lambda: kernel.product(a, b, threads=threads)),
        words * dtype.itemsize / _seconds(lambda: kernel.product(x, y, levels=1, threads=threads)),
    )


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
    size = parse_size(row["size"])
    n, m, p = (side / blocks for side, blocks in zip(shape, size, strict=True))  # of a block
    if form.levels:
        left = n * m * (size.n * size.m + row["left_sums"])
        right = m * p * (size.m * size.p + row["right_sums"])
        words = left + right + n * p * (row["products"] + size.n * size.p)
        below = Form(form.levels - 1, form.fused)
    else:  # beyond what the classical product reads and writes anyway
        updates = 2 * -(-m // _PANEL) * n * p * (row["output_terms"] - size.n * size.p)
        left = n * m * (row["left_terms"] - size.n * size.m)
        words = left + m * p * (row["right_terms"] - size.m * size.p) + updates
        below = Form(0, False)
    one = predicted(outer, inner, below, (n, m, p), dtype, rates)
    return row["products"] * one + words * dtype.itemsize / rates.bytes
