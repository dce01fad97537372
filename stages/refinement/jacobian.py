"""The Brent equations to first order modulo 2: what a small change of the factors does. `lift` calls it.

Factors a, b, c, the longest mode first, change by a', b', c' in {0, 1}. Equation (i, j, k) then changes by

    sum_r  a'_ir b_jr c_kr + a_ir (b'_jr c_kr + b_jr c'_kr)        (modulo 2)

The first part is one and the same matrix for every i. It is eliminated once, on the equations (j, k) of a slice; what
remains of slice i has no a' and differs from the other slices only by which terms it sees, those with a_ir = 1. These
remains for all i are the «reduced system», with a third of the unknowns left. It has far more equations than unknowns,
so sums of them are eliminated instead («sketch»); `annihilates` tells whether nothing was lost.

The first non-zero entry of b_r and of c_r stays as it is: a term may be scaled, which makes two unknowns per term free.
Compiled by Numba, outside the jaxtyping hook of the tests like `elimination`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.refinement.elimination import (
    LOW,
    NOBODY,
    ONE,
    WORD_BITS,
    ZERO,
    Echelon,
    U,
    add,
    backward,
    eliminate,
    forward,
    null_space,
)

SPARE = 64  # a sketch with this many rows to spare misses an equation with probability about 2^-64
SHARES = 3  # rows of the sketch that an equation is added to


class Jacobian(NamedTuple):
    """The eliminated equations.

    Attributes:
      a: uint8 [S_a, R]; the factor itself.
      per_slice: Echelon of the equations (j, k): columns of a', padded to whole words, then of the reduced system.
      reduced_system: Echelon of the reduced system or of its sketch.
      masks: uint64 [S_a, words of the reduced system]; the unknowns of terms with a_ir = 1.
      places: int64 [S_b + S_c, R]; column of an unknown in the reduced system, NOBODY for those kept.
      sketch: int64 [equations, SHARES]; rows of `reduced_system` that one of its equations is added to. One
        column: no sketch.
    """

    a: np.ndarray
    per_slice: Echelon
    reduced_system: Echelon
    masks: np.ndarray
    places: np.ndarray
    sketch: np.ndarray


@compiled
def _set(words, column):
    words[column >> 6] |= ONE << (U(column) & LOW)


@compiled
def _places(b, c):
    """Columns of the reduced system, in order of the rows of b and c."""
    places = np.empty((b.shape[0] + c.shape[0], b.shape[1]), np.int64)
    count = 0
    for first, matrix in ((0, b), (b.shape[0], c)):
        is_met = np.zeros(matrix.shape[1], U)
        for j in range(matrix.shape[0]):
            for r in range(matrix.shape[1]):
                if matrix[j, r] and not is_met[r]:
                    places[first + j, r] = NOBODY
                    is_met[r] = ONE
                else:
                    places[first + j, r] = count
                    count += 1
    return places, count


@compiled
def linearise(a, b, c, is_sketched):
    """Eliminates the equations around factors modulo 2.

    Args:
      a, b, c: uint8 [S, R] of 0 and 1; no column is zero.
      is_sketched: False to keep every equation.
    """
    rank = a.shape[1]
    places, unknowns = _places(b, c)
    offset = (rank + WORD_BITS - 1) // WORD_BITS
    words = (unknowns + WORD_BITS - 1) // WORD_BITS
    rows = np.zeros((b.shape[0] * c.shape[0], offset + words), U)
    for j in range(b.shape[0]):
        for k in range(c.shape[0]):
            row = rows[j * c.shape[0] + k]
            for r in range(rank):
                if b[j, r] and c[k, r]:
                    _set(row, r)
                if c[k, r] and places[j, r] != NOBODY:
                    _set(row[offset:], places[j, r])
                if b[j, r] and places[b.shape[0] + k, r] != NOBODY:
                    _set(row[offset:], places[b.shape[0] + k, r])
    per_slice = eliminate(rows, rank)
    remains = per_slice.rows[per_slice.pivots.size :, offset:]
    masks = np.zeros((a.shape[0], words), U)
    for i in range(a.shape[0]):
        for j in range(places.shape[0]):
            for r in range(rank):
                if a[i, r] and places[j, r] != NOBODY:
                    _set(masks[i], places[j, r])
    sketch, size = _sketch(a.shape[0] * remains.shape[0], unknowns + SPARE, is_sketched)
    reduced_system = np.zeros((size, words), U)
    for i in range(a.shape[0]):
        for q in range(remains.shape[0]):
            for row in sketch[i * remains.shape[0] + q]:
                for word in range(words):
                    reduced_system[row, word] ^= remains[q, word] & masks[i, word]
    return Jacobian(a, per_slice, eliminate(reduced_system, unknowns), masks, places, sketch)


@compiled
def _sketch(equations, size, is_sketched):
    """Rows that each equation is added to, and their number; a fixed pseudo-random choice."""
    shares = SHARES
    if equations <= size or not is_sketched:
        shares, size = 1, equations
    sketch = np.empty((equations, shares), np.int64)
    state = ONE
    for equation in range(equations):
        sketch[equation, 0] = equation % size
        for share in range(1, shares):
            state = state * U(6364136223846793005) + U(1442695040888963407)  # Knuth's generator modulo 2^64
            sketch[equation, share] = ((state >> U(32)) * U(size)) >> U(32)
    return sketch, size


@compiled
def _complete(jacobian, reduced_solution, reduced):
    """The change of all factors, uint8 [S_a + S_b + S_c, R], from that of the reduced system.

    Args:
      reduced_solution: uint64 [words of the reduced system].
      reduced: uint8 [S_a, equations of a slice]; their reduced right-hand sides.
    """
    modes, rank = jacobian.a.shape
    change = np.zeros((modes + jacobian.places.shape[0], rank), np.uint8)
    for j in range(jacobian.places.shape[0]):
        for r in range(rank):
            place = jacobian.places[j, r]
            if place != NOBODY:
                change[modes + j, r] = (reduced_solution[place >> 6] >> (U(place) & LOW)) & ONE
    offset = jacobian.per_slice.rows.shape[1] - reduced_solution.size
    for i in range(modes):
        solution = np.zeros(offset + reduced_solution.size, U)
        for word in range(reduced_solution.size):
            solution[offset + word] = reduced_solution[word] & jacobian.masks[i, word]
        backward(jacobian.per_slice, reduced[i], solution)
        for r in range(rank):
            change[i, r] = (solution[r >> 6] >> (U(r) & LOW)) & ONE
    return change


@compiled
def solve(jacobian, defect):
    """Solves for the change that makes up for a defect.

    Args:
      defect: uint8 [S_a, S_b * S_c] of 0 and 1.
    Returns:
      Whether there is a solution (if the sketch lost nothing), and one: uint8 [S_a + S_b + S_c, R].
    """
    modes, rank = jacobian.a.shape
    solved = jacobian.per_slice.pivots.size
    reduced = np.empty(defect.shape, np.uint8)
    right = np.zeros(jacobian.reduced_system.order.size, np.uint8)
    remaining = defect.shape[1] - solved
    for i in range(modes):
        right_of_slice = forward(jacobian.per_slice, defect[i])
        for q in range(right_of_slice.size):
            reduced[i, q] = right_of_slice[q]
        for q in range(remaining):
            for row in jacobian.sketch[i * remaining + q]:
                right[row] ^= reduced[i, solved + q]
    right = forward(jacobian.reduced_system, right)
    solution = np.zeros(jacobian.masks.shape[1], U)
    for row in range(jacobian.reduced_system.pivots.size, right.size):
        if right[row]:
            return False, np.zeros((modes + jacobian.places.shape[0], rank), np.uint8)
    backward(jacobian.reduced_system, right, solution)
    return True, _complete(jacobian, solution, reduced)


@compiled
def kernel(jacobian):
    """A basis of the changes that change no equation, and its dimension.

    Returns:
      uint64 [S_a + S_b + S_c, R, words]; basis vector i in bit i.
    """
    modes, rank = jacobian.a.shape
    unknowns = jacobian.places.size - 2 * rank  # of each term one entry of b and one of c stays
    reduced_system, reduced_size = null_space(jacobian.reduced_system, unknowns)
    alone, alone_size = null_space(jacobian.per_slice, rank)  # in one slice, changes of a by itself
    size = reduced_size + modes * alone_size
    basis = np.zeros((modes + jacobian.places.shape[0], rank, (size + WORD_BITS - 1) // WORD_BITS), U)
    words = reduced_system.shape[1]
    for j in range(jacobian.places.shape[0]):
        for r in range(rank):
            if jacobian.places[j, r] != NOBODY:
                add(basis[modes + j, r, :words], reduced_system[jacobian.places[j, r]], ZERO)
    offset = jacobian.per_slice.rows.shape[1] - jacobian.masks.shape[1]
    for i in range(modes):
        for t in range(jacobian.per_slice.pivots.size - 1, -1, -1):
            row, pivot = jacobian.per_slice.rows[t], jacobian.per_slice.pivots[t]
            for r in range(rank):
                if jacobian.a[i, r]:
                    for j in range(jacobian.places.shape[0]):
                        place = jacobian.places[j, r]
                        if place != NOBODY and (row[offset + (place >> 6)] >> (U(place) & LOW)) & ONE:
                            add(basis[i, pivot, :words], reduced_system[place], ZERO)
            for r in range(pivot + 1, rank):
                if (row[r >> 6] >> (U(r) & LOW)) & ONE:
                    add(basis[i, pivot, :words], basis[i, r], ZERO)
        for number in range(alone_size):
            place = reduced_size + i * alone_size + number
            for r in range(rank):
                basis[i, r, place >> 6] |= ((alone[r, number >> 6] >> (U(number) & LOW)) & ONE) << (U(place) & LOW)
    return basis, size


@compiled
def annihilates(a, b, c, changes):
    """Whether no equation at all, sketch or not, is changed by any of the packed changes.

    Args:
      changes: uint64 [S_a + S_b + S_c, R, words]; change i in bit i.
    """
    rows, width = b.shape[0], c.shape[0]
    second, third = a.shape[0], a.shape[0] + rows
    total = np.zeros((second * rows * width, changes.shape[2]), U)  # one row per equation (i, j, k)
    for r in range(a.shape[1]):
        for j in range(rows):
            if b[j, r]:
                for k in range(width):
                    if c[k, r]:
                        for i in range(second):
                            add(total[(i * rows + j) * width + k], changes[i, r], ZERO)
        for i in range(second):
            if a[i, r]:
                for k in range(width):
                    if c[k, r]:
                        for j in range(rows):
                            add(total[(i * rows + j) * width + k], changes[second + j, r], ZERO)
                for j in range(rows):
                    if b[j, r]:
                        for k in range(width):
                            add(total[(i * rows + j) * width + k], changes[third + k, r], ZERO)
    for equation in range(total.shape[0]):
        for word in range(total.shape[1]):
            if total[equation, word]:
                return False
    return True


@compiled
def defect(a, b, c, target):
    """Target minus the sum of the terms, int64 [S_a, S_b, S_c]. Wrapping modulo 2^64 leaves residues modulo 2^k right.

    Args:
      a, b, c: int64 [S, R]; target: int64 [S_a, S_b, S_c].
    """
    difference = target.copy()
    for i in range(a.shape[0]):
        for r in range(a.shape[1]):
            if a[i, r]:
                for j in range(b.shape[0]):
                    product = a[i, r] * b[j, r]
                    if product:
                        for k in range(c.shape[0]):
                            difference[i, j, k] -= product * c[k, r]
    return difference
