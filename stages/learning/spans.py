"""Learning in spans: positions from lists of terms, their features, the train step for each number of dimensions."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import PRNGKeyArray

from stages.game import spans
from stages.game.contractions import PAIR_FEATURES, POINT_FEATURES
from stages.game.layout import BLOCK, Layout, count_blocks, lay_out
from stages.game.moves import sum_moves
from stages.game.support import MOST_DIMENSIONS, compress_all, coordinates, pack_factors, restore
from stages.learning.losses import quantile_huber
from stages.learning.positions import Terms
from stages.learning.train import Losses, TrainState
from stages.network.spans import SpansNetwork

PER_STEP = 256  # positions from which the batch of a step is drawn
NO_VECTOR = np.uint16(0xFFFF)  # in no span: of such an action only the value is learnt


class Positions(NamedTuple):
    """Things to learn; rows as in `learning.positions.Position`, packed.

    Attributes:
      residuals: [positions, 9, 9] words, none of them zero where they are learnt.
      actions: [positions, 3] vectors.
      values: return to go, in units of rank.
    """

    residuals: np.ndarray
    actions: np.ndarray
    values: np.ndarray


def no_positions() -> Positions:
    """None."""
    size = MOST_DIMENSIONS
    return Positions(np.zeros((0, size, size), np.uint16), np.zeros((0, 3), np.uint16), np.zeros(0, np.float32))


def draw_positions(given: Terms, is_cyclic: bool, rng: np.random.Generator) -> Positions:
    """A random position of a random order of each list of moves (learning.positions.draw_position), less the solved."""
    count, most = given.terms.shape[:2]
    moves, rank = pack_factors(given.terms), given.rank.astype(np.int64)
    order = np.argsort(np.where(np.arange(most) < rank[:, None], rng.random((count, most)), 2.0), axis=1)
    moves = np.take_along_axis(moves, order[..., None], axis=1)
    residuals, costs = sum_moves(moves, rng.integers(1, rank + 1), is_cyclic)
    actions = moves[:, 0]
    if is_cyclic:  # each rotation is the same move
        turn = (np.arange(3) + rng.integers(3, size=(count, 1))) % 3
        actions = np.take_along_axis(actions, turn, axis=1)
    is_open = residuals.any(axis=(1, 2))
    return Positions(residuals[is_open], actions[is_open], -costs[is_open].astype(np.float32))


def positions_of_games(
    starts: np.ndarray, moves: np.ndarray, made: np.ndarray, counts: np.ndarray, bounds: np.ndarray, is_cyclic: bool
) -> Positions:
    """One state of each game as it was played; over Z one may be zero modulo 2.

    The return of a game that is not solved counts a bound of the rank of what it left (AlphaTensor, «Methods»), and its
    moves are no example. So the value learns which states only look good.

    Args:
      starts: [games, 9, 9] words.
      moves: [games, most, 3] vectors.
      made: [games], how many moves led to the state.
      counts: [games], how many moves were made in all.
      bounds: [games], of the ranks of what was left; 0 where the game was solved.
    """
    _, costs = sum_moves(moves, counts, is_cyclic)
    played, spent = sum_moves(moves, made, is_cyclic)
    actions = moves[np.arange(len(moves)), np.minimum(made, moves.shape[1] - 1)].astype(np.uint16)
    actions[bounds > 0] = NO_VECTOR
    return Positions(starts ^ played, actions, (spent - costs - bounds).astype(np.float32))


class Seen(NamedTuple):
    """A batch as the network takes it."""

    layout: Layout
    wholes: np.ndarray
    points: np.ndarray
    pairs: np.ndarray  # of u for v
    pairs_third: np.ndarray  # of u, then of v, for w
    actions: np.ndarray  # in coordinates of the spans
    values: np.ndarray
    is_inside: np.ndarray  # whether the action's vectors lie in the spans; if not, only the value is learnt


def see(positions: Positions, is_cyclic: bool, blocks: int) -> Seen:
    """Features of positions that fill so many blocks.

    Raises:
      ValueError: they do not; the gradient of `network.spans` would be wrong in blocks that are left over.
    """
    count, (modes, sides) = len(positions.values), (1, 2) if is_cyclic else (3, 1)
    dims, bases = compress_all(positions.residuals)
    if (filled := int(count_blocks(dims).sum())) != blocks:
        raise ValueError(f"expected positions that fill {blocks} blocks, got {filled}")
    layout = lay_out(dims, blocks)
    wholes = np.zeros((blocks, modes * spans.MODE_FEATURES), np.float32)
    spans.see_wholes(positions.residuals, is_cyclic, wholes)
    inside = coordinates(positions.actions[:, None], bases)
    is_inside = (restore(inside, bases) == positions.actions[:, None]).all(axis=(1, 2))
    inside = np.where(is_inside[:, None], inside[:, 0], 1)
    points, second, third = (
        np.zeros((*shape, features), np.float32)
        for shape, features in (
            ((modes, blocks * BLOCK), POINT_FEATURES),
            ((blocks * BLOCK,), sides * PAIR_FEATURES),
            ((blocks * BLOCK,), 2 * sides * PAIR_FEATURES),
        )
    )
    spans.see_choices(positions.residuals, is_cyclic, inside, layout.first, points, second, third)

    def padded(given, kind):
        rows = np.zeros((blocks, *given.shape[1:]), kind)
        rows[:count] = given
        return rows

    actions, values = padded(inside, np.int32), padded(positions.values, np.float32)
    return Seen(layout, wholes, points, second, third, actions, values, padded(is_inside, bool))


def _loss(network: SpansNetwork, seen: Seen):
    layout = seen.layout
    trunk = network.embed(seen.wholes)
    is_state = layout.dims[:, 0] > 0
    value = jax.vmap(quantile_huber)(network.quantiles(trunk), seen.values)
    points = network.embed_points(trunk, seen.points, layout)
    u, v, w = (seen.actions[:, mode] for mode in range(3))
    first = network.choose_first(points, layout)
    second = network.choose_second(trunk, points, layout, u, seen.pairs)
    third = network.choose_third(trunk, points, layout, u, v, seen.pairs_third)
    log_prob = first[0, layout.first + u] + second[layout.first + v] + third[layout.first + w]
    if network.is_cyclic:
        is_cube = (seen.actions[:, 0] == seen.actions[:, 1]) & (seen.actions[:, 1] == seen.actions[:, 2])
        logit = (network.is_cube.weight @ trunk.T + network.is_cube.bias[:, None])[0]
        log_prob = jnp.where(is_cube, first[1, layout.first + u], log_prob)
        log_prob = log_prob + jax.nn.log_sigmoid(jnp.where(is_cube, logit, -logit))
    policy = -jnp.sum(jnp.where(seen.is_inside, log_prob, 0.0)) / jnp.maximum(jnp.sum(seen.is_inside), 1)
    value = jnp.sum(jnp.where(is_state, value, 0.0)) / jnp.sum(is_state)
    losses = Losses(policy + value, policy, value)
    return losses.total, losses


@partial(jax.jit, static_argnames=("optimiser",))
def _train_step(state: TrainState, seen: Seen, optimiser: optax.GradientTransformation):
    gradient, losses = jax.grad(_loss, has_aux=True)(state.network, seen)
    updates, opt_state = optimiser.update(gradient, state.optimiser, state.network)
    return TrainState(optax.apply_updates(state.network, updates), opt_state), losses


def train_steps(
    state: TrainState,
    terms: Terms,
    steps: int,
    batch: int,
    key: PRNGKeyArray,
    optimiser: optax.GradientTransformation,
    played: Positions | None = None,
) -> tuple[TrainState, Losses]:
    """One step per batch; each batch has positions of one number of dimensions, all numbers equally often.

    Args:
      terms: lists of moves; from each one position is drawn.
      played: positions to learn beside these, if any.
      batch: positions of the most dimensions; of fewer there are more, so that they have as many vectors together.
      key: is consumed.
    """
    is_cyclic = state.network.is_cyclic
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    positions = draw_positions(terms, is_cyclic, rng)
    if played is not None:
        positions = Positions(*(np.concatenate(parts) for parts in zip(positions, played, strict=True)))
    dimensions = compress_all(positions.residuals)[0].max(axis=1)
    blocks, losses = batch * 2**MOST_DIMENSIONS // BLOCK, []
    for number in rng.choice(np.unique(dimensions), steps):
        rows = blocks // int(count_blocks(np.array([[number]]))[0])
        drawn = rng.choice(np.flatnonzero(dimensions == number), rows)
        seen = see(Positions(*(field[drawn] for field in positions)), is_cyclic, blocks)
        state, loss = _train_step(state, seen, optimiser)
        losses.append(loss)
    return state, jax.tree.map(lambda *each: jnp.stack(each), *losses)
