"""Signed permutations of the slices of each mode (AlphaTensor, Methods, «Data augmentation»).

TensorGame is the same game after a permutation of each axis, over Z with signs too. Planning shows the network permuted
states, learning permuted positions.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from stages.game.rules import Rules
from stages.game.tensor_game import State
from stages.game.tokens import canonical


def draw_signed_permutation(key: PRNGKeyArray, rules: Rules) -> Int[Array, "3 s s"]:
    """A uniform signed permutation matrix for each mode; without signs over Z2, where they say nothing."""
    order_key, sign_key = jax.random.split(key)
    orders = jax.vmap(lambda key: jax.random.permutation(key, rules.length))(jax.random.split(order_key, 3))
    signs = jax.random.rademacher(sign_key, (3, rules.length, 1), jnp.int32) if rules.ring == "Z" else 1
    return jax.nn.one_hot(orders, rules.length, dtype=jnp.int32) * signs


def permute_actions(permutation: Int[Array, "3 s s"], actions: Int[Array, "some 3 s"]) -> Int[Array, "some 3 s"]:
    """The actions through the matrices of their modes, as canonical as actions are spelled."""
    return jax.vmap(canonical)(jnp.einsum("mts,ams->amt", permutation, actions))


def permute_state(permutation: Int[Array, "3 s s"], state: State) -> State:
    """The position through the matrices of the three modes."""
    residual = jnp.einsum("ai,bj,ck,ijk->abc", *permutation, state.residual)
    return state._replace(residual=residual, history=permute_actions(permutation, state.history))
