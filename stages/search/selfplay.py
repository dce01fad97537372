"""One batch of games, from start positions to solved factorisations and positions to learn from."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from stages.game.tensor_game import State, start, step
from stages.learning.devices import gather, spread
from stages.learning.positions import Position, Terms
from stages.network.agent import AgentNetwork
from stages.planning.plan import Plan, Planner


class Games(NamedTuple):
    """A finished batch; time is the second axis, L = the rules' max_rank moves.

    Attributes:
      states: before each move; those after the end of the longest game are zero and over.
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


class _Record(NamedTuple):
    """What is kept of one move; the fields of `Games`."""

    states: State
    played: Array
    improved: Array
    rewards: Array


@partial(jax.jit, static_argnames=("planner",))
def play(
    network: AgentNetwork,
    targets: Int[Array, "batch s s s"],
    limits: Int[Array, " batch"],
    key: PRNGKeyArray,
    planner: Planner,
) -> Games:
    """Plays one game per target in one compiled loop that ends with the longest game. The key is consumed."""
    rules = network.rules
    targets, limits = spread((targets, limits))
    keys = jax.random.split(key, rules.max_rank)

    def move(states: State, key: PRNGKeyArray) -> tuple[State, _Record]:
        plan_key, draw_key = jax.random.split(key)
        plan = planner(network, states, plan_key)
        played, improved = pick(plan.actions, plan.choice), draw_improved(plan, draw_key)
        following, rewards = jax.vmap(partial(step, rules=rules))(states, played)
        return following, _Record(states, played, improved, rewards)

    def is_open(carry: tuple[Array, State, _Record]) -> Bool[Array, ""]:
        return (carry[0] < rules.max_rank) & ~jnp.all(carry[1].is_over)

    def advance(carry: tuple[Array, State, _Record]) -> tuple[Array, State, _Record]:
        time, states, records = carry
        following, record = move(states, keys[time])
        return time + 1, following, jax.tree.map(lambda kept, new: kept.at[time].set(new), records, record)

    first = jax.vmap(partial(start, history=network.history))(targets, limits)
    like = jax.eval_shape(move, first, keys[0])[1]
    blank = jax.tree.map(lambda leaf: jnp.zeros((rules.max_rank, *leaf.shape), leaf.dtype), like)
    blank = blank._replace(states=blank.states._replace(is_over=jnp.ones_like(blank.states.is_over)))
    _, last, records = jax.lax.while_loop(is_open, advance, (jnp.int32(0), first, blank))
    by_game = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), records)
    return gather(Games(*by_game, is_solved=jnp.all(last.residual == 0, axis=(1, 2, 3))))


def pick(actions: Int[Array, "batch candidates 3 s"], index: Int[Array, " batch"]) -> Int[Array, "batch 3 s"]:
    """One candidate of each state."""
    return jax.vmap(lambda actions, index: actions[index])(actions, index)


def draw_improved(plan: Plan, key: PRNGKeyArray) -> Int[Array, "batch 3 s"]:
    """A draw from the improved policy of each state: an unbiased sample of the policy's target. The key is consumed."""
    keys = jax.random.split(key, len(plan.choice))
    drawn = jax.vmap(lambda key, weights: jax.random.categorical(key, jnp.log(weights)))(keys, plan.action_weights)
    return pick(plan.actions, drawn)


@partial(jax.jit, static_argnames=("planner",))
def reanalyse(network: AgentNetwork, positions: Position, key: PRNGKeyArray, planner: Planner) -> Position:
    """Searches stored states again with the newest network (MuZero Unplugged) for a fresh draw of the improved policy.

    The value stays the return that was obtained, as in the paper: a search's own estimate would feed on itself. The key
    is consumed.
    """
    plan_key, draw_key = jax.random.split(key)
    positions = spread(positions)
    wide = jax.tree.map(lambda part: part if part.dtype == bool else part.astype(jnp.int32), positions.state)
    plan = planner(network, wide, plan_key)  # mctx keeps the types of the first states, so not the replay's
    return gather(positions._replace(action=draw_improved(plan, draw_key)))


def solved_terms(games: Games) -> tuple[np.ndarray, Terms]:
    """Indices of the solved games and their factorisations (in the basis they were played in)."""
    solved = np.flatnonzero(np.asarray(games.is_solved))
    was_over = np.asarray(games.states.is_over)[solved]
    terms = np.where(was_over[:, :, None, None], 0, np.asarray(games.played)[solved]).astype(np.int8)
    return solved, Terms(terms, (~was_over).sum(axis=1).astype(np.int32))


def learnable_positions(games: Games, rng: np.random.Generator, learn_failed: bool) -> Position:
    """Every position of every game that was still open, with the return to go that the game really had.

    From each solved game one position more, with a random action and the last one swapped (AlphaTensor, Methods,
    «Data augmentation»): actions commute, so where the one was played the other would have done as well.
    """
    is_open = ~np.asarray(games.states.is_over)  # [games, moves]
    states = jax.tree.map(np.asarray, games.states)
    improved, played = np.asarray(games.improved), np.asarray(games.played)
    returns = np.cumsum(np.asarray(games.rewards)[:, ::-1], axis=1)[:, ::-1]  # to go: this reward and all later ones
    game, move = np.nonzero(is_open)
    length = is_open.sum(axis=1)
    long = np.flatnonzero(np.asarray(games.is_solved) & (length >= 2))
    swapped = rng.integers(length[long] - 1)
    rows = np.concatenate([game, long]), np.concatenate([move, swapped])
    action = np.concatenate([improved[game, move], played[long, length[long] - 1]])
    is_solution = np.asarray(games.is_solved)[rows[0]] | learn_failed
    return Position(State(*(field[rows] for field in states)), action, returns[rows].astype(np.float32), is_solution)
