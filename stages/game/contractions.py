"""Contractions of a tensor over Z2 with all dual vectors: their ranks, and which vectors lie in whose image.

Contracting a tensor with a dual vector x of one mode gives a matrix M(x) over the two others; its rank is the *class*
of x, 1..9. What is counted over x by class, for a vector or for a pair of vectors, a change of basis permutes as it
permutes the vectors.

The image of M(x) in a mode is what is orthogonal to {y : T(x, y, .) = 0}. So the number of x of a class whose image
holds v, for all v at once, is a Walsh transform of the counts of such pairs (x, y).

Modes count on from one another: after mode m come m + 1 and m + 2 (modulo 3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import intrinsic

from stages.compiled import compiled
from stages.game.support import MOST_DIMENSIONS, compress

CLASSES = MOST_DIMENSIONS
MOST_POINTS = 2**MOST_DIMENSIONS
MOST_LANES = 16  # of a table of counts: columns for the classes that a mode has, 4, 8 or 16
WORDS = MOST_POINTS // 64

POINT_FEATURES = 5 * CLASSES  # of a vector
PAIR_FEATURES = 3 * CLASSES  # of a vector, given one of another mode


def _linear_forms() -> np.ndarray:
    """[a, word]: bit x is <a, x>, for all x of 9 dimensions."""
    a, x = np.arange(MOST_POINTS)[:, None], np.arange(MOST_POINTS)[None, :]
    odd = np.zeros((MOST_POINTS, MOST_POINTS), bool)
    for place in range(MOST_DIMENSIONS):
        odd ^= (a & x) >> place & 1 == 1
    return np.packbits(odd, axis=1, bitorder="little").view(np.uint64)


FORMS = _linear_forms()


@intrinsic
def count_ones(typing_context, word):
    """How many bits of a word are set."""
    return word(word), lambda context, builder, signature, arguments: builder.ctpop(arguments[0])


class Contractions(NamedTuple):
    """All M(x) of one tensor; room that is used anew for each. Sets of vectors are bits of eight words.

    Attributes:
      dims: of the three modes.
      bases: room for `compress`, [3, 9].
      oriented: the tensor with each mode in the bits, [3, 9, 9].
      rank_of: the rank of each x of each mode, [3, 512].
      classes: the ranks that there are in a mode, [3, 9]; a table of counts has a lane for each.
      lanes: how many these are, and how many lanes a row of a table has for them, [3, 2].
      counts: x of each of these classes, [3, 9].
      lane_of: the lane of each x, [3, 512].
      members: the sets of these x, [3, 9, 8].
      zeros: for each y the set of x, not zero, with T(x, y, .) = 0: x of a mode, y of the next one or of the one after
        that, [3, 2, 8, 512].
    """

    dims: np.ndarray
    bases: np.ndarray
    oriented: np.ndarray
    rank_of: np.ndarray
    classes: np.ndarray
    lanes: np.ndarray
    counts: np.ndarray
    lane_of: np.ndarray
    members: np.ndarray
    zeros: np.ndarray


@compiled
def contractions() -> Contractions:
    """Of no tensor yet."""
    return Contractions(
        np.zeros(3, np.int64),
        np.zeros((3, MOST_DIMENSIONS), np.uint16),
        np.zeros((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16),
        np.zeros((3, MOST_POINTS), np.uint8),
        np.zeros((3, CLASSES), np.int64),
        np.zeros((3, 2), np.int64),
        np.zeros((3, CLASSES), np.int64),
        np.zeros((3, MOST_POINTS), np.int64),
        np.zeros((3, CLASSES, WORDS), np.uint64),
        np.zeros((3, 2, WORDS, MOST_POINTS), np.uint64),
    )


@compiled
def contract(residual: np.ndarray, into: Contractions) -> None:
    """All contractions of a tensor, [9, 9] words, not zero."""
    compress(residual, into.oriented, into.dims, into.bases)
    other = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    for mode in range(3):
        after, last = (mode + 1) % 3, (mode + 2) % 3
        words, dims = into.oriented[mode], into.dims[mode]
        find_classes(words, into.dims[after], into.dims[last], dims, into.rank_of[mode])
        list_classes(mode, into)
        for i in range(MOST_DIMENSIONS):
            for j in range(MOST_DIMENSIONS):
                other[i, j] = words[j, i]
        _find_zeros(words, dims, into.dims[after], into.dims[last], into.zeros[mode, 0])
        _find_zeros(other, dims, into.dims[last], into.dims[after], into.zeros[mode, 1])


@compiled
def find_classes(words: np.ndarray, rows: int, cols: int, dims: int, classes: np.ndarray) -> None:
    """Ranks of M(x) for all x of a mode, by elimination on 64 of them at once.

    Args:
      words: [9, 9]; bits are of the mode, so M(x) has the entry <words[i, j], x>.
      classes: receives the rank of each x.
    """
    num_words = max(1, (1 << dims) >> 6)
    matrix = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS, WORDS), np.uint64)
    first = np.empty((MOST_DIMENSIONS, WORDS), np.uint64)
    any_set, has = np.empty(WORDS, np.uint64), np.empty(WORDS, np.uint64)
    count = np.zeros((4, WORDS), np.uint64)  # the rank so far, as binary digits
    for i in range(rows):
        for j in range(cols):
            for word in range(num_words):
                matrix[i, j, word] = FORMS[words[i, j], word]
    for top in range(rows):
        any_set[:] = 0
        for j in range(cols):
            for word in range(num_words):
                entry = matrix[top, j, word]
                first[j, word] = entry & ~any_set[word]
                any_set[word] |= entry
        for word in range(num_words):
            carry = any_set[word]
            for digit in range(4):
                held = count[digit, word]
                count[digit, word] = held ^ carry
                carry &= held
        for below in range(top + 1, rows):
            has[:] = 0
            for j in range(cols):
                for word in range(num_words):
                    has[word] |= matrix[below, j, word] & first[j, word]
            for j in range(cols):
                for word in range(num_words):
                    matrix[below, j, word] ^= matrix[top, j, word] & has[word]
    for x in range(1 << dims):
        rank = np.uint64(0)
        for digit in range(4):
            rank |= (count[digit, x >> 6] >> np.uint64(x & 63) & np.uint64(1)) << np.uint64(digit)
        classes[x] = rank


@compiled
def list_classes(mode: int, into: Contractions) -> None:
    """The classes that a mode has, their vectors, and how many these are."""
    lanes, points = np.full(CLASSES + 1, -1, np.int64), 1 << into.dims[mode]
    for x in range(1, points):
        lanes[into.rank_of[mode, x]] = 0
    num = 0
    for rank in range(1, CLASSES + 1):
        if lanes[rank] == 0:
            lanes[rank], into.classes[mode, num], into.counts[mode, num] = num, rank, 0
            for word in range(WORDS):
                into.members[mode, num, word] = 0
            num += 1
    into.lanes[mode, 0], into.lanes[mode, 1] = num, 4 if num <= 4 else 8 if num <= 8 else MOST_LANES
    for x in range(1, points):
        lane = lanes[into.rank_of[mode, x]]
        into.lane_of[mode, x] = lane
        into.counts[mode, lane] += 1
        into.members[mode, lane, x >> 6] |= np.uint64(1) << np.uint64(x & 63)


@compiled
def _find_zeros(words: np.ndarray, dims: int, dims_y: int, dims_last: int, zeros: np.ndarray) -> None:
    """For each y the set of x, not zero, with T(x, y, .) = 0: [8, 2^d].

    Args:
      words: [9, 9]; bits are of x's mode, rows of y's.
    """
    points = 1 << dims
    inside = np.zeros(WORDS, np.uint64)
    for word in range(max(1, points >> 6)):
        inside[word] = ~np.uint64(0) if points >= 64 else (np.uint64(1) << np.uint64(points)) - np.uint64(1)
    inside[0] &= ~np.uint64(1)
    slices = np.zeros(MOST_DIMENSIONS, np.uint16)  # T(., y, k), as y goes through a Gray code
    y = 0
    for step in range(1 << dims_y):
        if step:
            place = 0
            while not step >> place & 1:
                place += 1
            y ^= 1 << place
            for k in range(dims_last):
                slices[k] ^= words[place, k]
        a, b, c = FORMS[slices[0]], FORMS[slices[1]], FORMS[slices[2]]
        d, e, f = FORMS[slices[3]], FORMS[slices[4]], FORMS[slices[5]]
        g, h, i = FORMS[slices[6]], FORMS[slices[7]], FORMS[slices[8]]
        for word in range(WORDS):
            is_set = a[word] | b[word] | c[word] | d[word] | e[word] | f[word] | g[word] | h[word] | i[word]
            zeros[word, y] = inside[word] & ~is_set


@compiled
def _walsh(table: np.ndarray, points: int, lanes: int) -> None:
    """sum_y (-1)^<y, v> table[y] for all v, in place, lane by lane."""
    size, half = points * lanes, lanes  # one long inner loop is what becomes vector instructions
    while 2 * half < size:
        for start in range(0, size, 4 * half):
            p, q = table[start : start + half], table[start + half : start + 2 * half]
            r, s = table[start + 2 * half : start + 3 * half], table[start + 3 * half : start + 4 * half]
            for at in range(half):
                a, b = p[at] + q[at], p[at] - q[at]
                c, d = r[at] + s[at], r[at] - s[at]
                p[at], q[at], r[at], s[at] = a + c, b + d, a - c, b - d
        half *= 4
    if half < size:
        low, high = table[:half], table[half:size]
        for at in range(half):
            a, b = low[at], high[at]
            low[at] = a + b
            high[at] = a - b


@compiled
def signs(mode: int, given: Contractions, counted: np.ndarray, table: np.ndarray) -> None:
    """The sum of (-1)^<x, u> over the counted x of each class, for all u of the same mode: into `table` [2^d, lanes].

    Args:
      counted: a set of x.
    """
    lanes, points = given.lanes[mode, 1], 1 << given.dims[mode]
    table[: points * lanes] = 0
    for x in range(1, points):
        table[x * lanes + given.lane_of[mode, x]] = counted[x >> 6] >> np.uint64(x & 63) & np.uint64(1)
    _walsh(table, points, lanes)


@compiled
def _holders(mode: int, image: int, given: Contractions, counted: np.ndarray, table: np.ndarray) -> None:
    """How many of the counted x of each class have v in their image, for all v: into `table` [2^d, lanes].

    Args:
      mode, image: of x and of v.
      counted: a set of x.
    """
    num, lanes = given.lanes[mode]
    points, dims = 1 << given.dims[image], given.dims[image]
    zeros = given.zeros[mode, 0 if (mode + 1) % 3 == image else 1]
    totals = np.empty(MOST_POINTS, np.uint64)
    table[: points * lanes] = 0
    for lane in range(num):
        totals[:points] = 0
        for word in range(WORDS):
            members, row = given.members[mode, lane, word] & counted[word], zeros[word]
            if members:
                for y in range(points):
                    totals[y] += count_ones(row[y] & members)
        # An image of dimension c is orthogonal to 2^(d - c) vectors y.
        scale = np.float32(2.0 ** (given.classes[mode, lane] - dims))
        for y in range(points):
            table[y * lanes + lane] = scale * np.float32(np.int64(totals[y]))
    _walsh(table, points, lanes)


@compiled
def _holders_apart(mode: int, image: int, given: Contractions, table: np.ndarray) -> None:
    """How many x of each class hold u in their image and have <x, u> = 1, of a tensor whose three modes are one.

    [<x, u> = 1] (-1)^<y, u> = ((-1)^<y, u> - (-1)^<x + y, u>) / 2: one Walsh transform as well.
    """
    num, lanes = given.lanes[mode]
    points, dims = 1 << given.dims[mode], given.dims[mode]
    zeros = given.zeros[mode, 0 if (mode + 1) % 3 == image else 1]
    table[: points * lanes] = 0
    for lane in range(num):
        scale = np.float32(2.0 ** (given.classes[mode, lane] - dims - 1))
        for y in range(points):
            for word in range(WORDS):
                left = zeros[word, y] & given.members[mode, lane, word]
                while left:
                    lowest = left & (~left + np.uint64(1))
                    x = (word << 6) + np.int64(count_ones(lowest - np.uint64(1)))
                    table[y * lanes + lane] += scale
                    table[(x ^ y) * lanes + lane] -= scale
                    left ^= lowest
    _walsh(table, points, lanes)


@compiled
def _find_holders(mode: int, image: int, given: Contractions, u: int, found: np.ndarray) -> None:
    """The set of the x of a mode whose image in another one holds u."""
    zeros, points = given.zeros[mode, 0 if (mode + 1) % 3 == image else 1], 1 << given.dims[image]
    is_odd = np.empty(MOST_POINTS, np.uint64)
    for y in range(points):
        is_odd[y] = np.uint64(0) - (FORMS[u, y >> 6] >> np.uint64(y & 63) & np.uint64(1))
    for word in range(WORDS):
        row, without = zeros[word], np.uint64(0)
        for y in range(points):
            without |= row[y] & is_odd[y]
        found[word] = row[0] & ~without


@compiled
def _share(
    table: np.ndarray, mode: int, points: int, given: Contractions, first: int, shares: np.ndarray, columns: np.ndarray
) -> int:
    """Appends counts by class of a mode, [2^d, lanes], as shares of the classes: a row for each class that is there.

    Args:
      first: which feature the share of class 1 is.
      shares, columns: room for rows, the features that they are, and for what follows.
    Returns:
      How many rows these are.
    """
    num, lanes = given.lanes[mode]
    for lane in range(num):
        row, scale = shares[lane], np.float32(1) / np.float32(given.counts[mode, lane])
        columns[lane] = first + given.classes[mode, lane] - 1
        for v in range(points):
            row[v] = table[v * lanes + lane] * scale
    return num


@compiled
def count_pairs(
    given: Contractions,
    u: int,
    source: int,
    image: int,
    table: np.ndarray,
    shares: np.ndarray,
    columns: np.ndarray,
) -> int:
    """What the policy sees of each vector v of one mode, given a vector u of another.

    Of each class: the share of x of u's mode with <x, u> = 1 whose image holds v; the share of y of v's mode with
    <y, v> = 1 whose image holds u; the share of z of the third mode whose images hold both.

    Args:
      source, image: modes of u and of v.
      table: room to work in.
      shares: receives a row for each feature that is not zero for all v, [PAIR_FEATURES, 2^d].
      columns: receives which features these are.
    Returns:
      How many there are.
    """
    third, points = 3 - source - image, 1 << given.dims[image]
    subset, firsts = FORMS[u].copy(), np.arange(0, PAIR_FEATURES, CLASSES)
    _holders(source, image, given, subset, table)
    end = _share(table, source, points, given, firsts[0], shares, columns)

    _find_holders(image, source, given, u, subset)
    signs(image, given, subset, table)
    begin, end = end, end + _share(table, image, points, given, firsts[1], shares[end:], columns[end:])
    for row in range(begin, end):  # of n, of which the sum of signs is s, (n - s) / 2 are odd
        total, half = shares[row, 0], np.float32(0.5)
        for v in range(points):
            shares[row, v] = (total - shares[row, v]) * half

    _find_holders(third, source, given, u, subset)
    _holders(third, image, given, subset, table)
    return end + _share(table, third, points, given, firsts[2], shares[end:], columns[end:])


@compiled
def count_points(
    given: Contractions, mode: int, is_cyclic: bool, table: np.ndarray, shares: np.ndarray, columns: np.ndarray
) -> int:
    """What the policy sees of each vector u of a mode; arguments as for `count_pairs`, of POINT_FEATURES.

    Of each class of u's own mode: the mean sign (-1)^<x, u>; of each class of the two others the share of x whose image
    holds u, and, if all modes are one, the share of these which have <x, u> = 1 too.
    """
    points, all_x, end = 1 << given.dims[mode], np.full(WORDS, ~np.uint64(0)), 0
    for other in range(3):
        source = (mode + other) % 3
        if other == 0:
            signs(mode, given, all_x, table)
        else:
            _holders(source, mode, given, all_x, table)
        end += _share(table, source, points, given, other * CLASSES, shares[end:], columns[end:])
        if other and is_cyclic:
            _holders_apart(source, mode, given, table)
            end += _share(table, source, points, given, (other + 2) * CLASSES, shares[end:], columns[end:])
    return end
