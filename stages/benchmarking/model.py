"""The time model of C kernels: products at the rate of the classical one, sums of blocks at that of what holds them.

Every block is read once per level, every stored sum and every product is written once and every product is read once
(Benson and Ballard 2015, «A framework for practical parallel fast matrix multiplication», streaming additions). A fused
level stores nothing: its packing reads a block per term of an operand, and C is updated once per term and panel (Huang
et al. 2016, «Strassen's algorithm reloaded»).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from stages.algebra.targets import parse_size
from stages.kernels.c.binding import Kernel
from stages.kernels.c.forms import Form
from stages.timing import interleave

_PANEL = 512  # columns of A that are packed at once (FMM_DEPTH of gemm.c)
_STREAM = 24 * 2**20  # bytes of sums that go around the caches when they are more (FMM_STREAM)
_SIDE = 512  # of the product that gives the rate of operations; those of a fused level are as large
_MEMORY, _CACHE = 4096, 768  # rows and columns of products that are nearly all traffic
_ROUNDS = 9
_CLASSICAL = Form(0, False)


class Rates(NamedTuple):
    """Attributes:
    flops: operations per second of the kernel's own classical product.
    memory: bytes per second of sums of blocks that go around the caches.
    cache: of those that stay in them.
    fused: of what a fused level reads and writes more than the classical product does.

    Infinite where a form takes no longer than its block products do.
    """

    flops: float
    memory: float
    cache: float
    fused: float


def calibrate(outer: Mapping, inner: Mapping, kernel: Kernel, dtype: np.dtype, threads: int) -> Rates:
    """Measures the rates with a C kernel of the table, some seconds.

    Traffic is what a product takes longer than its block products, interleaved with them. Of a level: on an A with as
    few columns as the scheme has blocks, where there is next to nothing to multiply; the last sums read all products
    and write C.

    Args:
      outer, inner: rows of `tables.KERNELS` of the scheme of the levels and of the fused one.
    """

    def call(n: int, m: int, p: int, form: Form = _CLASSICAL) -> Callable[[], object]:
        a, b, c = np.ones((n, m), dtype), np.ones((m, p), dtype), np.empty((n, p), dtype)
        return lambda: kernel.product(a, b, c, levels=form.levels, fused=form.fused, threads=threads)

    n, m, p = parse_size(outer["size"])
    square = tuple(_SIDE * blocks for blocks in parse_size(inner["size"]))
    calls = {"block": call(_SIDE, _SIDE, _SIDE), "fused": call(*square, Form(0, True))}
    for wide in (_MEMORY, _CACHE):
        calls |= {f"{wide} block": call(wide // n, 1, wide // p), f"{wide}": call(wide, m, wide, Form(1, False))}
    seconds = interleave(calls, _ROUNDS, 0, lambda call: call())

    def rate(words: float, form: str, products: int, block: str) -> float:
        more = float(np.median(seconds[form] - products * seconds[block]))
        return words * dtype.itemsize / more if more > 0 else math.inf

    memory, cache = (
        rate((outer["products"] + n * p) * (wide // n) * (wide // p), f"{wide}", outer["products"], f"{wide} block")
        for wide in (_MEMORY, _CACHE)
    )
    fused = rate(_fused_words(inner, square), "fused", inner["products"], "block")
    return Rates(2 * _SIDE**3 / float(np.median(seconds["block"])), memory, cache, fused)


def predicted(
    outer: Mapping, inner: Mapping, form: Form, shape: tuple[float | int, ...], dtype: np.dtype, rates: Rates
) -> float:
    """Seconds that a product takes in the model.

    Args:
      outer, inner: rows of `tables.KERNELS` of the scheme of the levels and of the fused one.
      shape: n, m, p of the product; what blocks leave over at the edges is not counted.
    """
    if form == _CLASSICAL:
        return 2 * float(np.prod([float(side) for side in shape])) / rates.flops
    row = outer if form.levels else inner
    block = tuple(side / blocks for side, blocks in zip(shape, parse_size(row["size"]), strict=True))
    below = Form(form.levels - 1, form.fused) if form.levels else _CLASSICAL
    products = row["products"] * predicted(outer, inner, below, block, dtype, rates)
    if not form.levels:
        return products + _fused_words(row, shape) * dtype.itemsize / rates.fused
    n, m, p = block
    sums = n * m * row["left_sums"] + m * p * row["right_sums"]
    results = n * p * row["products"]  # writing them is part of the products
    blocks = sum(float(np.prod(sides)) for sides in (shape[:2], shape[1:], shape[::2]))  # A, B read, C written
    kept_bytes = (sums + results) * dtype.itemsize
    rate = rates.memory if kept_bytes > _STREAM else rates.cache
    return products + (sums + results + blocks) * dtype.itemsize / rate


def _fused_words(row: Mapping, shape: tuple[float | int, ...]) -> float:
    """Elements that a fused level reads and writes beyond what the classical product does anyway."""
    size = parse_size(row["size"])
    n, m, p = (side / blocks for side, blocks in zip(shape, size, strict=True))
    updates = 2 * -(-m // _PANEL) * n * p * (row["output_terms"] - size.n * size.p)
    left = n * m * (row["left_terms"] - size.n * size.m)
    return left + m * p * (row["right_terms"] - size.m * size.p) + updates
