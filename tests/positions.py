"""Positions that tests share."""

import jax.numpy as jnp
import numpy as np

from stages.game.tensor_game import State

BATCH, LENGTH, HISTORY = 40, 3, 2


def draw_states(rules, rng):
    lowest = rules.coefficients[0]
    residual = rng.integers(3 * lowest, 3 * rules.coefficients[-1] + 1, (BATCH, LENGTH, LENGTH, LENGTH))
    history = rng.choice(np.array(rules.coefficients), (BATCH, HISTORY, 3, LENGTH))
    residual = residual % 2 if rules.ring == "Z2" else residual
    return State(
        jnp.asarray(residual, jnp.int32),
        jnp.arange(BATCH, dtype=jnp.int32) % 3 + 1,
        jnp.zeros(BATCH, bool),
        jnp.asarray(history, jnp.int32),
    )


def terms_of(factors):
    """The rank-one tensors of factors, which do not depend on how signs are spread over u, v and w."""
    return np.einsum("...i,...j,...k->...ijk", *np.moveaxis(np.asarray(factors), -2, 0))
