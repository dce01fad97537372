"""Schemes over Z2 by classes: one number for all that are equivalent, and schemes close by. Compiled by Numba.

A scheme is int64 [3, R]: bit i of a word is entry i of a factor. Ranks and products of matrices are looked up, so a
factor has at most `fewest.MOST_INPUTS` entries.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from stages.algebra.rings import characteristic_polynomials, ranks_modulo
from stages.algebra.symmetry import MODE_AXES
from stages.algebra.targets import Size
from stages.compiled import compiled
from stages.program.elimination import GOLDEN, U, draw

WAIT, FLIPS = 10, 100  # flips of an excursion before it may end, and at most after these


class Lookup(NamedTuple):
    """What is known of the words of a size.

    Attributes:
      ranks: uint8 [3, words], of their matrices, by modes.
      products: uint16 [words of u, words of v], the word of u v.
      polynomials: uint8 [words of n x p, words of w], the characteristic polynomial of (u v) w without its first 1.
    """

    ranks: np.ndarray
    products: np.ndarray
    polynomials: np.ndarray


@cache
def lookup(size: Size) -> Lookup:
    """For modes of at most `fewest.MOST_INPUTS` entries."""
    u, v, w = (_matrices(size[rows], size[cols]) for rows, cols in MODE_AXES)
    ranks = np.zeros((3, max(map(len, (u, v, w)))), np.uint8)
    for row, stack in zip(ranks, (u, v, w), strict=True):
        row[: len(stack)] = ranks_modulo(stack, 2)
    n, _, p = size
    products = [(one @ v % 2).reshape(len(v), -1) @ (1 << np.arange(n * p)) for one in u]
    polynomials = [characteristic_polynomials(one @ w % 2, 2)[:, 1:] @ (1 << np.arange(n)) for one in _matrices(n, p)]
    return Lookup(ranks, np.array(products, np.uint16), np.array(polynomials, np.uint8))


def _matrices(rows: int, cols: int) -> np.ndarray:
    """All matrices over Z2, in the order of their words."""
    bits = np.arange(1 << rows * cols)[:, None] >> np.arange(rows * cols) & 1
    return bits.reshape(-1, rows, cols)


@compiled
def _mixed(number: np.uint64) -> np.uint64:
    """As in splitmix64."""
    number = (number ^ (number >> U(30))) * U(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> U(27))) * U(0x94D049BB133111EB)
    return number ^ (number >> U(31))


@compiled
def class_number(words: np.ndarray, lookup: Lookup) -> int:
    """64 bits that equivalent schemes share, whatever the sandwich, the order of the terms and that of the modes.

    Two terms are related in a mode by the rank of the sum of their factors, and by the polynomials of the two products
    that take this factor from one term and both others from the other. The relations of a factor with all terms are
    its colour; the colours of all factors by these relations are the number (colour refinement, two rounds).
    """
    ranks, products, polynomials = lookup.ranks, lookup.products, lookup.polynomials
    rank = words.shape[1]
    relations = np.zeros((3, rank, rank), np.uint64)
    colours = np.zeros((3, rank), np.uint64)
    for r in range(rank):
        u, v, w = words[0, r], words[1, r], words[2, r]
        for s in range(rank):
            x, y, z = words[0, s], words[1, s], words[2, s]
            uy, xv = products[u, y], products[x, v]
            of_pair = (
                (polynomials[uy, z], polynomials[xv, w]),
                (polynomials[xv, z], polynomials[uy, w]),
                (polynomials[products[x, y], w], polynomials[products[u, v], z]),
            )
            for mode in range(3):
                one, other = of_pair[mode]
                code = ((ranks[mode, words[mode, r] ^ words[mode, s]] << 4 | one) << 4 | other) + 1
                relations[mode, r, s] = _mixed(U(code) * GOLDEN)
                colours[mode, r] += relations[mode, r, s]
    for r in range(rank):
        for mode in range(3):
            colours[mode, r] = _mixed(colours[mode, r] + _mixed(U(ranks[mode, words[mode, r]])))
        of_term = _mixed(colours[0, r] + colours[1, r] + colours[2, r])
        for mode in range(3):
            colours[mode, r] = _mixed(colours[mode, r] ^ of_term << U(1))
    number = U(0)
    for r in range(rank):
        of_term = U(0)
        for mode in range(3):
            seen = U(0)
            for s in range(rank):
                seen += _mixed(colours[mode, s] ^ relations[mode, r, s])
            of_term += _mixed(seen ^ colours[mode, r])
        number += _mixed(of_term)
    return number  # type: ignore[return-value]  # a Python integer, outside of Numba


@compiled
def neighbours(words: np.ndarray) -> np.ndarray:
    """The schemes one flip away, int64 [count, 3, R]; flips that would lower the rank are left out."""
    rank = words.shape[1]
    found = np.zeros((3 * rank * rank, 3, rank), np.int64)
    count = 0
    for shared in range(3):
        for r in range(rank):
            for s in range(rank):
                if r != s and words[shared, r] == words[shared, s]:
                    _copy(found[count], words)
                    count += _flip(found[count], shared, (shared + 1) % 3, r, s)
    return found[:count]


@compiled
def _copy(target: np.ndarray, source: np.ndarray) -> None:
    """The terms that both have room for; word by word, for an assignment of arrays takes Numba seconds."""
    for mode in range(3):
        for r in range(min(target.shape[1], source.shape[1])):
            target[mode, r] = source[mode, r]


@compiled
def _flip(words: np.ndarray, shared: int, one: int, r: int, s: int) -> bool:
    """a b c + a b' c' = a (b + b') c + a b' (c + c') in place, b in mode `one`; False where a sum would vanish."""
    other = 3 - shared - one
    if words[one, r] == words[one, s] or words[other, r] == words[other, s]:
        return False
    words[one, r] ^= words[one, s]
    words[other, s] ^= words[other, r]
    return True


@compiled
def excursion(words: np.ndarray, state: np.ndarray) -> np.ndarray:
    """A scheme of the same rank by way of one term more: a plus transition, random flips, a reduction.

    Args:
      state: uint64 [1], the random stream.
    Returns:
      int64 [3, R]; zeros if no reduction is met.
    """
    rank = words.shape[1] + 1
    found = np.zeros((3, rank - 1), np.int64)
    terms = np.zeros((3, rank), np.int64)
    _copy(terms, words)
    r = draw(state, rank - 1)
    s = (r + 1 + draw(state, rank - 2)) % (rank - 1)
    first = draw(state, 3)
    second = (first + 1 + draw(state, 2)) % 3
    third = 3 - first - second
    if words[first, r] == words[first, s] or words[second, r] == words[second, s] or words[third, r] == words[third, s]:
        return found
    # a b c + a' b' c' = a (b + b') c + (a + a') b' c' + a b' (c + c')
    terms[first, rank - 1], terms[second, rank - 1] = words[first, r], words[second, s]
    terms[third, rank - 1] = words[third, r] ^ words[third, s]
    terms[second, r] ^= words[second, s]
    terms[first, s] ^= words[first, r]
    pairs = np.zeros((3 * rank * rank, 3), np.int64)
    for step in range(WAIT + FLIPS):
        count = 0
        for shared in range(3):
            for i in range(rank):
                for j in range(i):
                    if terms[shared, i] == terms[shared, j]:
                        pairs[count, 0], pairs[count, 1], pairs[count, 2] = shared, i, j
                        count += 1
        if step >= WAIT:
            for at in range(count):
                shared, i, j = pairs[at, 0], pairs[at, 1], pairs[at, 2]
                second, third = (shared + 1) % 3, (shared + 2) % 3
                if terms[third, i] == terms[third, j]:
                    second, third = third, second
                if terms[second, i] == terms[second, j]:
                    terms[third, j] ^= terms[third, i]
                    for mode in range(3):
                        terms[mode, i] = terms[mode, rank - 1]
                    if terms[third, j]:
                        _copy(found, terms)
                    return found
        if not count:
            break
        at = draw(state, count)
        shared, i, j = pairs[at, 0], pairs[at, 1], pairs[at, 2]
        if draw(state, 2):
            i, j = j, i
        _flip(terms, shared, (shared + 1 + draw(state, 2)) % 3, i, j)
    return found
