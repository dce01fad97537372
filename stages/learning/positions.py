"""Positions to learn from, and how a list of rank-one terms becomes one."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from stages.game.rules import Rules
from stages.game.signed_permutations import permute_actions, permute_state
from stages.game.tensor_game import State


class Position(NamedTuple):
    """One thing to learn.

    Attributes:
      state: where the action was taken.
      action: what the policy should play there.
      value: the return to go that followed, in moves (negative).
      is_solution: whether the action is an example; where not, only the value is learnt.
    """

    state: State
    action: Int[Array, "*batch 3 s"]
    value: Float[Array, "*batch"]
    is_solution: Bool[Array, "*batch"]


class Terms(NamedTuple):
    """Factorisations: demonstrations and solved games alike.

    Attributes:
      terms: rank-one terms; those from `rank` on are zero.
      rank: number of terms, at least 1.
    """

    terms: Int[Array, "*batch max_rank 3 s"]
    rank: Int[Array, "*batch"]


def draw_position(given: Terms, key: PRNGKeyArray, rules: Rules, history: int) -> Position:
    """A random position of a random order of the terms: actions commute, so every order is a game (Methods, «Swap»).

    k of the terms are left, k uniform in 1..rank; one of them is the action, and the return to go is -k. The others
    have been played; the last `history` of them are remembered. The moves left are uniform in k..max_rank, so that the
    value does not depend on a step limit that was no obstacle. The key is consumed.
    """
    order_key, left_key, limit_key = jax.random.split(key, 3)
    terms, left, remaining = _draw_remaining(given, order_key, left_key)
    residual = jnp.einsum("ri,rj,rk->ijk", remaining[:, 0], remaining[:, 1], remaining[:, 2])
    if rules.ring == "Z2":
        residual = residual % 2
    moves_left = jax.random.randint(limit_key, (), left, rules.max_rank + 1)
    # The played terms stand behind those that are left; the newest of them first.
    played = jnp.roll(terms, -left, axis=0)[:history]
    played = jnp.where((jnp.arange(len(played)) < given.rank - left)[:, None, None], played, 0)
    played = jnp.concatenate([played, jnp.zeros((history - len(played), *terms.shape[1:]), jnp.int32)])
    return Position(
        State(residual, moves_left, jnp.array(False), played),
        terms[0],
        -left.astype(jnp.float32),
        jnp.array(True),
    )


def draw_residuals(
    given: Terms, key: PRNGKeyArray, moves: int
) -> tuple[Int[Array, "moves 3 s"], Int[Array, "moves+1 s s s"]]:
    """Moves in a row of a game over Z2 from a random position on, and the residuals before and after each.

    Where the game ends before, the last moves are zero and change nothing. The key is consumed.
    """
    _, _, remaining = _draw_remaining(given, *jax.random.split(key))
    remaining = jnp.concatenate([remaining, jnp.zeros((moves, *remaining.shape[1:]), jnp.int32)])
    is_left = jnp.arange(len(remaining)) >= jnp.arange(moves + 1)[:, None]
    residuals = jnp.einsum("tr,ri,rj,rk->tijk", is_left.astype(jnp.int32), *jnp.moveaxis(remaining, 1, 0))
    return remaining[:moves], residuals % 2


def _draw_remaining(given: Terms, order_key: PRNGKeyArray, left_key: PRNGKeyArray) -> tuple[Array, Array, Array]:
    """The terms in a random order, how many are left (1..rank), and these alone: the others are zero."""
    max_rank = given.terms.shape[0]
    is_term = jnp.arange(max_rank) < given.rank
    order = jnp.argsort(jnp.where(is_term, jax.random.uniform(order_key, (max_rank,)), 2.0))
    terms = given.terms.astype(jnp.int32)[order]
    left = jax.random.randint(left_key, (), 1, given.rank + 1)
    return terms, left, jnp.where((jnp.arange(max_rank) < left)[:, None, None], terms, 0)


def permute_position(permutation: Int[Array, "3 s s"], position: Position) -> Position:
    """What is seen and what is learnt, through the matrices of the three modes."""
    state, (action,) = permute_state(permutation, position.state), permute_actions(permutation, position.action[None])
    return position._replace(state=state, action=action)
