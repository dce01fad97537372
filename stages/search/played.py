"""What is learnt from games in spans as they were played; a share of the states is searched again (MuZero Unplugged).

A state that is searched again has new targets. The policy's is the move that `one_ply` makes there with the network as
it is now, so that failed games have examples too. The value's is the cost of the next n moves of the game and, for what
they left, the mean of the network's quantiles. The older the game, the less its moves say of what would be played now:
n is `max_rank` / (1 + age), rounded up, with the age in rounds. So a game of this round counts whole.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from stages.game.moves import sum_moves
from stages.game.support import pack, pack_factors
from stages.learning import spans
from stages.planning.one_ply_games import one_ply_games
from stages.planning.spans import assess
from stages.planning.successors import seen
from stages.search.games import Games, take
from stages.search.setup import Setup
from stages.search.state import State

_NEUTRAL = 1.0  # the share of the quantiles whose mean is a target: an optimistic one would feed on itself


def start_of(name: str, setup: Setup, order: Int[np.ndarray, " 3"]) -> np.ndarray:
    """A target as it is played, its modes in this order: words, over Z integers."""
    tensor, length = setup.targets[name].tensor.transpose(order), setup.rules.length
    if setup.agent.ring == "Z2":
        return pack(tensor)
    return np.pad(tensor.astype(np.int8), [(0, length - axis) for axis in tensor.shape])


def draw_played(state: State, setup: Setup, rng: np.random.Generator, count: int) -> spans.Positions:
    """States of one-ply games, all alike: of the own of the last `replay_rounds` rounds, and of others'.

    Over Z what a game left may be even, so that it cannot be seen; then there are fewer than `count`.
    """
    settings, held = setup.agent.search, state.record
    is_recent = (held.round < 0) | (held.round > state.round - settings.replay_rounds)
    games = take(held, np.flatnonzero(~held.is_line & is_recent))
    states = games.count + (games.left > 0)  # what a failed game left is one too
    if not count or not states.sum():
        return spans.no_positions()
    drawn, ends = rng.integers(states.sum(), size=count), np.cumsum(states)
    game = np.searchsorted(ends, drawn, side="right")
    made, games = drawn - (ends - states)[game], take(games, game)
    starts = _starts(games, setup)
    moves, is_cyclic = pack_factors(games.moves), setup.agent.symmetry == "cyclic"
    positions = spans.positions_of_games(seen(starts), moves, made, games.count, games.left, is_cyclic)
    is_open = positions.residuals.any(axis=(1, 2))
    again = np.flatnonzero(is_open)[: round(settings.reanalyse * count)]
    if len(again):
        actions, values = _search_again(state, setup, rng, take(games, again), starts[again], made[again])
        positions.actions[again] = actions
        positions.values[again] = values
    return spans.Positions(*(field[is_open] for field in positions))


def _starts(games: Games, setup: Setup) -> np.ndarray:
    names, place = np.unique(games.target, return_inverse=True)
    return np.stack([start_of(setup.agent.targets[name], setup, np.arange(3)) for name in names])[place]


def _search_again(
    state: State, setup: Setup, rng: np.random.Generator, games: Games, starts: np.ndarray, made: np.ndarray
) -> tuple[Int[np.ndarray, "states 3"], np.ndarray]:
    """The targets of the policy and of the value after `made` moves of each game."""
    settings, most, network = setup.agent.search, setup.rules.max_rank, state.train.network
    given = {"candidates": settings.candidates, "noise": 0.0, "risk": settings.risk}
    ply = one_ply_games(network, _after(games, starts, made, setup), np.full(len(made), most), 1, rng, **given)
    moves = ply.moves if setup.agent.ring == "Z2" else pack_factors(ply.moves)
    actions = np.where(ply.counts[:, None] > 0, moves[:, 0], spans.NO_VECTOR)

    reach = np.minimum(made + -(-most // (1 + state.round - games.round)), games.count)
    later = seen(_after(games, starts, reach, setup))
    is_cut = (reach < games.count) & later.any(axis=(1, 2))
    reach = np.where(is_cut, reach, games.count)
    left = games.left.astype(np.float32)
    left[is_cut] = -assess(network, later[is_cut], _NEUTRAL)[0]
    words, is_cyclic = pack_factors(games.moves), setup.agent.symmetry == "cyclic"
    spent, total = (sum_moves(words, counts, is_cyclic)[1] for counts in (made, reach))
    return actions, spent - total - left


def _after(games: Games, starts: np.ndarray, made: np.ndarray, setup: Setup) -> np.ndarray:
    """What is left after so many moves of each game, as the starts are given."""
    if setup.agent.ring == "Z2":
        return starts ^ sum_moves(pack_factors(games.moves), made, setup.agent.symmetry == "cyclic")[0]
    is_made = np.arange(games.moves.shape[1]) < made[:, None]
    u, v, w = np.moveaxis(np.where(is_made[..., None, None], games.moves, 0).astype(np.int32), 2, 0)
    return (starts - np.einsum("gri,grj,grk->gijk", u, v, w, optimize=True)).astype(np.int8)
