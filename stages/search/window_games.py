"""Games of windows in spans: one ply a move, many windows at once."""

from __future__ import annotations

import numpy as np

from stages.game.moves import play_moves
from stages.network.spans import SpansNetwork
from stages.planning.spans import assess, propose


def play(
    network: SpansNetwork,
    tensors: np.ndarray,
    limits: np.ndarray,
    most: int,
    rng: np.random.Generator,
    *,
    candidates: int,
    noise: float,
    risk: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Plays one game from each tensor; each move goes to the best child of the candidates.

    Args:
      tensors: [games, 9, 9] words, not zero.
      limits: [games] most moves of each, at most `most`.
      noise: size of the Gumbel noise on the scores.
    Returns:
      The moves, [games, most, 3] vectors, and their number; 0 for a game that did not end at zero.
    """
    moves, lengths = np.zeros((len(tensors), most, 3), np.int64), np.zeros(len(tensors), np.int64)
    games, residuals = np.arange(len(tensors)), tensors
    for move in range(most):
        drawn = propose(network, residuals, rng, candidates)
        after = play_moves(residuals, drawn, network.is_cyclic)[0]
        is_zero = ~after.any(axis=(2, 3))
        scores = np.full(is_zero.shape, -np.inf)
        scores[is_zero] = np.inf
        values, dimensions = assess(network, after[~is_zero], risk)
        # A tensor of d dimensions needs d moves.
        fits = dimensions <= np.broadcast_to((limits[games] - move - 1)[:, None], is_zero.shape)[~is_zero]
        scores[~is_zero] = np.where(fits, values + noise * rng.gumbel(size=len(values)), -np.inf)
        best = scores.argmax(axis=1)
        rows = np.arange(len(games))
        moves[games, move] = drawn[rows, best]
        lengths[games[is_zero.any(axis=1)]] = move + 1
        is_open = np.isfinite(scores[rows, best])
        games, residuals = games[is_open], after[rows, best][is_open]
        if not len(games):
            break
    return moves, lengths
