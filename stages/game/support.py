"""Residuals over Z2 written in a basis of their span: what a tensor is does not change under a basis.

A tensor of at most 9 x 9 x 9 is [9, 9] words, bit k of word (i, j) its entry. A mode whose slices span d dimensions has
d independent slices; in these coordinates the tensor has d slices there, and a vector of the span is a word of d bits.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, Integer, UInt16

from stages.compiled import compiled
from stages.params.agents import MOST_DIMENSIONS


def pack(tensors: Int[np.ndarray, "*batch s_u s_v s_w"]) -> UInt16[np.ndarray, "*batch 9 9"]:
    """Tensors modulo 2 as words; shorter axes are padded with zeros."""
    *batch, s_u, s_v, s_w = tensors.shape
    words = np.zeros((*batch, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    words[..., :s_u, :s_v] = (tensors.astype(np.uint16) & 1) @ (1 << np.arange(s_w)).astype(np.uint16)
    return words


def pack_factors(
    factors: Int[np.ndarray, "*batch s"], word: type[np.integer] = np.uint16
) -> Integer[np.ndarray, "*batch"]:
    """Vectors modulo 2 as words of a type that has at least s bits."""
    return (factors.astype(word) & 1) @ (1 << np.arange(factors.shape[-1])).astype(word)


def unpack_factors(words: Integer[np.ndarray, "*batch"], length: int) -> Int[np.ndarray, "*batch s"]:
    """The vectors that `pack_factors` packed."""
    return (words[..., None] >> np.arange(length, dtype=words.dtype) & 1).astype(np.int8)


@compiled
def add_term(residual: np.ndarray, u: int, v: int, w: int) -> None:
    """residual + u (x) v (x) w, in place."""
    for i in range(MOST_DIMENSIONS):
        if u >> i & 1:
            for j in range(MOST_DIMENSIONS):
                if v >> j & 1:
                    residual[i, j] ^= w


@compiled
def _orient(core: np.ndarray, oriented: np.ndarray) -> None:
    """The same tensor with each mode in the bits: [mode, i, j], i of the mode after it, j of the one after that."""
    oriented[:] = 0
    for i in range(MOST_DIMENSIONS):
        for j in range(MOST_DIMENSIONS):
            word = core[i, j]
            oriented[2, i, j] = word
            for k in range(MOST_DIMENSIONS):
                if word >> k & 1:
                    oriented[0, j, k] |= 1 << i
                    oriented[1, k, i] |= 1 << j


@compiled
def _independent(oriented: np.ndarray, mode: int, chosen: np.ndarray, basis: np.ndarray) -> int:
    """Finds slices of a mode on which all others depend, the first ones first.

    Args:
      chosen: receives their places.
      basis: receives, for each, which slices hold it: the vectors that the new unit vectors stand for.
    Returns:
      How many they are.
    """
    # The slices are the rows of a matrix whose columns are the words: column echelon form of the words, as vectors of
    # the mode, has a pivot in exactly the first independent slices, and there the unit vectors.
    count = 0
    for i in range(MOST_DIMENSIONS):
        for j in range(MOST_DIMENSIONS):
            word = oriented[mode, i, j]
            for known in range(count):
                if word >> chosen[known] & 1:
                    word ^= basis[known]
            if word:
                pivot = 0
                while not word >> pivot & 1:
                    pivot += 1
                for known in range(count):
                    if basis[known] >> pivot & 1:
                        basis[known] ^= word
                chosen[count], basis[count] = pivot, word
                count += 1
    # In the order of the pivots, so that equal modes get equal coordinates.
    for first in range(count):
        for second in range(first + 1, count):
            if chosen[second] < chosen[first]:
                chosen[first], chosen[second] = chosen[second], chosen[first]
                word = basis[first]
                basis[first] = basis[second]
                basis[second] = word
    return count


@compiled
def compress(residual: np.ndarray, oriented: np.ndarray, dims: np.ndarray, bases: np.ndarray) -> None:
    """Writes a tensor in bases of the spans of its three modes.

    Args:
      residual: [9, 9] words.
      oriented: receives [3, 9, 9], the compressed tensor with each mode in the bits.
      dims: receives the three dimensions.
      bases: receives [3, 9], the vectors of the spans that the unit vectors stand for.
    """
    chosen = np.empty((3, MOST_DIMENSIONS), np.int64)
    core = np.zeros((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    _orient(residual, oriented)
    for mode in range(3):
        dims[mode] = _independent(oriented, mode, chosen[mode], bases[mode])
    for i in range(dims[0]):
        for j in range(dims[1]):
            word = residual[chosen[0, i], chosen[1, j]]
            for k in range(dims[2]):
                core[i, j] |= (word >> chosen[2, k] & 1) << k
    _orient(core, oriented)


@compiled
def compress_all(residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The three dimensions and the bases of each tensor: [tensors, 3] and [tensors, 3, 9]."""
    dims, bases = np.zeros((len(residuals), 3), np.int64), np.zeros((len(residuals), 3, MOST_DIMENSIONS), np.uint16)
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    for row in range(len(residuals)):
        compress(residuals[row], oriented, dims[row], bases[row])
    return dims, bases


@compiled
def bound_ranks(residuals: np.ndarray) -> np.ndarray:
    """Upper bounds of the ranks of tensors: of the three modes the one whose slices have the lowest ranks, summed."""
    dims, bases = np.zeros(3, np.int64), np.zeros((3, MOST_DIMENSIONS), np.uint16)
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    rows, bounds = np.empty(MOST_DIMENSIONS, np.uint16), np.zeros(len(residuals), np.int64)
    for index in range(len(residuals)):
        compress(residuals[index], oriented, dims, bases)
        for mode in range(3):
            total = 0
            for i in range(MOST_DIMENSIONS):
                rows[:] = oriented[mode, i]
                for j in range(MOST_DIMENSIONS):
                    if rows[j]:
                        total += 1
                        lowest = rows[j] & -np.int64(rows[j])
                        for other in range(j + 1, MOST_DIMENSIONS):
                            if rows[other] & lowest:
                                rows[other] ^= rows[j]
            if mode == 0 or total < bounds[index]:
                bounds[index] = total
    return bounds


@compiled
def restore(coordinates: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """The vectors of the spans that have these coordinates: [tensors, some, 3]."""
    vectors = np.zeros(coordinates.shape, np.uint16)
    for row in range(coordinates.shape[0]):
        for which in range(coordinates.shape[1]):
            for mode in range(3):
                for place in range(MOST_DIMENSIONS):
                    if coordinates[row, which, mode] >> place & 1:
                        vectors[row, which, mode] ^= bases[row, mode, place]
    return vectors


@compiled
def coordinates(vectors: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """The coordinates of vectors, [tensors, some, 3]; of one outside the span those of some vector inside."""
    found = np.zeros(vectors.shape, np.int64)
    for row in range(vectors.shape[0]):
        for which in range(vectors.shape[1]):
            for mode in range(3):
                for place in range(MOST_DIMENSIONS):
                    # The lowest bit of a basis vector is in no other of them.
                    basis = int(bases[row, mode, place])
                    if vectors[row, which, mode] & (basis & -basis):
                        found[row, which, mode] |= 1 << place
    return found
