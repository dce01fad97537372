"""A learned model's rule of one cell of the residual (MuZero; the latent here is the tensor itself)."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray


class CellDynamics(eqx.Module):
    """One small network for all S³ cells over Z2: from cell T_ijk and u_i, v_j, w_k to the logit of a one after it.

    That cells do not touch each other, and that all follow one rule, is built in. The rule is learnt.
    """

    hidden: eqx.nn.Linear
    logit: eqx.nn.Linear
    unroll: int = eqx.field(static=True)  # moves in a row that its loss foresees

    def __init__(self, width: int, unroll: int, *, key: PRNGKeyArray) -> None:
        self.unroll = unroll
        hidden_key, logit_key = jax.random.split(key)
        self.hidden = eqx.nn.Linear(4, width, key=hidden_key)
        self.logit = eqx.nn.Linear(width, "scalar", key=logit_key)

    def __call__(self, cells: Float[Array, "s s s"], action: Int[Array, "3 s"]) -> Float[Array, "s s s"]:
        """Logits of the cells after `action`; between two steps of an unrolled loss `cells` are probabilities."""
        u, v, w = (factor.astype(jnp.float32) for factor in action)
        grid = jnp.broadcast_arrays(cells, u[:, None, None], v[None, :, None], w[None, None, :])
        seen = jnp.stack(grid, axis=-1) * 2 - 1  # centred: [s, s, s, 4]
        hidden = jax.nn.relu(seen @ self.hidden.weight.T + self.hidden.bias)
        return hidden @ self.logit.weight[0] + self.logit.bias[0]

    def predict(self, residual: Int[Array, "s s s"], action: Int[Array, "3 s"]) -> Int[Array, "s s s"]:
        """The likelier value of each cell."""
        return (self(residual.astype(jnp.float32), action) > 0).astype(jnp.int32)
