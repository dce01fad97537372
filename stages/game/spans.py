"""What a network sees of a tensor in spans: what a basis cannot change, counted over its contractions by class.

No random basis is needed to teach that, as AlphaTensor does. Tables over vectors hold many states, each with its zero
vector in row `first` (`game.layout`); rows beyond a mode's own dimension are zero.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled
from stages.game.contractions import (
    CLASSES,
    FORMS,
    MOST_LANES,
    MOST_POINTS,
    PAIR_FEATURES,
    POINT_FEATURES,
    WORDS,
    Contractions,
    contract,
    contractions,
    count_ones,
    count_pairs,
    count_points,
    find_classes,
    list_classes,
    signs,
)
from stages.game.support import compress

MODE_FEATURES = 7 * CLASSES  # of the whole, for each mode


@compiled
def _write(shares: np.ndarray, columns: np.ndarray, vectors: int, seen: np.ndarray) -> None:
    """Rows as columns of a table."""
    for row in range(len(columns)):
        for v in range(vectors):
            seen[v, columns[row]] = shares[row, v]


@compiled
def see_choices(
    residuals: np.ndarray,
    is_cyclic: bool,
    chosen: np.ndarray,
    first: np.ndarray,
    points: np.ndarray,
    second: np.ndarray,
    third: np.ndarray,
) -> None:
    """What the policy sees when it chooses u, then v, then w: the shares of `count_points` and `count_pairs` as tables.

    Args:
      chosen: [batch, 3] vectors u, v and w.
      first: [batch] rows of the tables.
      points: receives [modes, rows, POINT_FEATURES]; zero before, as the others.
      second: receives [rows, sides * PAIR_FEATURES], of v given u; in a symmetric game, where all modes are one, v is
        seen as a vector of the second mode and of the third.
      third: receives [rows, 2 * sides * PAIR_FEATURES], of w given u, then given v.
    """
    held, table = contractions(), np.empty(MOST_POINTS * MOST_LANES, np.float32)
    shares, columns = np.empty((POINT_FEATURES, MOST_POINTS), np.float32), np.empty(POINT_FEATURES, np.int64)
    mode = np.arange(3)  # for plain numbers Numba would compile `count_pairs` for each
    for row in range(len(residuals)):
        contract(residuals[row], held)
        (u, v), at = chosen[row, :2], first[row]
        for one in range(len(points)):
            num = count_points(held, one, is_cyclic, table, shares, columns)
            _write(shares, columns[:num], 1 << held.dims[one], points[one, at:])
        for image in range(1, 3):
            num = count_pairs(held, u, mode[0], image, table, shares, columns)
            vectors, side = 1 << held.dims[image], image - 1 if is_cyclic else 0
            if is_cyclic or image == 1:
                _write(shares, columns[:num], vectors, second[at:, side * PAIR_FEATURES :])
            if is_cyclic or image == 2:
                _write(shares, columns[:num], vectors, third[at:, side * PAIR_FEATURES :])
                source, side = (mode[0], side + 2) if is_cyclic else (mode[1], side + 1)
                num = count_pairs(held, v, source, image, table, shares, columns)
                _write(shares, columns[:num], vectors, third[at:, side * PAIR_FEATURES :])


@compiled
def _whole(given: Contractions, mode: int, table: np.ndarray, seen: np.ndarray) -> None:
    """Features of one mode of a whole tensor; `table` is room to work in."""
    num, lanes = given.lanes[mode]
    points = 1 << given.dims[mode]
    signs(mode, given, np.full(WORDS, ~np.uint64(0)), table)
    third, fourth = np.zeros(MOST_LANES, np.float32), np.zeros(MOST_LANES, np.float32)
    highest, scales = np.full(MOST_LANES, np.float32(-1)), np.zeros(MOST_LANES, np.float32)
    for lane in range(num):
        scales[lane] = np.float32(1) / np.float32(given.counts[mode, lane])
    for u in range(1, points):
        for lane in range(lanes):
            value = table[u * lanes + lane] * scales[lane]
            third[lane] += value * value * value
            fourth[lane] += value * value * value * value
            highest[lane] = max(highest[lane], value)
    for lane in range(num):
        at = given.classes[mode, lane] - 1
        seen[at] = given.counts[mode, lane] / points
        seen[CLASSES + at] = 0.3 * np.log(1.0 + given.counts[mode, lane])
        seen[2 * CLASSES + at] = third[lane] * 10 / np.float32(points)
        seen[3 * CLASSES + at] = fourth[lane] * 10 / np.float32(points)
        seen[4 * CLASSES + at] = highest[lane]
    seen[5 * CLASSES + given.dims[mode] - 1] = 1


@compiled
def _cubic(given: Contractions, seen: np.ndarray) -> None:
    """Mean of T(x, x, x) over each class, of a tensor whose three modes are one."""
    cubes = np.zeros(WORDS, np.uint64)  # the set of x with T(x, x, x) = 1
    for i in range(given.dims[0]):
        for j in range(given.dims[0]):
            x_i, x_j, of_x = FORMS[1 << i], FORMS[1 << j], FORMS[given.oriented[0, i, j]]
            for word in range(WORDS):
                cubes[word] ^= x_i[word] & x_j[word] & of_x[word]
    for lane in range(given.lanes[0, 0]):
        odd = np.uint64(0)
        for word in range(WORDS):
            odd += count_ones(cubes[word] & given.members[0, lane, word])
        seen[6 * CLASSES + given.classes[0, lane] - 1] = np.int64(odd) / given.counts[0, lane]


@compiled
def see_wholes(residuals: np.ndarray, is_cyclic: bool, seen: np.ndarray) -> None:
    """What the value sees of each tensor.

    Args:
      residuals: [batch, 9, 9] words, none of them zero.
      seen: receives [batch, modes * MODE_FEATURES]; zero before. The three modes of a cyclic tensor are one.
    """
    held, table = contractions(), np.empty(MOST_POINTS * MOST_LANES, np.float32)
    for row in range(len(residuals)):
        compress(residuals[row], held.oriented, held.dims, held.bases)
        for mode in range(1 if is_cyclic else 3):
            here, dims = seen[row, mode * MODE_FEATURES : (mode + 1) * MODE_FEATURES], held.dims
            find_classes(
                held.oriented[mode], dims[(mode + 1) % 3], dims[(mode + 2) % 3], dims[mode], held.rank_of[mode]
            )
            list_classes(mode, held)
            _whole(held, mode, table, here)
            if is_cyclic:
                _cubic(held, here)
