"""What a basis cannot change of a tensor over Z2: ranks of its contractions, and which vectors lie in whose image.

Contracting a tensor with a dual vector x of one mode gives a matrix M(x) over the two others; its rank is the *class*
of x, 1..9. All that a network sees is counted over x by class, for a vector, or for a pair of vectors: so a change of
basis permutes the features of vectors as it permutes the vectors, and no random basis is needed to teach that.

The image of M(x) in a mode is what is orthogonal to {y : T(x, y, .) = 0}. So the number of x of a class whose image
holds v, for all v at once, is a Walsh transform of the counts of such pairs (x, y), which are few.

Modes count on from one another: after mode m come m + 1 and m + 2 (modulo 3). Tables over vectors hold many states,
each with its zero vector in row `first` (`game.layout`); rows beyond a mode's own dimension are zero.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled
from stages.game.support import MOST_DIMENSIONS, compress

_CLASSES = MOST_DIMENSIONS
_LANES = 16  # classes 1..9 of a vector register of float32; lane 0 takes what does not count
_MOST_POINTS = 2**MOST_DIMENSIONS
_MOST_WORDS = _MOST_POINTS // 64

MODE_FEATURES = 7 * _CLASSES  # of the whole, for each mode
POINT_FEATURES = 5 * _CLASSES  # of a vector
PAIR_FEATURES = 3 * _CLASSES  # of a vector, given one of another mode


def _linear_forms() -> np.ndarray:
    """[a, word]: bit x is <a, x>, for all x of 9 dimensions."""
    a, x = np.arange(_MOST_POINTS)[:, None], np.arange(_MOST_POINTS)[None, :]
    odd = np.zeros((_MOST_POINTS, _MOST_POINTS), bool)
    for place in range(MOST_DIMENSIONS):
        odd ^= (a & x) >> place & 1 == 1
    return np.packbits(odd, axis=1, bitorder="little").view(np.uint64)


_FORMS = _linear_forms()

# The place of a word's only bit: the top six bits of its product with this number tell all 64 places apart.
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.argsort([(1 << place) * int(_DE_BRUIJN) % 2**64 >> 58 for place in range(64)])


@compiled
def _odd(a: int, b: int) -> int:
    """<a, b>."""
    return int(_FORMS[a, b >> 6] >> np.uint64(b & 63) & np.uint64(1))


@compiled
def _find_classes(words: np.ndarray, rows: int, cols: int, dims: int, classes: np.ndarray) -> None:
    """Ranks of M(x) for all x of a mode, by elimination on 64 of them at once.

    Args:
      words: [9, 9]; bits are of the mode, so M(x) has the entry <words[i, j], x>.
      classes: receives the rank of each x.
    """
    num_words = max(1, (1 << dims) >> 6)
    matrix = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS, _MOST_WORDS), np.uint64)
    first = np.empty((MOST_DIMENSIONS, _MOST_WORDS), np.uint64)
    any_set, has = np.empty(_MOST_WORDS, np.uint64), np.empty(_MOST_WORDS, np.uint64)
    count = np.zeros((4, _MOST_WORDS), np.uint64)  # the rank so far, as binary digits
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
def _find_zeros(words: np.ndarray, dims: int, dims_next: int, dims_last: int, zeros: np.ndarray) -> int:
    """The pairs (x, y), neither of them zero, x of a mode and y of the next, with T(x, y, .) = 0; returns their number.

    Args:
      words: [9, 9]; bits are of x's mode, rows of y's.
    """
    num_words, points = max(1, (1 << dims) >> 6), 1 << dims
    slices = np.zeros(MOST_DIMENSIONS, np.uint16)  # T(., y, k), as y goes through a Gray code
    is_set = np.empty(_MOST_WORDS, np.uint64)
    y, found = 0, 0
    for step in range(1, 1 << dims_next):
        place = 0
        while not step >> place & 1:
            place += 1
        y ^= 1 << place
        is_set[:] = 0
        for k in range(dims_last):
            slices[k] ^= words[place, k]
            for word in range(num_words):
                is_set[word] |= _FORMS[slices[k], word]
        for word in range(num_words):
            left = ~is_set[word]
            if points < 64:
                left &= (np.uint64(1) << np.uint64(points)) - np.uint64(1)
            if word == 0:
                left &= ~np.uint64(1)
            while left:
                lowest = left & (~left + np.uint64(1))
                zeros[found, 0] = (word << 6) + _PLACES[lowest * _DE_BRUIJN >> np.uint64(58)]
                zeros[found, 1] = y
                found += 1
                left ^= lowest
    return found


@compiled
def _walsh(table: np.ndarray, points: int) -> None:
    """sum_y (-1)^<y, v> table[y] for all v, in place, lane by lane."""
    flat = table.reshape(-1)  # one long inner loop is what becomes vector instructions
    half = _LANES
    while half < points * _LANES:
        for start in range(0, points * _LANES, 2 * half):
            low, high = flat[start : start + half], flat[start + half : start + 2 * half]
            for at in range(half):
                a, b = low[at], high[at]
                low[at] = a + b
                high[at] = a - b
        half *= 2


@compiled
def _tally(labels: np.ndarray, points: int, counts: np.ndarray) -> None:
    """How many of each label."""
    counts[:] = 0
    for x in range(points):
        counts[labels[x]] += 1


@compiled
def _holders(
    zeros: np.ndarray, num_zeros: int, side: int, labels: np.ndarray, dims: int, dims_image: int, table: np.ndarray
) -> None:
    """How many x of each label have v in their image in another mode, for all v of that: into `table` [2^d, lanes].

    Args:
      zeros: pairs with T = 0, in whose column `side` x stands and in the other one y of the image's mode.
      labels: class of each x, or 0 if it is not to be counted.
    """
    points = 1 << dims_image
    table[:points] = 0
    for x in range(1, 1 << dims):
        table[0, labels[x]] += 1
    for pair in range(num_zeros):
        table[zeros[pair, 1 - side], labels[zeros[pair, side]]] += 1
    _walsh(table, points)
    # An image of dimension c is orthogonal to 2^(d - c) vectors y.
    for lane in range(1, _CLASSES + 1):
        scale = np.float32(2.0 ** (lane - dims_image))
        for v in range(points):
            table[v, lane] *= scale


@compiled
def _mark_holders(
    zeros: np.ndarray, num_zeros: int, side: int, u: int, classes: np.ndarray, dims: int, labels: np.ndarray
) -> None:
    """Labels each x whose image holds `u` with its class, the others with 0; arguments as for `_holders`."""
    for x in range(1 << dims):
        labels[x] = classes[x]
    for pair in range(num_zeros):
        if _odd(u, zeros[pair, 1 - side]):
            labels[zeros[pair, side]] = 0


@compiled
def _write(table: np.ndarray, points: int, total: np.ndarray, given: np.ndarray, first: int) -> None:
    """Counts by class as shares of the classes, into the columns of `given` from `first` on."""
    for v in range(points):
        for lane in range(1, _CLASSES + 1):
            if total[lane]:
                given[v, first + lane - 1] = table[v, lane] / np.float32(total[lane])


@compiled
def _whole(classes: np.ndarray, dims: int, table: np.ndarray, seen: np.ndarray) -> None:
    """Features of one mode of a whole tensor, from the classes of its vectors; `table` is room to work in."""
    points = 1 << dims
    total = np.zeros(_LANES, np.int64)
    _tally(classes, points, total)
    table[:points] = 0
    for x in range(1, points):
        table[x, classes[x]] = 1
    _walsh(table, points)
    for lane in range(1, _CLASSES + 1):
        if not total[lane]:
            continue
        third, fourth, highest = np.float32(0), np.float32(0), np.float32(-1)
        scale = np.float32(1) / np.float32(total[lane])
        for u in range(1, points):
            value = table[u, lane] * scale
            third += value * value * value
            fourth += value * value * value * value
            highest = max(highest, value)
        at = lane - 1
        seen[at] = total[lane] / points
        seen[_CLASSES + at] = 0.3 * np.log(1.0 + total[lane])
        seen[2 * _CLASSES + at] = third * 10 / np.float32(points)
        seen[3 * _CLASSES + at] = fourth * 10 / np.float32(points)
        seen[4 * _CLASSES + at] = highest
    seen[5 * _CLASSES + dims - 1] = 1


@compiled
def _cubic(oriented: np.ndarray, classes: np.ndarray, dims: int, seen: np.ndarray) -> None:
    """Mean of T(x, x, x) over each class, of a tensor whose three modes are one."""
    total, odd = np.zeros(_LANES, np.int64), np.zeros(_LANES, np.int64)
    for x in range(1, 1 << dims):
        value = 0
        for i in range(dims):
            if x >> i & 1:
                for j in range(dims):
                    if x >> j & 1:
                        value ^= _odd(oriented[i, j], x)
        total[classes[x]] += 1
        odd[classes[x]] += value
    for lane in range(1, _CLASSES + 1):
        if total[lane]:
            seen[6 * _CLASSES + lane - 1] = odd[lane] / total[lane]


@compiled
def see_wholes(residuals: np.ndarray, is_cyclic: bool, seen: np.ndarray) -> None:
    """What the value sees of each tensor.

    Args:
      residuals: [batch, 9, 9] words, none of them zero.
      seen: receives [batch, modes * MODE_FEATURES]; zero before. The three modes of a cyclic tensor are one.
    """
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    dims, bases = np.empty(3, np.int64), np.empty((3, MOST_DIMENSIONS), np.uint16)
    classes = np.empty(_MOST_POINTS, np.uint8)
    table = np.empty((_MOST_POINTS, _LANES), np.float32)
    for row in range(len(residuals)):
        compress(residuals[row], oriented, dims, bases)
        for mode in range(1 if is_cyclic else 3):
            here = seen[row, mode * MODE_FEATURES : (mode + 1) * MODE_FEATURES]
            _find_classes(oriented[mode], dims[(mode + 1) % 3], dims[(mode + 2) % 3], dims[mode], classes)
            _whole(classes, dims[mode], table, here)
            if is_cyclic:
                _cubic(oriented[0], classes, dims[0], here)


@compiled
def see_points(residuals: np.ndarray, is_cyclic: bool, first: np.ndarray, seen: np.ndarray) -> None:
    """What the policy sees of each vector of each mode.

    Args:
      first: [batch] rows of the table.
      seen: receives [modes, rows, POINT_FEATURES]; zero before.
    """
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    dims, bases = np.empty(3, np.int64), np.empty((3, MOST_DIMENSIONS), np.uint16)
    classes = np.empty((3, _MOST_POINTS), np.uint8)
    zeros, num_zeros = np.empty((3, _MOST_POINTS**2, 2), np.uint16), np.empty(3, np.int64)
    table, total = np.empty((_MOST_POINTS, _LANES), np.float32), np.empty(_LANES, np.int64)
    for row in range(len(residuals)):
        compress(residuals[row], oriented, dims, bases)
        _find_all(oriented, dims, is_cyclic, classes, zeros, num_zeros)
        for mode in range(1 if is_cyclic else 3):
            points, here = 1 << dims[mode], seen[mode, first[row] :]
            table[:points] = 0
            for x in range(1, points):
                table[x, classes[mode, x]] = 1
            _walsh(table, points)
            _tally(classes[mode], points, total)
            _write(table, points, total, here, 0)
            for other in range(1, 3):
                source = (mode + other) % 3
                # Pairs (x, y) are listed with x of the earlier mode.
                side = 1 if other == 1 else 0
                listed = mode if other == 1 else source
                _tally(classes[source], 1 << dims[source], total)
                _holders(zeros[listed], num_zeros[listed], side, classes[source], dims[source], dims[mode], table)
                _write(table, points, total, here, other * _CLASSES)
                if is_cyclic:
                    _holders_apart(zeros[listed], num_zeros[listed], side, classes[0], dims[0], table)
                    _write(table, points, total, here, (other + 2) * _CLASSES)


@compiled
def _holders_apart(
    zeros: np.ndarray, num_zeros: int, side: int, classes: np.ndarray, dims: int, table: np.ndarray
) -> None:
    """How many x of each class hold u in their image and have <x, u> = 1, of a tensor whose three modes are one.

    [<x, u> = 1] (-1)^<y, u> = ((-1)^<y, u> - (-1)^<x + y, u>) / 2: one Walsh transform as well.
    """
    points = 1 << dims
    table[:points] = 0
    for x in range(1, points):
        table[0, classes[x]] += 1
        table[x, classes[x]] -= 1
    for pair in range(num_zeros):
        x, y = zeros[pair, side], zeros[pair, 1 - side]
        table[y, classes[x]] += 1
        table[x ^ y, classes[x]] -= 1
    _walsh(table, points)
    for lane in range(1, _CLASSES + 1):
        scale = np.float32(2.0 ** (lane - dims - 1))
        for v in range(points):
            table[v, lane] *= scale


@compiled
def _find_all(
    oriented: np.ndarray,
    dims: np.ndarray,
    is_cyclic: bool,
    classes: np.ndarray,
    zeros: np.ndarray,
    num_zeros: np.ndarray,
) -> None:
    """Classes of each mode and pairs of each mode and the next."""
    for mode in range(3):
        if mode and is_cyclic:
            for x in range(1 << dims[0]):
                classes[mode, x] = classes[0, x]
            num_zeros[mode] = num_zeros[0]
            for pair in range(num_zeros[0]):
                zeros[mode, pair, 0], zeros[mode, pair, 1] = zeros[0, pair, 0], zeros[0, pair, 1]
            continue
        after, last = dims[(mode + 1) % 3], dims[(mode + 2) % 3]
        _find_classes(oriented[mode], after, last, dims[mode], classes[mode])
        num_zeros[mode] = _find_zeros(oriented[mode], dims[mode], after, last, zeros[mode])


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
    """What the policy sees of each vector v of one mode, given a vector u of another.

    Of each class: the share of x of u's mode with <x, u> = 1 whose image holds v; the share of y of v's mode with
    <y, v> = 1 whose image holds u; the share of z of the third mode whose images hold both.

    Args:
      given: [batch, candidates] vectors u.
      sources, images: modes of u and of v, one pair for each side that is seen.
      first: [batch, candidates] rows of the table.
      seen: receives [rows, sides * PAIR_FEATURES]; zero before.
    """
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    dims, bases = np.empty(3, np.int64), np.empty((3, MOST_DIMENSIONS), np.uint16)
    classes = np.empty((3, _MOST_POINTS), np.uint8)
    zeros, num_zeros = np.empty((3, _MOST_POINTS**2, 2), np.uint16), np.empty(3, np.int64)
    for row in range(len(residuals)):
        compress(residuals[row], oriented, dims, bases)
        _find_all(oriented, dims, is_cyclic, classes, zeros, num_zeros)
        for candidate in range(given.shape[1]):
            u = given[row, candidate]
            here = seen[first[row, candidate] :]
            if candidate and u == given[row, candidate - 1]:
                _copy(seen[first[row, candidate - 1] :], 1 << dims.max(), here)
                continue
            for side in range(len(sources)):
                columns = here[:, side * PAIR_FEATURES :]
                _see_pair(u, sources[side], images[side], dims, classes, zeros, num_zeros, columns)


@compiled
def _copy(table: np.ndarray, points: int, here: np.ndarray) -> None:
    for row in range(points):
        for column in range(table.shape[1]):
            here[row, column] = table[row, column]


@compiled
def _see_pair(
    u: int,
    source: int,
    image: int,
    dims: np.ndarray,
    classes: np.ndarray,
    zeros: np.ndarray,
    num_zeros: np.ndarray,
    here: np.ndarray,
) -> None:
    third = 3 - source - image
    points = 1 << dims[image]
    labels, total = np.empty(_MOST_POINTS, np.uint8), np.empty(_LANES, np.int64)
    table = np.empty((_MOST_POINTS, _LANES), np.float32)

    for x in range(1 << dims[source]):
        labels[x] = classes[source, x] if _odd(x, u) else 0
    listed, side = _listing(source, image)
    _holders(zeros[listed], num_zeros[listed], side, labels, dims[source], dims[image], table)
    _tally(classes[source], 1 << dims[source], total)
    _write(table, points, total, here, 0)

    _mark_holders(zeros[listed], num_zeros[listed], 1 - side, u, classes[image], dims[image], labels)
    table[:points] = 0
    for y in range(1, points):
        table[0, labels[y]] += 1
        table[y, labels[y]] -= 1
    _walsh(table, points)
    _tally(classes[image], points, total)
    for lane in range(_LANES):
        total[lane] *= 2
    _write(table, points, total, here, _CLASSES)

    listed, side = _listing(third, source)
    _mark_holders(zeros[listed], num_zeros[listed], side, u, classes[third], dims[third], labels)
    listed, side = _listing(third, image)
    _holders(zeros[listed], num_zeros[listed], side, labels, dims[third], dims[image], table)
    _tally(classes[third], 1 << dims[third], total)
    _write(table, points, total, here, 2 * _CLASSES)


@compiled
def _listing(one: int, other: int) -> tuple[int, int]:
    """In which list the pairs of two modes stand, and in which column of it the vectors of the first mode."""
    return (one, 0) if (one + 1) % 3 == other else (other, 1)
