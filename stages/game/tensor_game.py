"""TensorGame as a pure function on explicit state (AlphaTensor, «Algorithm discovery as a game»).

S_0 is a target, S_{t+1} = S_t - u (x) v (x) w (mod 2 over Z2). Each move costs 1. A game ends when the residual is
zero or the step limit is reached; then an upper bound on the rank of the residual is charged too.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from stages.game.ranks import rank_modulo
from stages.game.rules import Rules

# A word-sized prime for ranks over Z: products of residues stay within int32.
_WORD_PRIME = 32749


class State(NamedTuple):
    """One position.

    Attributes:
      residual: target minus the terms played, in [0, 2) over Z2.
      moves_left: moves until the step limit.
      is_over: residual zero or no move left; further actions change nothing.
      history: the last h actions, newest first; zeros before the first move.
    """

    residual: Int[Array, "*batch s s s"]
    moves_left: Int[Array, "*batch"]
    is_over: Bool[Array, "*batch"]
    history: Int[Array, "*batch h 3 s"]


def start(target: Int[Array, "s s s"], limit: Int[Array, ""], history: int) -> State:
    """The first position of a game of at most `limit` moves, which remembers `history` actions."""
    residual = target.astype(jnp.int32)
    blank = jnp.zeros((history, 3, residual.shape[0]), jnp.int32)
    return State(residual, limit.astype(jnp.int32), jnp.all(residual == 0) | (limit <= 0), blank)


def term(action: Int[Array, "3 s"]) -> Int[Array, "s s s"]:
    """u (x) v (x) w of an action."""
    u, v, w = action.astype(jnp.int32)
    return u[:, None, None] * v[None, :, None] * w[None, None, :]


def step(state: State, action: Int[Array, "3 s"], rules: Rules) -> tuple[State, Float[Array, ""]]:
    """Plays an action.

    Returns:
      The next state and the reward: -1, less `rank_bound` of the residual where the limit ends the game; 0 for a game
      that was over before.
    """
    residual = state.residual - term(action)
    return follow(state, action, residual % 2 if rules.ring == "Z2" else residual, rules)


def follow(
    state: State, action: Int[Array, "3 s"], residual: Int[Array, "s s s"], rules: Rules
) -> tuple[State, Float[Array, ""]]:
    """What `step` returns where `action` leads to `residual`."""
    moves_left = state.moves_left - 1
    is_zero = jnp.all(residual == 0)
    is_over = is_zero | (moves_left <= 0)
    reward = -1.0 - jnp.where(is_over & ~is_zero, rank_bound(residual, rules), 0)
    history = jnp.concatenate([action.astype(jnp.int32)[None], state.history])[: state.history.shape[0]]
    before = state.is_over
    return (
        State(
            jnp.where(before, state.residual, residual),
            jnp.where(before, state.moves_left, moves_left),
            before | is_over,
            jnp.where(before, state.history, history),
        ),
        jnp.where(before, 0.0, reward),
    )


def rank_bound(residual: Int[Array, "s s s"], rules: Rules) -> Float[Array, ""]:
    """The paper's gamma: the sum of the matrix ranks of the slices along the best of the three modes.

    Each slice of rank r is a sum of r rank-one matrices, so this many terms suffice. Over Z ranks are taken modulo a
    prime of 15 bits, which can only miss a rank where a minor is a multiple of it.
    """
    prime = 2 if rules.ring == "Z2" else _WORD_PRIME
    slices = jnp.stack([residual, jnp.moveaxis(residual, 1, 0), jnp.moveaxis(residual, 2, 0)])  # [3, S, S, S]
    return rank_modulo(slices, prime).sum(axis=1).min().astype(jnp.float32)
