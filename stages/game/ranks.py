"""Ranks of stacks of small matrices over prime fields, in JAX: the step limit's charge and the rank features use them.

Modulo 2 and 3 a row is one or two machine words, so a step of elimination is a handful of bit operations on whole
batches. A matrix is a sequence of its rows; each row is an array over the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt


def words(flags: Bool[Array, "*batch cols"]) -> UInt[Array, "*batch"]:
    """Rows of at most 32 flags as words of the narrowest type, entry j in bit j."""
    cols = flags.shape[-1]
    dtype = jnp.uint8 if cols <= 8 else jnp.uint16 if cols <= 16 else jnp.uint32
    return jnp.sum(flags.astype(dtype) << jnp.arange(cols, dtype=dtype), axis=-1, dtype=dtype)


class Ternary(NamedTuple):
    """Rows over F_3 as words.

    Attributes:
      ones, twos: which entries are 1, and which are 2.
    """

    ones: UInt[Array, "*batch"]
    twos: UInt[Array, "*batch"]


def ternary(rows: Int[Array, "*batch cols"]) -> Ternary:
    """Rows of integers modulo 3."""
    return Ternary(words(rows % 3 == 1), words(rows % 3 == 2))


def scale(row: Ternary, is_one: UInt[Array, "*batch"], is_two: UInt[Array, "*batch"]) -> Ternary:
    """`row` times 1 where all bits of `is_one` are set, times 2 where those of `is_two` are, else times 0."""
    return Ternary((row.ones & is_one) | (row.twos & is_two), (row.twos & is_one) | (row.ones & is_two))


def add(a: Ternary, b: Ternary) -> Ternary:
    """a + b modulo 3, entry by entry."""
    differ = (a.ones | b.twos) ^ (a.twos | b.ones)
    return Ternary((a.twos | b.twos) ^ differ, (a.ones | b.ones) ^ differ)


def rank_modulo_2(rows: Sequence[UInt[Array, "*batch"]]) -> Int[Array, "*batch"]:
    """Rank of each matrix whose rows are `words`."""
    left = list(rows)
    rank = jnp.zeros(left[0].shape, jnp.uint8)
    for top, row in enumerate(left):
        lowest = row & -row  # the pivot; 0 in a row of zeros, which then clears nothing
        rank = rank + (row != 0)
        for below in range(top + 1, len(left)):
            left[below] = left[below] ^ jnp.where(left[below] & lowest, row, 0)
    return rank.astype(jnp.int32)


def rank_modulo_3(rows: Sequence[Ternary]) -> Int[Array, "*batch"]:
    """Rank of each matrix whose rows are `ternary`."""
    left = list(rows)
    rank = jnp.zeros(left[0].ones.shape, jnp.uint8)
    every = ~jnp.zeros((), left[0].ones.dtype)
    for top, row in enumerate(left):
        is_set = row.ones | row.twos
        lowest = is_set & -is_set
        rank = rank + (is_set != 0)
        for below in range(top + 1, len(left)):
            other = left[below]
            equal = ((row.ones & other.ones) | (row.twos & other.twos)) & lowest
            opposite = ((row.ones & other.twos) | (row.twos & other.ones)) & lowest
            multiple = scale(row, jnp.where(opposite, every, 0), jnp.where(equal, every, 0))
            left[below] = add(other, multiple)
    return rank.astype(jnp.int32)


def rank_modulo(matrices: Int[Array, "*batch rows cols"], prime: int) -> Int[Array, "*batch"]:
    """Rank of each matrix modulo `prime` < 2^15.

    Row i clears its first non-zero column from the rows below it; cross-multiplication needs no inverse. What is left
    non-zero counts. No branch and no gather, so the whole batch goes through vector registers.
    """
    if prime == 2:
        return rank_modulo_2(list(jnp.moveaxis(words(matrices & 1 == 1), -1, 0)))
    rows = [row % prime for row in jnp.moveaxis(matrices.astype(jnp.int32), -2, 0)]  # each [*batch, cols]
    rank = jnp.zeros(matrices.shape[:-2], jnp.int32)
    for top in range(len(rows)):
        row = rows[top]
        is_set = row != 0
        # The first non-zero entry: nothing is set before it.
        is_first = is_set & (jnp.cumsum(is_set, axis=-1) == 1)
        is_live = is_set.any(axis=-1)
        rank = rank + is_live
        pivot = jnp.where(is_live, jnp.sum(jnp.where(is_first, row, 0), axis=-1), 1)[..., None]
        for below in range(top + 1, len(rows)):
            entry = jnp.sum(jnp.where(is_first, rows[below], 0), axis=-1, keepdims=True)
            rows[below] = (rows[below] * pivot - row * entry) % prime
    return rank
