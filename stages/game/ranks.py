"""Rank of stacks of small matrices over a prime field, in JAX: the step limit's charge and the observation use it.

Modulo 2 a row is one machine word, so a step of elimination is a handful of bit operations on whole batches.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Int, UInt32


def words(rows: Int[Array, "*batch cols"]) -> UInt32[Array, "*batch"]:
    """Rows modulo 2 as words, entry j in bit j; at most 32 entries."""
    bits = (rows & 1).astype(jnp.uint32)
    return jnp.sum(bits << jnp.arange(rows.shape[-1], dtype=jnp.uint32), axis=-1, dtype=jnp.uint32)


def rank_of_words(rows: UInt32[Array, "*batch rows"]) -> Int[Array, "*batch"]:
    """Rank modulo 2 of each matrix whose rows are `words`."""
    left = list(jnp.moveaxis(rows, -1, 0))
    rank = jnp.zeros(rows.shape[:-1], jnp.int32)
    for top in range(len(left)):
        row = left[top]
        lowest = row & -row  # the pivot; 0 in a row of zeros, which then clears nothing
        rank = rank + (row != 0)
        for below in range(top + 1, len(left)):
            left[below] = left[below] ^ jnp.where(left[below] & lowest, row, 0)
    return rank


def rank_modulo(matrices: Int[Array, "*batch rows cols"], prime: int) -> Int[Array, "*batch"]:
    """Rank of each matrix modulo `prime` < 2^15.

    Row i clears its first non-zero column from the rows below it; cross-multiplication needs no inverse. What is left
    non-zero counts. No branch and no gather, so the whole batch goes through vector registers.
    """
    if prime == 2:
        return rank_of_words(words(matrices))
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
