"""The time model of C kernels: products at the rate of the classical one, sums of blocks at that of what holds them.

In a level in memory A and B are read and C is written once, every stored sum is written and every product read once;
that a product is written is part of making it (Benson and Ballard 2015, «A framework for practical parallel fast matrix
multiplication», streaming additions). A fused level stores nothing: its packing reads a block per term of an operand,
and C is updated once per term and panel (Huang et al. 2016, «Strassen's algorithm reloaded»).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastmm.binding import Kernel
from stages.algebra.targets import parse_size
from stages.backends.c.emitter import KC, NON_TEMPORAL_BYTES
from stages.backends.c.variants import Variant
from stages.contract.rows.kernels import KernelRow
from stages.params.benchmarking import Calibration
from stages.timing import interleave

_CLASSICAL = Variant(0, False)


class Rates(NamedTuple):
    """Attributes:
    flops: operations per second of the kernel's own classical product.
    memory: bytes per second of sums of blocks that are written by non-temporal stores.
    cache: of those that stay in the caches.
    fused: of what a fused level reads and writes more than the classical product does.

    Infinite where a variant takes no longer than its block products do.
    """

    flops: float
    memory: float
    cache: float
    fused: float


def calibrate(
    outer: KernelRow, inner: KernelRow, kernel: Kernel, dtype: np.dtype, threads: int, values: Calibration
) -> Rates:
    """Measures the rates with a C kernel of the table, some seconds.

    Traffic is what a product takes longer than its block products, all interleaved. That of memory is taken on an A
    with as few columns as the scheme has blocks, where there is next to nothing to multiply.

    Args:
      outer, inner: of the scheme of the levels and of the fused one.
    """

    def call(n: int, m: int, p: int, variant: Variant = _CLASSICAL) -> Callable[[], object]:
        a, b, c = np.ones((n, m), dtype), np.ones((m, p), dtype), np.empty((n, p), dtype)
        return lambda: kernel.product(a, b, c, threads=threads, **variant.plan)

    n, m, p = parse_size(outer.size)
    square = tuple(values.side * blocks for blocks in parse_size(inner.size))
    cube = _cube(outer, dtype, values.cache_share)
    flat = (values.memory_side // n * n, m, values.memory_side // p * p)
    calls = {
        "block": call(values.side, values.side, values.side),
        "fused": call(*square, Variant(0, True)),
        "cache block": call(cube[0] // n, cube[1] // m, cube[2] // p),
        "cache": call(*cube, Variant(1, False)),
        "memory block": call(values.memory_side // n, 1, values.memory_side // p),
        "memory": call(*flat, Variant(1, False)),
    }
    seconds = interleave(calls, values.rounds, 0, lambda call: call())
    products = {
        "fused": inner.products * seconds["block"],
        "cache": outer.products * seconds["cache block"],
        "memory": outer.products * seconds["memory block"],
    }
    words = {
        "fused": _fused_words(inner, square),
        "cache": sum(_level_words(outer, cube)),
        "memory": sum(_level_words(outer, flat)),
    }
    rates = {}
    for name in words:
        more = float(np.median(seconds[name] - products[name]))
        rates[name] = words[name] * dtype.itemsize / more if more > 0 else math.inf
    return Rates(flops=2 * values.side**3 / float(np.median(seconds["block"])), **rates)


def _cube(row: KernelRow, dtype: np.dtype, share: float) -> tuple[int, int, int]:
    """About the largest cube whose sums in a level take no more than a share of NON_TEMPORAL_BYTES, in whole blocks."""
    side = math.sqrt(share * NON_TEMPORAL_BYTES / dtype.itemsize / _level_words(row, (1, 1, 1))[0])
    n, m, p = (int(side // blocks) * blocks for blocks in parse_size(row.size))
    return n, m, p


def predicted(
    outer: KernelRow, inner: KernelRow, variant: Variant, shape: tuple[float | int, ...], dtype: np.dtype, rates: Rates
) -> float:
    """Seconds that a product takes in the model.

    Args:
      outer, inner: of the scheme of the levels and of the fused one.
      shape: n, m, p of the product; what blocks leave over at the edges is not counted.
    """
    if variant == _CLASSICAL:
        return 2 * float(np.prod([float(side) for side in shape])) / rates.flops
    row = outer if variant.levels else inner
    block = tuple(side / blocks for side, blocks in zip(shape, parse_size(row.size), strict=True))
    below = Variant(variant.levels - 1, variant.fused) if variant.levels else _CLASSICAL
    products = row.products * predicted(outer, inner, below, block, dtype, rates)
    if not variant.levels:
        return products + _fused_words(row, shape) * dtype.itemsize / rates.fused
    kept, given = _level_words(row, shape)
    rate = rates.memory if kept * dtype.itemsize > NON_TEMPORAL_BYTES else rates.cache
    return products + (kept + given) * dtype.itemsize / rate


def _level_words(row: KernelRow, shape: tuple[float | int, ...]) -> tuple[float, float]:
    """Elements of a level in memory: sums written and products read, whose writing is part of the products; A, B, C."""
    n, m, p = (side / blocks for side, blocks in zip(shape, parse_size(row.size), strict=True))
    kept = n * m * row.left_sums + m * p * row.right_sums + n * p * row.products
    return kept, float(shape[0] * shape[1] + shape[1] * shape[2] + shape[0] * shape[2])


def _fused_words(row: KernelRow, shape: tuple[float | int, ...]) -> float:
    """Elements that a fused level reads and writes beyond what the classical product does anyway."""
    size = parse_size(row.size)
    n, m, p = (side / blocks for side, blocks in zip(shape, size, strict=True))
    updates = 2 * -(-m // KC) * n * p * (row.output_terms - size.n * size.p)
    left = n * m * (row.left_terms - size.n * size.m)
    return left + m * p * (row.right_terms - size.m * size.p) + updates
