"""Own games kept for training, as NumPy arrays on the host: recent positions, and the best solved games."""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np

from stages.game.rules import Rules
from stages.game.tensor_game import State
from stages.learning.positions import Position, Terms


class Replay(NamedTuple):
    """Positions of the most recent rounds, oldest first; a round whose games were over at their start left none.

    Attributes:
      positions: stacked on one leading axis.
      sizes: number of positions of each round held.
    """

    positions: Position
    sizes: np.ndarray


def empty_replay(rules: Rules, history: int) -> Replay:
    """No positions."""
    s = rules.length
    residual = np.zeros((0, s, s, s), np.int8 if rules.ring == "Z2" else np.int32)
    actions = np.zeros((0, history, 3, s), np.int8)
    state = State(residual, np.zeros(0, np.int32), np.zeros(0, bool), actions)
    positions = Position(state, np.zeros((0, 3, s), np.int8), np.zeros(0, np.float32), np.zeros(0, bool))
    return Replay(positions, np.zeros(0, np.int64))


def remember(replay: Replay, new: Position, rounds: int) -> Replay:
    """Adds one round's positions and forgets all but the last `rounds` rounds."""
    sizes = np.append(replay.sizes, len(jax.tree.leaves(new)[0]))
    drop = int(sizes[:-rounds].sum())
    positions = jax.tree.map(
        lambda old, add: np.concatenate([old, add.astype(old.dtype)])[drop:], replay.positions, new
    )
    return Replay(positions, sizes[-rounds:])


def draw(replay: Replay, rng: np.random.Generator, shape: tuple[int, ...]) -> Position:
    """Uniform draws with replacement from one position or more, as leading axes `shape`."""
    rows = rng.integers(len(jax.tree.leaves(replay.positions)[0]), size=shape)
    return jax.tree.map(lambda field: field[rows], replay.positions)


class BestGames(NamedTuple):
    """The best solved games of each kind (AlphaTensor, Methods, «best games buffer»), in order of arrival.

    Attributes:
      games: their terms; of whole targets in the canonical basis, of windows in the basis of the window.
      kind: what can be compared: the index of a target, or one number more for the window games.
      cost: the lower, the better: the rank, or for a window game the rank less the number of terms that it replaced.
    """

    games: Terms
    kind: np.ndarray
    cost: np.ndarray


def empty_best_games(rules: Rules) -> BestGames:
    """No games."""
    terms = Terms(np.zeros((0, rules.max_rank, 3, rules.length), np.int32), np.zeros(0, np.int32))
    return BestGames(terms, np.zeros(0, np.int32), np.zeros(0, np.int32))


def keep_best(best: BestGames, new: BestGames, capacity: int) -> BestGames:
    """Adds games and keeps, of each kind, the `capacity` of lowest cost, newer before older."""
    joined = jax.tree.map(lambda old, added: np.concatenate([old, added.astype(old.dtype)]), best, new)
    newest_first = np.arange(len(joined.kind))[::-1]
    order = np.lexsort((newest_first, joined.cost, joined.kind))
    place = np.arange(len(order)) - np.searchsorted(joined.kind[order], joined.kind[order])
    rows = np.sort(order[place < capacity])
    return jax.tree.map(lambda field: field[rows], joined)


def draw_best(best: BestGames, rng: np.random.Generator, count: int) -> BestGames:
    """Uniform draws with replacement."""
    rows = rng.integers(len(best.kind), size=count)
    return jax.tree.map(lambda field: field[rows], best)
