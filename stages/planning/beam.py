"""Beam search over whole games: after each move the best states of all stay, equal residuals merged.

A planner of whole games, not of a move: states are compared by what they have cost and what the network expects them to
cost. It plays TensorGame in spans (`game.support`); in a symmetric game a move is an orbit of three terms or a cube.
Over Z the network sees residuals modulo 2 and proposes terms modulo 2; they get the signs that fit the residual best.
"""

from __future__ import annotations

import numpy as np

from stages.network.spans import SpansNetwork
from stages.planning.spans import assess
from stages.planning.successors import seen, successors


def beam(
    network: SpansNetwork,
    start: np.ndarray,
    limit: int,
    rng: np.random.Generator,
    *,
    width: int,
    candidates: int,
    children: int,
    noise: float,
    risk: float,
) -> list[np.ndarray]:
    """Plays from one tensor until nothing open can be cheaper than what is solved, or no state is left.

    Args:
      start: [9, 9] words; over Z integers, [s, s, s]. Not zero modulo 2.
      limit: the most that a line may cost.
      width: states that stay after each move; of one parent at most `children`.
      noise: size of the Gumbel noise on the scores by which they stay.
    Returns:
      The moves of solved lines, each as cheap as any before it: [moves, 3] words, over Z factors [moves, 3, s].
    """
    residuals, costs = start[None], np.zeros(1, np.int64)
    history: list[tuple[np.ndarray, np.ndarray]] = []  # of each move: parents and terms of the states that stayed
    solved: list[np.ndarray] = []
    best = limit + 1
    while len(residuals):
        parents = np.repeat(np.arange(len(residuals)), candidates)
        terms, after, prices, is_zero = successors(network, residuals, rng, candidates)
        terms, after = (each.reshape(-1, *each.shape[2:]) for each in (terms, after))
        is_zero = is_zero.ravel()
        total = costs[parents] + prices.ravel()
        best = int(min(best, total[is_zero].min(initial=best)))
        cheapest = np.flatnonzero(is_zero & (total == best)).tolist()
        solved += [_line(history, int(parents[row]), terms[row]) for row in cheapest]

        rows = _distinct(after, total)
        words = seen(after[rows])
        is_seen = words.any(axis=(1, 2))  # neither zero nor, over Z, even: no vector could be chosen there
        rows = rows[is_seen]
        values, dimensions = assess(network, words[is_seen], risk)
        is_open = total[rows] + dimensions < best
        rows, values = rows[is_open], values[is_open]
        scores = values - total[rows] + noise * rng.gumbel(size=len(rows))
        rows = rows[np.argsort(-scores, kind="stable")]
        rows = rows[_place_among_siblings(parents[rows]) < children][:width]
        history.append((parents[rows], terms[rows]))
        residuals, costs = after[rows], total[rows]
    return solved


def _line(history: list[tuple[np.ndarray, np.ndarray]], state: int, last: np.ndarray) -> np.ndarray:
    """The moves that lead to a state, and one more."""
    terms = [last]
    for parents, played in reversed(history):
        terms.append(played[state])
        state = int(parents[state])
    return np.stack(terms[::-1])


def _distinct(residuals: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """The first row of each residual at each cost."""
    keys = np.concatenate([residuals.reshape(len(residuals), -1), costs[:, None].astype(residuals.dtype)], axis=1)
    keys = np.ascontiguousarray(keys).view(f"V{keys.shape[1] * keys.itemsize}")[:, 0]
    return np.sort(np.unique(keys, return_index=True)[1])


def _place_among_siblings(parents: np.ndarray) -> np.ndarray:
    """How many rows before each have the same parent."""
    order = np.argsort(parents, kind="stable")
    place = np.empty(len(parents), np.int64)
    place[order] = np.arange(len(parents)) - np.searchsorted(parents[order], parents[order])
    return place
