"""Ranks in JAX against the exact algebra, for each prime and for rows up to a whole machine word."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.algebra.rings import ranks_modulo
from stages.game.ranks import rank_modulo, rank_modulo_2, rank_modulo_3, ternary, words


@pytest.mark.parametrize("prime", [2, 3, 32749])
def test_rank_modulo_agrees_with_the_exact_algebra(prime):
    rng = np.random.default_rng(0)
    thin = rng.integers(-2, 3, (200, 4, 2)) @ rng.integers(-2, 3, (200, 2, 5))
    full = rng.integers(-2, 3, (200, 4, 5))
    for matrices in (thin, full):
        ranks = jax.jit(rank_modulo, static_argnames="prime")(jnp.asarray(matrices), prime)
        np.testing.assert_array_equal(ranks, ranks_modulo(matrices, prime))


@pytest.mark.parametrize("cols", [4, 9, 32])
def test_ternary_rows_have_the_ranks_of_the_exact_algebra(cols):
    rng = np.random.default_rng(0)
    thin = rng.integers(-2, 3, (100, 6, 3)) @ rng.integers(-2, 3, (100, 3, cols))
    matrices = np.concatenate([thin, rng.integers(-2, 3, (100, 6, cols)), np.zeros((1, 6, cols), int)])
    rows = [ternary(row) for row in jnp.asarray(matrices).swapaxes(0, 1)]
    ranks = np.asarray(jax.jit(rank_modulo_3)(rows))
    np.testing.assert_array_equal(ranks, ranks_modulo(matrices, 3))
    assert {0, 2, 3, min(6, cols)} <= set(ranks)  # thin ones, some of which lose a rank modulo 3


@pytest.mark.parametrize("cols", [5, 16, 32])
def test_rows_as_words_have_the_ranks_of_the_exact_algebra(cols):
    rng = np.random.default_rng(0)
    thin = rng.integers(-2, 3, (100, 6, 3)) @ rng.integers(-2, 3, (100, 3, cols))
    full = rng.integers(-2, 3, (100, 6, cols))
    edge = np.zeros((1, 6, cols), int)
    edge[0, 2:4, -1] = 1  # the highest bit alone, twice: rank 1
    matrices = np.concatenate([thin, full, edge])
    packed = jax.jit(words)(jnp.asarray(matrices) % 2 == 1)
    np.testing.assert_array_equal(packed, matrices % 2 @ 2 ** np.arange(cols))
    ranks = np.asarray(jax.jit(rank_modulo_2)(list(packed.T)))
    np.testing.assert_array_equal(ranks, ranks_modulo(matrices, 2))
    assert ranks[-1] == 1
    assert {2, 3} <= set(ranks[:100])  # thin ones, some of which lose a rank modulo 2
