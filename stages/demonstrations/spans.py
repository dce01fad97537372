"""Demonstrations for games in spans: random vectors of spaces of random dimensions, often from a few that are shared.

No basis is better than another there, so vectors are uniform. What differs between tensors is their dimensions, their
rank, how often vectors recur, and in symmetric games how many of the moves are cubes; all of these are drawn.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Bool, Int, PRNGKeyArray, UInt16

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
    dims = np.repeat(rng.integers(2, rules.length + 1, (count, 1)), 3, axis=1)
    if not is_cyclic:
        others = rng.integers(np.maximum(2, dims // 2), dims + 1)
        dims = np.where(_half(rng, (count, 1)), others, dims)
    most = np.minimum(rules.max_rank, dims.prod(axis=1) // (dims.sum(axis=1) - 2) + 1)
    cost = rng.integers(1, most + 1)
    moves = _vectors(rng, dims, rules.max_rank, is_cyclic)
    prices = np.ones((count, rules.max_rank), np.int64)
    if is_cyclic:
        is_cube = rng.random(prices.shape) < rng.choice(_CUBE_SHARES, (count, 1))
        moves = np.where(is_cube[..., None], moves[..., :1], moves)
        prices[~is_cube] = 3
    numbers = 1 + (np.cumsum(prices, axis=1) < cost[:, None]).sum(axis=1)
    moves[np.arange(rules.max_rank) >= numbers[:, None]] = 0
    return numbers, unpack_factors(moves, rules.length)


def _half(rng: np.random.Generator, shape: tuple[int, ...]) -> Bool[np.ndarray, "*shape"]:
    return rng.random(shape) < 0.5


def _vectors(
    rng: np.random.Generator, dims: Int[np.ndarray, "count 3"], most: int, is_cyclic: bool
) -> UInt16[np.ndarray, "count most 3"]:
    """Non-zero vectors; half of the time each mode has few of them. The modes of a symmetric game are one space."""
    count, largest = len(dims), 2 * int(dims.max()) + 1
    free = rng.integers(1, 2 ** dims[:, None], (count, most, 3))
    few = rng.integers(1, 2 ** dims[:, None], (count, largest, 3))
    sizes = rng.integers(2, 2 * dims + 2)
    if is_cyclic:
        few, sizes = few[..., :1].repeat(3, axis=2), sizes[:, :1].repeat(3, axis=1)
    shared = np.take_along_axis(few, (rng.random(free.shape) * sizes[:, None]).astype(np.int64), axis=1)
    return np.where(_half(rng, (count, 1, 1)), shared, free).astype(np.uint16)
