"""The fewest additions over Z2 of all schemes that sandwiching makes of one; compiled by Numba.

A sandwich writes the matrices of the three modes in other bases P, Q, R of the axes: the rows and columns of u in P and
Q, those of v in Q* and R, those of w in R* and P*, with * the dual basis. The order of a basis does not matter, so an
axis of length 3 has 28, and its 28^3 sandwiches have 3 * 28^2 sides between them.

A side needs an addition for each distinct sum of more than one input, and its helpers (`fewest`). Of the triangles of
three sides the one that is least by what is known is taken, and its side of which least is known is searched with one
helper more; until all of the least triangle is known.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np

from stages.algebra.symmetry import MODE_AXES
from stages.algebra.targets import Size
from stages.compiled import compiled
from stages.program.fewest import NODES, POINTS, Room, is_enough


class Bases(NamedTuple):
    """The bases of the axes of a size, as the modes see them: bases of the rows and of the columns of their matrices.

    A vector and a matrix are words: bit i of a vector is its entry i, and bit i * columns + j of a matrix is (i, j).

    Attributes:
      inputs: int64 [3], entries of the matrices.
      row_vectors, col_vectors: for each mode int64 [bases, length].
      rows, cols: for each mode int64 [bases, matrices], a matrix with its rows, or its columns, written in a basis.
      outer: for each mode int64 [vectors, vectors], the matrix x y^T.
    """

    inputs: np.ndarray
    row_vectors: tuple[np.ndarray, ...]
    col_vectors: tuple[np.ndarray, ...]
    rows: tuple[np.ndarray, ...]
    cols: tuple[np.ndarray, ...]
    outer: tuple[np.ndarray, ...]


class Minimum(NamedTuple):
    """What `minimum` finds.

    Attributes:
      additions: int64 [3], of u, v and w^T, which no equivalent scheme has fewer of together.
      bases: int64 [3], numbers of P, Q and R, with which there are so few if `is_exact`.
      is_exact: all is known; else the nodes did not suffice.
    """

    additions: np.ndarray
    bases: np.ndarray
    is_exact: bool


@cache
def bases_of(size: Size) -> Bases:
    """Of axes of at most 4."""
    axes = [_bases(length) for length in size]
    duals = [np.array([_inverse(basis).T for basis in axis]) for axis in axes]
    parts = []
    for mode, (a, b) in enumerate(MODE_AXES):
        row_bases, col_bases = axes[a] if mode == 0 else duals[a], duals[b] if mode == 2 else axes[b]
        shape = size[a], size[b]
        matrices = _bits(np.arange(1 << shape[0] * shape[1]), shape[0] * shape[1]).reshape(-1, *shape)
        x, y = (_bits(np.arange(1 << length), length) for length in shape)
        parts.append(
            (
                _words(row_bases.swapaxes(1, 2)),
                _words(col_bases.swapaxes(1, 2)),
                np.array([_words((_inverse(basis) @ matrices % 2).reshape(len(matrices), -1)) for basis in row_bases]),
                np.array(
                    [_words((matrices @ _inverse(basis).T % 2).reshape(len(matrices), -1)) for basis in col_bases]
                ),
                _words((x[:, None, :, None] * y[None, :, None, :]).reshape(len(x), len(y), -1)),
            )
        )
    return Bases(np.array([size[a] * size[b] for a, b in MODE_AXES]), *zip(*parts, strict=True))


def _bases(length: int) -> np.ndarray:
    """The bases of the vectors over Z2, [bases, length, length]; their vectors are the columns."""
    vectors = _bits(np.arange(1, 1 << length), length)
    chosen = (np.stack(each, axis=1) for each in itertools.combinations(vectors, length))
    return np.array([matrix for matrix in chosen if round(np.linalg.det(matrix)) % 2])


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Over Z2, of a matrix of 0 and 1 whose determinant is odd: the adjugate."""
    adjugate: np.ndarray = np.rint(np.linalg.inv(matrix) * np.linalg.det(matrix)).astype(np.int64)
    return adjugate & 1


def _bits(words: np.ndarray, length: int) -> np.ndarray:
    return words[..., None] >> np.arange(length) & 1


