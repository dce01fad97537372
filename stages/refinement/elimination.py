"""Linear systems over Z2, columns packed into machine words. Compiled by Numba; `lift` calls it.

A basis is grown from the columns in the order given, so the order decides which variables may become non-zero. Each
basis vector remembers which of the columns it is the sum of: one elimination serves any number of right-hand sides.
Like `flips`, outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

import numba
import numpy as np

U = np.uint64
WORD_BITS = 64
NOBODY = -1

compiled = numba.njit(cache=True)


def pack(bits: np.ndarray) -> np.ndarray:
    """Packs the last axis of a 0/1 array into uint64 words, entry 0 in the lowest bit."""
    padding = [(0, 0)] * (bits.ndim - 1) + [(0, -bits.shape[-1] % WORD_BITS)]
    packed = np.packbits(np.pad(bits, padding).astype(bool), axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(U)


@compiled
def _reduce(vector, sums, basis, basis_sums, leads):
    """Subtracts basis vectors from `vector` in place, the same from `sums`.

    Returns the first bit that no basis vector can clear, or NOBODY where the vector became zero.
    """
    for word in range(vector.size):
        bit = 0
        while vector[word] >> U(bit):
            if (vector[word] >> U(bit)) & U(1):
                lead = leads[word * WORD_BITS + bit]
                if lead == NOBODY:
                    return word * WORD_BITS + bit
                for i in range(word, vector.size):
                    vector[i] ^= basis[lead, i]
                for i in range(sums.size):
                    sums[i] ^= basis_sums[lead, i]
            bit += 1
            if bit == WORD_BITS:
                break
    return NOBODY


@compiled
def eliminate(columns):
    """Grows a basis of the column space.

    Args:
      columns: uint64 [variables, words]; overwritten.
    Returns:
      basis [rank, words], their sums [rank, words of variables], and for each bit the basis vector it leads or NOBODY.
    """
    variables, words = columns.shape
    sum_words = (variables + WORD_BITS - 1) // WORD_BITS
    limit = min(variables, words * WORD_BITS)
    basis = np.empty((limit, words), U)
    basis_sums = np.empty((limit, sum_words), U)
    leads = np.full(words * WORD_BITS, NOBODY, np.int64)
    rank = 0
    for variable in range(variables):
        sums = np.zeros(sum_words, U)
        sums[variable // WORD_BITS] = U(1) << U(variable % WORD_BITS)
        lead = _reduce(columns[variable], sums, basis, basis_sums, leads)
        if lead != NOBODY:
            basis[rank] = columns[variable]
            basis_sums[rank] = sums
            leads[lead] = rank
            rank += 1
    return basis[:rank], basis_sums[:rank], leads


@compiled
def solve(right, basis, basis_sums, leads):
    """Solves for a packed right-hand side [words] (overwritten).

    Returns whether there is a solution, and the packed variables.
    """
    sums = np.zeros(basis_sums.shape[1], U)
    return _reduce(right, sums, basis, basis_sums, leads) == NOBODY, sums
