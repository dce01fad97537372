"""Demonstrations for games in spans: random vectors of spaces of random dimensions, often from a few that are shared.

No basis is better than another there, so vectors are uniform. What differs between tensors is their dimensions, their
rank, how often vectors recur, and in symmetric games how many of the moves are cubes; all of these are drawn.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Int, PRNGKeyArray

from stages.game.rules import Rules
from stages.game.support import unpack_factors

_CUBE_SHARES = (0.0, 0.2, 0.5)


def draw_in_spans(
    key: PRNGKeyArray, count: int, rules: Rules, is_cyclic: bool
) -> tuple[Int[np.ndarray, " count"], Int[np.ndarray, "count max_rank 3 s"]]:
    """Numbers of moves, and the moves; of a symmetric game each is an orbit or, of three equal vectors, a cube.

    What all moves cost is uniform up to one more than the rank that random tensors of these dimensions have, by
    counting of parameters, and at most max_rank. The key is consumed.
    """
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    words = np.zeros((count, rules.max_rank, 3), np.uint16)
    numbers = np.zeros(count, np.int64)
    for row in range(count):
        dims = np.full(3, rng.integers(2, rules.length + 1))
        if not is_cyclic and rng.random() < 0.5:
            dims = rng.integers(max(2, dims[0] // 2), dims[0] + 1, 3)
        most = min(rules.max_rank, int(np.prod(dims) / (np.sum(dims) - 2)) + 1)
        cost = int(rng.integers(1, most + 1))
        moves = _vectors(rng, dims, most, is_cyclic)
        if is_cyclic:
            is_cube = rng.random(most) < rng.choice(_CUBE_SHARES)
            moves[is_cube] = moves[is_cube, :1]
            number = int(np.searchsorted(np.cumsum(np.where(is_cube, 1, 3)), cost)) + 1
        else:
            number = cost
        words[row, :number], numbers[row] = moves[:number], number
    return numbers, unpack_factors(words, rules.length)


def _vectors(
    rng: np.random.Generator, dims: Int[np.ndarray, " modes=3"], count: int, is_cyclic: bool
) -> Int[np.ndarray, "count modes=3"]:
    """Non-zero vectors; half of the time each mode has few of them. The modes of a symmetric game are one space."""
    moves = rng.integers(1, 2**dims, (count, 3))
    if rng.random() < 0.5:
        for mode in range(3):
            if mode == 0 or not is_cyclic:
                shared = rng.integers(1, 2 ** dims[mode], rng.integers(2, 2 * dims[mode] + 2))
            moves[:, mode] = rng.choice(shared, count)
    return moves