def _words(bits: np.ndarray) -> np.ndarray:
    words: np.ndarray = bits @ (1 << np.arange(bits.shape[-1]))
    return words


@compiled
def _bound(words: np.ndarray, mode: int, bases: Bases, bound: np.ndarray) -> None:
    """Writes how many distinct sums of more than one input there are in each basis of rows and of columns."""
    is_there = np.zeros(POINTS, np.int64)
    distinct = 0
    for word in words:
        distinct += word != 0 and not is_there[word]
        is_there[word] = 1
    outer, row_vectors, col_vectors = bases.outer[mode], bases.row_vectors[mode], bases.col_vectors[mode]
    single = np.zeros(len(outer), np.int64)  # inputs in the row of a vector
    for b in range(len(col_vectors)):
        for x in range(1, len(outer)):
            single[x] = 0
            for y in col_vectors[b]:
                single[x] += is_there[outer[x, y]]
        for a in range(len(row_vectors)):
            bound[a, b] = distinct
            for x in row_vectors[a]:
                bound[a, b] -= single[x]


@compiled
def _join(second: np.ndarray, third: np.ndarray) -> int:
    least: int = second[0] + third[0]
    for r in range(1, len(second)):
        least = min(least, second[r] + third[r])
    return least


@compiled
def written(words: np.ndarray, mode: int, row_basis: int, col_basis: int, bases: Bases) -> np.ndarray:
    """The factors of a mode, int64 [R], in other bases."""
    rows, cols = bases.rows[mode][row_basis], bases.cols[mode][col_basis]
    return np.array([cols[rows[word]] for word in words])


@compiled
def minimum(words: np.ndarray, bases: Bases, room: Room, nodes: int) -> Minimum:
    """The fewest additions of the sums of u, v and w^T together, over Z2, in any bases.

    Args:
      words: int64 [3, R], the factors of a scheme.
      nodes: of a search for helpers, at most.
    """
    p_bases, q_bases, r_bases = len(bases.rows[0]), len(bases.rows[1]), len(bases.rows[2])
    sides = (
        np.zeros((p_bases, q_bases), np.int64),
        np.zeros((q_bases, r_bases), np.int64),
        np.zeros((r_bases, p_bases), np.int64),
    )
    for mode in range(3):
        _bound(words[mode], mode, bases, sides[mode])
    first, second, third = sides[0], sides[1], sides[2].T.copy()
    known = (np.zeros_like(first), np.zeros_like(second), np.zeros_like(third))  # helpers refuted, -1 if enough
    joined = np.zeros((p_bases, q_bases), np.int64)
    for i in range(p_bases):
        for j in range(q_bases):
            joined[i, j] = _join(second[j], third[i])
    while True:
        p, q = 0, 0
        for i in range(p_bases):
            for j in range(q_bases):
                if first[i, j] + joined[i, j] < first[p, q] + joined[p, q]:
                    p, q = i, j
        r = 0
        while second[q, r] + third[p, r] != joined[p, q]:
            r += 1
        helpers = (known[0][p, q], known[1][q, r], known[2][p, r])
        mode = -1
        for each in range(3):
            if helpers[each] >= 0 and (mode < 0 or helpers[each] < helpers[mode]):
                mode = each
        ends = np.array([p, q, r])
        additions = np.array([first[p, q], second[q, r], third[p, r]])
        if mode < 0:
            return Minimum(additions, ends, True)
        sums = written(words[mode], mode, ends[mode], ends[(mode + 1) % 3], bases)
        at = ends[mode], ends[(mode + 1) % 3]
        if mode == 2:
            at = at[1], at[0]
        is_found = is_enough(room, sums, bases.inputs[mode], helpers[mode], nodes)
        if not is_found and not room.counts[NODES]:
            return Minimum(additions, ends, False)
        if is_found:
            known[mode][at] = -1
            continue
        known[mode][at] += 1
        if mode == 0:
            first[at] += 1
        elif mode == 1:
            second[at] += 1
            for i in range(p_bases):
                joined[i, q] = _join(second[q], third[i])
        else:
            third[at] += 1
            for j in range(q_bases):
                joined[p, j] = _join(second[j], third[p])
