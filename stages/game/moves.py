"""The rules of TensorGame in spans: what a move is, what it costs, and what it leaves (compiled by Numba).

Without symmetry a move is a rank-one term u v w, at cost 1. In the cyclic game it is all that rotating the modes makes
of one: the orbit u v w, v w u, w u v at cost 3, or the cube u u u at cost 1. Cyclic tensors stay cyclic.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled
from stages.game.support import add_term


@compiled
def add_move(residual: np.ndarray, u: int, v: int, w: int, is_cyclic: bool) -> int:
    """Adds the terms of a move to a residual, [9, 9] words, in place; returns their number."""
    add_term(residual, u, v, w)
    if not is_cyclic or u == v == w:
        return 1
    add_term(residual, v, w, u)
    add_term(residual, w, u, v)
    return 3


@compiled
def play_moves(residuals: np.ndarray, moves: np.ndarray, is_cyclic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Each candidate of each state played.

    Args:
      residuals: [states, 9, 9] words.
      moves: [states, candidates, 3] vectors.
    Returns:
      What is left, [states, candidates, 9, 9], and the costs.
    """
    states, candidates = moves.shape[:2]
    after = np.empty((states, candidates, *residuals.shape[1:]), np.uint16)
    costs = np.empty((states, candidates), np.int64)
    for row in range(states):
        for candidate in range(candidates):
            after[row, candidate] = residuals[row]
            u, v, w = moves[row, candidate]
            costs[row, candidate] = add_move(after[row, candidate], u, v, w, is_cyclic)
    return after, costs


@compiled
def sum_moves(moves: np.ndarray, counts: np.ndarray, is_cyclic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sums of lists of moves.

    Args:
      moves: [lists, most, 3] vectors.
      counts: how many of each list are taken, the first ones.
    Returns:
      [lists, 9, 9] words, and what all moves cost.
    """
    residuals, costs = np.zeros((len(moves), 9, 9), np.uint16), np.zeros(len(moves), np.int64)
    for row in range(len(moves)):
        for place in range(counts[row]):
            u, v, w = moves[row, place]
            costs[row] += add_move(residuals[row], u, v, w, is_cyclic)
    return residuals, costs
