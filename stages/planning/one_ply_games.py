"""Whole games in spans, one ply at a time: of each state the best of its sampled successors is played.

It is `planning.one_ply` for agents in spans. The games know nothing of each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.network.spans import SpansNetwork
from stages.planning.spans import assess
from stages.planning.successors import seen, successors


class OnePlyGames(NamedTuple):
    """Finished games.

    Attributes:
      moves: [games, most, 3] words, over Z factors [games, most, 3, s]; zero after the end.
      counts: how many moves were made.
      costs: what they cost, in terms.
      is_solved: whether nothing is left.
      left: what is left, as the starts are given.
    """

    moves: np.ndarray
    counts: np.ndarray
    costs: np.ndarray
    is_solved: np.ndarray
    left: np.ndarray


def one_ply_games(
    network: SpansNetwork,
    starts: np.ndarray,
    limits: np.ndarray,
    most: int,
    rng: np.random.Generator,
    *,
    candidates: int,
    noise: float,
    risk: float,
    is_cyclic: bool = False,
) -> OnePlyGames:
    """Plays one game from each tensor, until it is solved or no successor can be solved within its limit.

    Args:
      starts: [games, 9, 9] words, over Z integers [games, s, s, s]; none zero modulo 2.
      limits: [games], the most that each may cost.
      most: moves of a game.
      noise: size of the Gumbel noise on the scores.
      is_cyclic: whether games are symmetric whatever the network knows; with one that knows symmetric games they are.
    """
    moves = np.zeros((len(starts), most, 3, *starts.shape[3:]), np.int64)
    counts, costs, is_solved = (
        np.zeros(len(starts), np.int64),
        np.zeros(len(starts), np.int64),
        np.zeros(len(starts), bool),
    )
    games, residuals, left = np.arange(len(starts)), starts, starts.copy()
    for move in range(most):
        terms, after, prices, is_zero = successors(network, residuals, rng, candidates, is_cyclic=is_cyclic)
        totals, bounds = costs[games, None] + prices, np.broadcast_to(limits[games, None], prices.shape)
        scores = np.where(is_zero & (totals <= bounds), np.inf, -np.inf)
        words = seen(after)
        is_seen = words.any(axis=(2, 3))  # neither zero nor, over Z, even: no vector could be chosen there
        values, dimensions = assess(network, words[is_seen], risk)
        noisy = values + noise * rng.gumbel(size=len(values)) - prices[is_seen]
        # A tensor of d dimensions needs d terms.
        scores[is_seen] = np.where(totals[is_seen] + dimensions <= bounds[is_seen], noisy, -np.inf)

        best, score = scores.argmax(axis=1), scores.max(axis=1)
        made = score > -np.inf
        games, best, rows = games[made], best[made], np.flatnonzero(made)
        moves[games, move], costs[games] = terms[rows, best], totals[rows, best]
        counts[games] += 1
        is_solved[games] = score[made] == np.inf
        left[games] = after[rows, best]
        games = games[~is_solved[games]]
        residuals = left[games]
        if not len(games):
            break
    return OnePlyGames(moves, counts, costs, is_solved, left)
