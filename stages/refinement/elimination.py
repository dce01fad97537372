"""Linear systems over Z2, rows packed into machine words. Compiled by Numba, without the GIL; `jacobian` calls it.

One elimination serves any number of right-hand sides: the row operations are kept. Columns are taken a word at a time,
a «strip». The pivots of a strip are found on one word per row; the rest of each row below then takes eight pivots per
table lookup («method of the four Russians», Bard 2006). Here and in `jacobian` loops go element by element: what Numba
compiles for NumPy's functions on arrays, and for the text of the error of an assignment, takes seconds.
Like `flips`, outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled

U = np.uint64
ZERO, ONE, SIX = U(0), U(1), U(6)
WORD_BITS = 64
NOBODY = -1
GROUP_BITS = 8  # columns per table
GROUP = 1 << GROUP_BITS  # entries of a table
GROUPS = WORD_BITS // GROUP_BITS
LOW = U(WORD_BITS - 1)


class Echelon(NamedTuple):
    """An eliminated system; rows stand in the order of their pivots, rows without one last.

    Attributes:
      rows: uint64 [rows, words]; row t is zero left of pivot t, a row without a pivot in all columns eliminated.
      pivots: int64 [rank]; ascending columns.
      order: int64 [rows]; which of the given rows stands here.
      multipliers: uint64 [rows, strips]; what was added to a row, a bit for each pivot column of a strip: the row with
        that pivot. In the strip of the row's own pivot: of which rows, as they came to the strip, it became the sum.
    """

    rows: np.ndarray
    pivots: np.ndarray
    order: np.ndarray
    multipliers: np.ndarray


def pack(bits: np.ndarray) -> np.ndarray:
    """Packs the last axis of a 0/1 array into uint64 words, entry 0 in the lowest bit."""
    octets = np.packbits(bits, axis=-1, bitorder="little")
    padded = np.zeros((*octets.shape[:-1], -(-bits.shape[-1] // WORD_BITS) * 8), np.uint8)
    padded[..., : octets.shape[-1]] = octets
    return padded.view("<u8").astype(U, copy=False)


@compiled
def parity(word):
    """Sum of the bits modulo 2."""
    for shift in (U(32), U(16), U(8), U(4), U(2), ONE):
        word ^= word >> shift
    return word & ONE


@compiled
def _swap(array, r, s):
    for i in range(array.shape[1]):
        array[r, i], array[s, i] = array[s, i], array[r, i]


@compiled
def add(row, other, first):
    """Adds `other` to `row` from word `first` on, in place."""
    for i in range(first, U(row.size)):
        row[i] ^= other[i]


@compiled
def _find_pivots(rows, order, multipliers, pivots, strip, width, start):
    """Brings rows that are independent in one strip to the front, each zero at the pivots of the others.

    Returns the new rank.
    """
    rank = start
    mask = ~ZERO >> U(WORD_BITS - width)
    words, columns = np.zeros(WORD_BITS, U), np.zeros(WORD_BITS, U)  # of the rows at the front
    for row in range(start, rows.shape[0]):
        count = U(rank - start)
        if count == U(width):
            break
        given = word = rows[row, strip]
        for i in range(count):
            word ^= words[i] & (ZERO - ((given >> columns[i]) & ONE))
        word &= mask
        if word == ZERO:
            continue
        column = ZERO
        while not (word >> column) & ONE:
            column += ONE
        _swap(rows, rank, row)
        _swap(multipliers, rank, row)
        order[rank], order[row] = order[row], order[rank]
        multipliers[rank, strip] = ONE << column
        for i in range(rank - start):
            if (given >> columns[i]) & ONE:
                add(rows[rank], rows[start + i], U(strip))
                multipliers[rank, strip] ^= multipliers[start + i, strip]
        for i in range(rank - start):
            if (words[i] >> column) & ONE:
                add(rows[start + i], rows[rank], U(strip))
                multipliers[start + i, strip] ^= multipliers[rank, strip]
                words[i] = rows[start + i, strip]
        words[count], columns[count] = rows[rank, strip], column
        pivots[rank] = strip * WORD_BITS + column
        rank += 1
    for place in range(start, rank):
        lowest = place
        for other in range(place + 1, rank):
            if pivots[other] < pivots[lowest]:
                lowest = other
        if lowest != place:
            _swap(rows, place, lowest)
            _swap(multipliers, place, lowest)
            order[place], order[lowest] = order[lowest], order[place]
            pivots[place], pivots[lowest] = pivots[lowest], pivots[place]
    return rank


@compiled
def _fill_tables(tables, rows, pivots, strip):
    """Table g, entry v: the sum of the strip's rows with pivots 8 g + t over the bits t of v.

    Entries with a bit where there is no pivot mean nothing. Returns the bits with one.
    """
    mask = ZERO
    tables[:, 0, strip:] = ZERO
    for row in range(pivots.size):
        column = pivots[row] & (WORD_BITS - 1)
        mask |= ONE << U(column)
        # Pivots ascend, so all smaller entries are there.
        table, size = tables[column // GROUP_BITS], 1 << (column % GROUP_BITS)
        for entry in range(size):
            for i in range(U(strip), U(rows.shape[1])):
                table[size + entry, i] = table[entry, i] ^ rows[row, i]
    return mask


@compiled
def _add_sum(row, tables, added, strip):
    """Adds the rows of the strip with pivots `added`, four tables at a time."""
    bits, low = U(GROUP_BITS), U(GROUP - 1)
    for group in range(0, GROUPS, 4):
        first, second = tables[group, added & low], tables[group + 1, (added >> bits) & low]
        added >>= bits + bits
        third, fourth = tables[group + 2, added & low], tables[group + 3, (added >> bits) & low]
        added >>= bits + bits
        for i in range(U(strip), U(row.size)):
            row[i] ^= first[i] ^ second[i] ^ third[i] ^ fourth[i]


@compiled
def eliminate(rows, columns):
    """Row echelon form of the first `columns` columns.

    Args:
      rows: uint64 [rows, words]; overwritten. Columns beyond follow the row operations.
      columns: where to stop.
    Returns:
      An Echelon.
    """
    total, words = rows.shape
    strips = (columns + WORD_BITS - 1) // WORD_BITS
    pivots = np.empty(min(total, columns), np.int64)
    order = np.arange(total)
    multipliers = np.zeros((total, strips), U)
    tables = np.empty((GROUPS, GROUP, words), U)
    rank = 0
    for strip in range(strips):
        start = rank
        width = min(WORD_BITS, columns - strip * WORD_BITS)
        rank = _find_pivots(rows, order, multipliers, pivots, strip, width, start)
        if start < rank < total:
            mask = _fill_tables(tables, rows[start:rank], pivots[start:rank], strip)
            for row in range(rank, total):
                added = rows[row, strip] & mask
                multipliers[row, strip] = added
                if added:
                    _add_sum(rows[row], tables, added, strip)
    return Echelon(rows, pivots[:rank], order, multipliers)


@compiled
def forward(echelon, right):
    """Carries out the row operations on a right-hand side.

    Args:
      right: uint8 [rows], in the order given to `eliminate`.
    Returns:
      uint8 [rows], in the order of the echelon. The system has a solution exactly if all from `rank` on are zero.
    """
    rank = echelon.pivots.size
    reduced = np.empty(right.size, np.uint8)
    for row in range(right.size):
        reduced[row] = right[echelon.order[row]]
    packed = np.zeros(echelon.multipliers.shape[1], U)  # those of the pivot rows, bit p for pivot p of the strip
    row = 0
    for strip in range(packed.size):
        start, given = row, ZERO
        while row < rank and echelon.pivots[row] >> 6 == strip:
            value = U(reduced[row]) ^ _inner(echelon.multipliers[row], packed, strip)
            given |= value << (U(echelon.pivots[row]) & LOW)
            row += 1
        for own in range(start, row):
            reduced[own] = parity(echelon.multipliers[own, strip] & given)
            packed[strip] |= U(reduced[own]) << (U(echelon.pivots[own]) & LOW)
    for row in range(rank, reduced.size):
        reduced[row] = U(reduced[row]) ^ _inner(echelon.multipliers[row], packed, packed.size)
    return reduced


@compiled
def _inner(left, right, size):
    """Inner product of the first `size` words."""
    total = ZERO
    for i in range(U(size)):
        total ^= left[i] & right[i]
    return parity(total)


@compiled
def backward(echelon, reduced, solution):
    """Solves for the pivot columns, in place.

    Args:
      reduced: uint8 [at least rank]; what `forward` returned.
      solution: uint64 [words]; given at the columns without a pivot, zero at the others.
    """
    for row in range(echelon.pivots.size - 1, -1, -1):
        pivot = U(echelon.pivots[row])
        total = ZERO
        for i in range(pivot >> SIX, U(solution.size)):
            total ^= echelon.rows[row, i] & solution[i]
        solution[pivot >> SIX] |= (U(reduced[row]) ^ parity(total)) << (pivot & LOW)


@compiled
def null_space(echelon, columns):
    """Solutions for zero right-hand sides, one for each column without a pivot.

    Args:
      columns: as given to `eliminate`.
    Returns:
      uint64 [columns, words]; solution i in bit i of each row. And their number.
    """
    free = columns - echelon.pivots.size
    strips = echelon.multipliers.shape[1]
    solutions = np.zeros((strips * WORD_BITS, (free + WORD_BITS - 1) // WORD_BITS), U)
    number = 0
    for column in range(columns):
        if column - number < echelon.pivots.size and echelon.pivots[column - number] == column:
            continue  # pivots ascend
        solutions[column, number >> 6] |= ONE << (U(number) & LOW)
        number += 1
    tables = np.empty((GROUPS, GROUP, solutions.shape[1]), U)
    every = np.arange(WORD_BITS)
    last = echelon.pivots.size
    for strip in range(strips - 1, -1, -1):
        first = last
        while first and echelon.pivots[first - 1] >> 6 == strip:
            first -= 1
        own = solutions[strip * WORD_BITS : (strip + 1) * WORD_BITS]
        for row in range(first, last):
            pivot = echelon.pivots[row] & (WORD_BITS - 1)
            for column in range(pivot + 1, WORD_BITS):
                if (echelon.rows[row, strip] >> U(column)) & ONE:  # no pivot of another row
                    add(own[pivot], own[column], ZERO)
        _fill_tables(tables, own, every, 0)
        for row in range(first):
            _add_sum(solutions[echelon.pivots[row]], tables, echelon.rows[row, strip], 0)
        last = first
    return solutions[:columns], free


@compiled
def transposed(words):
    """Bit j of row i becomes bit i of row j: uint64 [rows, words] to [64 * words, row words]."""
    rows, columns = words.shape
    result = np.zeros((columns * WORD_BITS, (rows + WORD_BITS - 1) // WORD_BITS), U)
    block = np.empty(WORD_BITS, U)
    for i in range(result.shape[1]):
        for j in range(columns):
            count = min(WORD_BITS, rows - i * WORD_BITS)
            for k in range(WORD_BITS):
                block[k] = words[i * WORD_BITS + k, j] if k < count else ZERO
            # Swaps the off-diagonal quarters of each square, of 64 bits, then 32, ... (Warren, Hacker's Delight 7-3).
            half, mask = 32, U(0xFFFFFFFF)
            while half:
                for k in range(WORD_BITS):
                    if not k & half:
                        swapped = ((block[k] >> U(half)) ^ block[k + half]) & mask
                        block[k + half] ^= swapped
                        block[k] ^= swapped << U(half)
                half >>= 1
                mask ^= mask << U(half)
            for k in range(WORD_BITS):
                result[j * WORD_BITS + k, i] = block[k]
    return result


@compiled
def clear(echelon, vector):
    """Adds rows to a packed vector [words] in place until it is zero at every pivot."""
    for row in range(echelon.pivots.size):
        pivot = U(echelon.pivots[row])
        if (vector[pivot >> SIX] >> (pivot & LOW)) & ONE:
            add(vector, echelon.rows[row], pivot >> SIX)
