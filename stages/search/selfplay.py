"""One batch of games, from start positions to solved factorisations and positions to learn from."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from stages.game.tensor_game import State, start, step
from stages.learning.positions import Position, Terms
from stages.network.agent import AgentNetwork
from stages.planning.plan import Planner


class Games(NamedTuple):
    """A finished batch; time is the second axis, L = the rules' max_rank moves.

    Attributes:
      states: before each move.
      played: the move that was made.
      improved: a draw from the improved policy, for the policy to learn.
      rewards: of each move, 0 after the end.
      is_solved: whether the residual ended at zero.
    """

    states: State
    played: Int[Array, "batch moves 3 s"]
    improved: Int[Array, "batch moves 3 s"]
    rewards: Float[Array, "batch moves"]
    is_solved: Bool[Array, " batch"]


@partial(jax.jit, static_argnames=("planner",))
def play(
    network: AgentNetwork,
    targets: Int[Array, "batch s s s"],
    limits: Int[Array, " batch"],
    key: PRNGKeyArray,
    planner: Planner,
) -> Games:
    """Plays one game per target, all moves in one compiled loop. The key is consumed."""
    rules = network.rules

    def move(states: State, key: PRNGKeyArray) -> tuple[State, tuple]:
        plan_key, draw_key = jax.random.split(key)
        plan = planner(network, states, plan_key)
        pick = jax.vmap(lambda actions, index: actions[index])
        played = pick(plan.actions, plan.choice)
        keys = jax.random.split(draw_key, len(limits))
        drawn = jax.vmap(lambda key, weights: jax.random.categorical(key, jnp.log(weights)))(keys, plan.action_weights)
        improved = pick(plan.actions, drawn)
        following, rewards = jax.vmap(partial(step, rules=rules))(states, played)
        return following, (states, played, improved, rewards)

    first = jax.vmap(start)(targets, limits)
    last, steps = jax.lax.scan(move, first, jax.random.split(key, rules.max_rank))
    by_game = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), steps)
    return Games(*by_game, is_solved=jnp.all(last.residual == 0, axis=(1, 2, 3)))


def solved_terms(games: Games) -> tuple[np.ndarray, Terms]:
    """Indices of the solved games and their factorisations (in the basis they were played in)."""
    solved = np.flatnonzero(np.asarray(games.is_solved))
    was_over = np.asarray(games.states.is_over)[solved]
    terms = np.where(was_over[:, :, None, None], 0, np.asarray(games.played)[solved]).astype(np.int8)
    return solved, Terms(terms, (~was_over).sum(axis=1).astype(np.int32))


def learnable_positions(games: Games) -> Position:
    """Every position of every game that was still open, with the return to go that the game really had."""
    is_open = ~np.asarray(games.states.is_over)
    returns = np.cumsum(np.asarray(games.rewards)[:, ::-1], axis=1)[:, ::-1]  # to go: this reward and all later ones
    state = State(*(np.asarray(field)[is_open] for field in games.states))
    return Position(state, np.asarray(games.improved)[is_open], returns[is_open].astype(np.float32))
