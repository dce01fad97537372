"""What a basis cannot change of a tensor over Z2: ranks of its contractions, and which vectors lie in whose image.

Contracting a tensor with a dual vector x of one mode gives a matrix M(x) over the two others; its rank is the *class*
of x, 1..9. All that a network sees is counted over x by class, for a vector, or for a pair of vectors: so a change of
basis permutes the features of vectors as it permutes the vectors, and no random basis is needed to teach that.

The image of M(x) in a mode is what is orthogonal to {y : T(x, y, .) = 0}. So the number of x of a class whose image
holds v, for all v at once, is a Walsh transform of the counts of such pairs (x, y).

Modes count on from one another: after mode m come m + 1 and m + 2 (modulo 3). Tables over vectors hold many states,
each with its zero vector in row `first` (`game.layout`); rows beyond a mode's own dimension are zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import intrinsic

from stages.compiled import compiled
from stages.game.support import MOST_DIMENSIONS, compress

CLASSES = MOST_DIMENSIONS
MOST_POINTS = 2**MOST_DIMENSIONS
MOST_LANES = 16  # of a table of counts: columns for the classes that a mode has, 8 or 16 for whole vector registers
_WORDS = MOST_POINTS // 64

MODE_FEATURES = 7 * CLASSES  # of the whole, for each mode
POINT_FEATURES = 5 * CLASSES  # of a vector
PAIR_FEATURES = 3 * CLASSES  # of a vector, given one of another mode


def _linear_forms() -> np.ndarray:
    """[a, word]: bit x is <a, x>, for all x of 9 dimensions."""
    a, x = np.arange(MOST_POINTS)[:, None], np.arange(MOST_POINTS)[None, :]
    odd = np.zeros((MOST_POINTS, MOST_POINTS), bool)
    for place in range(MOST_DIMENSIONS):
        odd ^= (a & x) >> place & 1 == 1
    return np.packbits(odd, axis=1, bitorder="little").view(np.uint64)


_FORMS = _linear_forms()


@intrinsic
def _count_ones(typing_context, word):
    """How many bits of a word are set."""
    return word(word), lambda context, builder, signature, arguments: builder.ctpop(arguments[0])


class Contractions(NamedTuple):
    """All M(x) of one tensor; room that is used anew for each. Sets of vectors are bits of eight words.

    Attributes:
      dims: of the three modes.
      bases: the vectors for which the unit vectors of the tensor's own coordinates stand, [3, 9].
      oriented: the tensor with each mode in the bits, [3, 9, 9].
      classes: rank of each x of each mode, [3, 512].
      ranks: the classes that a mode has, [3, 9]; a table of counts has a lane for each.
      lanes: how many classes these are, and how many lanes a table of them has, [3, 2].
      counts: x of each of these classes, [3, 9].
      members: the sets of these x, [3, 9, 8].
      zeros: for each y the set of x, not zero, with T(x, y, .) = 0: x of a mode, y of the next one or of the one after
        that, [3, 2, 512, 8].
    """

    dims: np.ndarray
    bases: np.ndarray
    oriented: np.ndarray
    classes: np.ndarray
    ranks: np.ndarray
    lanes: np.ndarray
    counts: np.ndarray
    members: np.ndarray
    zeros: np.ndarray


@compiled
def room() -> Contractions:
    """Of no tensor yet."""
    return Contractions(
        np.zeros(3, np.int64),
        np.zeros((3, MOST_DIMENSIONS), np.uint16),
        np.zeros((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16),
        np.zeros((3, MOST_POINTS), np.uint8),
        np.zeros((3, CLASSES), np.int64),
        np.zeros((3, 2), np.int64),
        np.zeros((3, CLASSES), np.int64),
        np.zeros((3, CLASSES, _WORDS), np.uint64),
        np.zeros((3, 2, MOST_POINTS, _WORDS), np.uint64),
    )


@compiled
def contract(residual: np.ndarray, is_cyclic: bool, into: Contractions) -> None:
    """All contractions of a tensor, [9, 9] words, not zero."""
    compress(residual, into.oriented, into.dims, into.bases)
    other = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    for mode in range(3):
        if mode and is_cyclic:
            for each in (into.ranks, into.lanes, into.counts):
                each[mode] = each[0]
            into.classes[mode], into.members[mode], into.zeros[mode] = into.classes[0], into.members[0], into.zeros[0]
            continue
        after, last = (mode + 1) % 3, (mode + 2) % 3
        words, dims = into.oriented[mode], into.dims[mode]
        _find_classes(words, into.dims[after], into.dims[last], dims, into.classes[mode])
        _list_classes(mode, into)
        for i in range(MOST_DIMENSIONS):
            for j in range(MOST_DIMENSIONS):
                other[i, j] = words[j, i]
        _find_zeros(words, dims, into.dims[after], into.dims[last], into.zeros[mode, 0])
        _find_zeros(other, dims, into.dims[last], into.dims[after], into.zeros[mode, 1])


@compiled
def _find_classes(words: np.ndarray, rows: int, cols: int, dims: int, classes: np.ndarray) -> None:
    """Ranks of M(x) for all x of a mode, by elimination on 64 of them at once.

    Args:
      words: [9, 9]; bits are of the mode, so M(x) has the entry <words[i, j], x>.
      classes: receives the rank of each x.
    """
    num_words = max(1, (1 << dims) >> 6)
    matrix = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS, _WORDS), np.uint64)
    first = np.empty((MOST_DIMENSIONS, _WORDS), np.uint64)
    any_set, has = np.empty(_WORDS, np.uint64), np.empty(_WORDS, np.uint64)
    count = np.zeros((4, _WORDS), np.uint64)  # the rank so far, as binary digits
    for i in range(rows):
        for j in range(cols):
            for word in range(num_words):
                matrix[i, j, word] = _FORMS[words[i, j], word]
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
def _list_classes(mode: int, into: Contractions) -> None:
    """The classes that a mode has, their vectors, and how many these are."""
    lane_of = np.full(CLASSES + 1, -1, np.int64)
    for x in range(1, 1 << into.dims[mode]):
        lane_of[into.classes[mode, x]] = 0
    num = 0
    for rank in range(1, CLASSES + 1):
        if lane_of[rank] == 0:
            lane_of[rank], into.ranks[mode, num], into.counts[mode, num] = num, rank, 0
            into.members[mode, num] = 0
            num += 1
    into.lanes[mode, 0], into.lanes[mode, 1] = num, 8 if num <= 8 else MOST_LANES
    for x in range(1, 1 << into.dims[mode]):
        lane = lane_of[into.classes[mode, x]]
        into.counts[mode, lane] += 1
        into.members[mode, lane, x >> 6] |= np.uint64(1) << np.uint64(x & 63)


@compiled
def _find_zeros(words: np.ndarray, dims: int, dims_y: int, dims_last: int, zeros: np.ndarray) -> None:
    """For each y the set of x, not zero, with T(x, y, .) = 0.

    Args:
      words: [9, 9]; bits are of x's mode, rows of y's.
    """
    points = 1 << dims
    inside = np.zeros(_WORDS, np.uint64)
    for word in range(max(1, points >> 6)):
        inside[word] = ~np.uint64(0) if points >= 64 else (np.uint64(1) << np.uint64(points)) - np.uint64(1)
    inside[0] &= ~np.uint64(1)
    slices = np.zeros(MOST_DIMENSIONS, np.uint16)  # T(., y, k), as y goes through a Gray code
    zeros[0] = inside
    y = 0
    for step in range(1, 1 << dims_y):
        place = 0
        while not step >> place & 1:
            place += 1
        y ^= 1 << place
        zeros[y] = inside
        for k in range(dims_last):
            slices[k] ^= words[place, k]
            for word in range(_WORDS):
                zeros[y, word] &= ~_FORMS[slices[k], word]


@compiled
def _walsh(table: np.ndarray, points: int, lanes: int) -> None:
    """sum_y (-1)^<y, v> table[y] for all v, in place, lane by lane."""
    half = lanes  # one long inner loop is what becomes vector instructions
    while half < points * lanes:
        for start in range(0, points * lanes, 2 * half):
            low, high = table[start : start + half], table[start + half : start + 2 * half]
            for at in range(half):
                a, b = low[at], high[at]
                low[at] = a + b
                high[at] = a - b
        half *= 2


@compiled
def _signs(mode: int, given: Contractions, counted: np.ndarray, table: np.ndarray) -> None:
    """The sum of (-1)^<x, u> over the counted x of each class, for all u of the same mode: into `table` [2^d, lanes].

    Args:
      counted: a set of x.
    """
    num, lanes = given.lanes[mode]
    points = 1 << given.dims[mode]
    table[: points * lanes] = 0
    for lane in range(num):
        for x in range(1, points):
            is_counted = given.members[mode, lane, x >> 6] & counted[x >> 6]
            table[x * lanes + lane] = is_counted >> np.uint64(x & 63) & np.uint64(1)
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
    members = np.empty((CLASSES, _WORDS), np.uint64)
    # An image of dimension c is orthogonal to 2^(d - c) vectors y.
    scales = np.empty(CLASSES, np.float32)
    for lane in range(num):
        members[lane] = given.members[mode, lane] & counted
        scales[lane] = np.float32(2.0 ** (given.ranks[mode, lane] - dims))
    table[: points * lanes] = 0
    for y in range(points):
        for lane in range(num):
            total = np.uint64(0)
            for word in range(_WORDS):
                total += _count_ones(zeros[y, word] & members[lane, word])
            table[y * lanes + lane] = scales[lane] * np.float32(np.int64(total))
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
        scale = np.float32(2.0 ** (given.ranks[mode, lane] - dims - 1))
        for y in range(points):
            for word in range(_WORDS):
                left = zeros[y, word] & given.members[mode, lane, word]
                while left:
                    lowest = left & (~left + np.uint64(1))
                    x = (word << 6) + np.int64(_count_ones(lowest - np.uint64(1)))
                    table[y * lanes + lane] += scale
                    table[(x ^ y) * lanes + lane] -= scale
                    left ^= lowest
    _walsh(table, points, lanes)


@compiled
def _find_holders(mode: int, image: int, given: Contractions, u: int, found: np.ndarray) -> None:
    """The set of the x of a mode whose image in another one holds u."""
    zeros = given.zeros[mode, 0 if (mode + 1) % 3 == image else 1]
    without = np.zeros(_WORDS, np.uint64)
    for y in range(1, 1 << given.dims[image]):
        is_odd = np.uint64(0) - (_FORMS[u, y >> 6] >> np.uint64(y & 63) & np.uint64(1))
        for word in range(_WORDS):
            without[word] |= zeros[y, word] & is_odd
    for word in range(_WORDS):
        found[word] = zeros[0, word] & ~without[word]


@compiled
def count_pairs(
    given: Contractions, u: int, source: int, image: int, tables: np.ndarray, scales: np.ndarray
) -> tuple[int, int, int]:
    """What the policy sees of each vector v of one mode, given a vector u of another.

    Of each class: the share of x of u's mode with <x, u> = 1 whose image holds v; the share of y of v's mode with
    <y, v> = 1 whose image holds u; the share of z of the third mode whose images hold both.

    Args:
      source, image: modes of u and of v.
      tables: receives three tables [2^d, lanes] of numbers which become these shares
      scales: by those in [3, lanes], for each class that is there (`lanes`, `ranks`).
    Returns:
      The modes whose classes the three tables count.
    """
    third = 3 - source - image
    points, subset = 1 << given.dims[image], np.empty(_WORDS, np.uint64)
    for number, mode in enumerate((source, image, third)):
        for lane in range(given.lanes[mode, 0]):
            scales[number, lane] = np.float32(1) / np.float32(given.counts[mode, lane])
    _holders(source, image, given, _FORMS[u], tables[0])

    _find_holders(image, source, given, u, subset)
    _signs(image, given, subset, tables[1])
    num, lanes = given.lanes[image]
    for lane in range(num):  # of n, of which the sum of signs is s, (n - s) / 2 are odd
        total, half = tables[1, lane], np.float32(0.5)
        for v in range(points):
            tables[1, v * lanes + lane] = (total - tables[1, v * lanes + lane]) * half

    _find_holders(third, source, given, u, subset)
    _holders(third, image, given, subset, tables[2])
    return source, image, third


@compiled
def _write(
    table: np.ndarray, mode: int, points: int, scales: np.ndarray, given: Contractions, seen: np.ndarray, first: int
) -> None:
    """Counts by class as shares of the classes, into the columns of `seen` from `first` on."""
    num, lanes = given.lanes[mode]
    for lane in range(num):
        column = first + given.ranks[mode, lane] - 1
        for v in range(points):
            seen[v, column] = table[v * lanes + lane] * scales[lane]


@compiled
def see_pairs(
    residuals: np.ndarray,
    is_cyclic: bool,
    given: np.ndarray,
    sources: np.ndarray,
    images: np.ndarray,
    first: np.ndarray,
    seen: np.ndarray,
) -> None:
    """The shares of `count_pairs` as a table.

    Args:
      given: [batch] vectors u.
      sources, images: modes of u and of v, one pair for each side that is seen.
      first: [batch] rows of the table.
      seen: receives [rows, sides * PAIR_FEATURES]; zero before.
    """
    tables, scales = np.empty((3, MOST_POINTS * MOST_LANES), np.float32), np.empty((3, MOST_LANES), np.float32)
    held = room()
    for row in range(len(residuals)):
        contract(residuals[row], is_cyclic, held)
        here = seen[first[row] :]
        for side in range(len(sources)):
            modes, points = (
                count_pairs(held, given[row], sources[side], images[side], tables, scales),
                1 << held.dims[images[side]],
            )
            for number in range(3):
                column = side * PAIR_FEATURES + number * CLASSES
                _write(tables[number], modes[number], points, scales[number], held, here, column)


@compiled
def see_points(residuals: np.ndarray, is_cyclic: bool, first: np.ndarray, seen: np.ndarray) -> None:
    """What the policy sees of each vector of each mode.

    Args:
      first: [batch] rows of the table.
      seen: receives [modes, rows, POINT_FEATURES]; zero before.
    """
    held, table = room(), np.empty(MOST_POINTS * MOST_LANES, np.float32)
    for row in range(len(residuals)):
        contract(residuals[row], is_cyclic, held)
        for mode in range(1 if is_cyclic else 3):
            see_points_of(held, mode, is_cyclic, table, seen[mode, first[row] :])


@compiled
def see_points_of(given: Contractions, mode: int, is_cyclic: bool, table: np.ndarray, seen: np.ndarray) -> None:
    """As `see_points`, one mode of one tensor: [2^d, POINT_FEATURES]; `table` is room to work in."""
    points, all_x, scales = 1 << given.dims[mode], np.full(_WORDS, ~np.uint64(0)), np.empty(MOST_LANES, np.float32)
    for other in range(3):
        source = (mode + other) % 3
        for lane in range(given.lanes[source, 0]):
            scales[lane] = np.float32(1) / np.float32(given.counts[source, lane])
        if other == 0:
            _signs(mode, given, all_x, table)
        else:
            _holders(source, mode, given, all_x, table)
        _write(table, source, points, scales, given, seen, other * CLASSES)
        if other and is_cyclic:
            _holders_apart(source, mode, given, table)
            _write(table, source, points, scales, given, seen, (other + 2) * CLASSES)


@compiled
def _whole(given: Contractions, mode: int, table: np.ndarray, seen: np.ndarray) -> None:
    """Features of one mode of a whole tensor; `table` is room to work in."""
    num, lanes = given.lanes[mode]
    points = 1 << given.dims[mode]
    _signs(mode, given, np.full(_WORDS, ~np.uint64(0)), table)
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
        at = given.ranks[mode, lane] - 1
        seen[at] = given.counts[mode, lane] / points
        seen[CLASSES + at] = 0.3 * np.log(1.0 + given.counts[mode, lane])
        seen[2 * CLASSES + at] = third[lane] * 10 / np.float32(points)
        seen[3 * CLASSES + at] = fourth[lane] * 10 / np.float32(points)
        seen[4 * CLASSES + at] = highest[lane]
    seen[5 * CLASSES + given.dims[mode] - 1] = 1


@compiled
def _cubic(given: Contractions, seen: np.ndarray) -> None:
    """Mean of T(x, x, x) over each class, of a tensor whose three modes are one."""
    dims, odd = given.dims[0], np.zeros(CLASSES + 1, np.int64)
    for x in range(1, 1 << dims):
        value = np.uint64(0)
        for i in range(dims):
            if x >> i & 1:
                for j in range(dims):
                    if x >> j & 1:
                        value ^= _FORMS[given.oriented[0, i, j], x >> 6]
        odd[given.classes[0, x]] += np.int64(value >> np.uint64(x & 63) & np.uint64(1))
    for lane in range(given.lanes[0, 0]):
        rank = given.ranks[0, lane]
        seen[6 * CLASSES + rank - 1] = odd[rank] / given.counts[0, lane]


@compiled
def see_wholes(residuals: np.ndarray, is_cyclic: bool, seen: np.ndarray) -> None:
    """What the value sees of each tensor.

    Args:
      residuals: [batch, 9, 9] words, none of them zero.
      seen: receives [batch, modes * MODE_FEATURES]; zero before. The three modes of a cyclic tensor are one.
    """
    held, table = room(), np.empty(MOST_POINTS * MOST_LANES, np.float32)
    for row in range(len(residuals)):
        compress(residuals[row], held.oriented, held.dims, held.bases)
        for mode in range(1 if is_cyclic else 3):
            here, dims = seen[row, mode * MODE_FEATURES : (mode + 1) * MODE_FEATURES], held.dims
            _find_classes(
                held.oriented[mode], dims[(mode + 1) % 3], dims[(mode + 2) % 3], dims[mode], held.classes[mode]
            )
            _list_classes(mode, held)
            _whole(held, mode, table, here)
            if is_cyclic:
                _cubic(held, here)
