"""The value head: quantiles of the return to go (AlphaTensor, Methods, «Value head»)."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray


class ValueHead(eqx.Module):
    """Quantiles at the levels 1/2q, 3/2q, ..., (2q-1)/2q, in units of one move."""

    hidden: eqx.nn.Linear
    quantiles: eqx.nn.Linear

    def __init__(self, width: int, num_quantiles: int, *, key: PRNGKeyArray) -> None:
        hidden_key, quantiles_key = jax.random.split(key)
        self.hidden = eqx.nn.Linear(width, width, key=hidden_key)
        self.quantiles = eqx.nn.Linear(width, num_quantiles, key=quantiles_key)

    def __call__(self, embedding: Float[Array, " width"]) -> Float[Array, " quantiles"]:
        return self.quantiles(jax.nn.relu(self.hidden(embedding)))


def levels(num_quantiles: int) -> Float[np.ndarray, " quantiles"]:
    """The levels tau of the head's outputs."""
    return ((2 * np.arange(num_quantiles) + 1) / (2 * num_quantiles)).astype(np.float32)


def risk_seeking(quantiles: Float[Array, " quantiles"], risk: float) -> Float[Array, ""]:
    """Mean of the quantiles at levels above 1 - risk (the paper: above 75 %); of the highest where none is."""
    tau = levels(quantiles.shape[0])
    upper = tau >= min(1 - risk, tau[-1])
    return jnp.mean(quantiles[np.flatnonzero(upper)])
