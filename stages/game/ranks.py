"""Rank of stacks of small matrices over a prime field, in JAX: the step limit's charge and the observation use it."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Int


def rank_modulo(matrices: Int[Array, "*batch rows cols"], prime: int) -> Int[Array, "*batch"]:
    """Rank of each matrix modulo `prime` < 2^15.

    Row i clears its first non-zero column from the rows below it; cross-multiplication needs no inverse. What is left
    non-zero counts. No branch and no gather, so the whole batch goes through vector registers.
    """
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
