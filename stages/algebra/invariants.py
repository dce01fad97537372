"""What sandwiching, cyclic permutation, transposition and reordering leave unchanged (AlphaTensor, Methods).

Two schemes with different invariants are inequivalent; equal invariants prove nothing. `invariant` is quick and keeps
schemes of one rank distinct while they are searched for; `class_of` tells more of them apart, for counting.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

import numpy as np

from stages.algebra.factors import Scheme, leading_signs
from stages.algebra.rings import characteristic_polynomials, rank_prime, ranks_modulo
from stages.algebra.symmetry import as_matrices

# Rational schemes are compared modulo this prime: 99 products of residues fit into int64.
PRIME = 2**28 - 57
_WEIGHTS = np.random.default_rng(0).integers(2**63, size=99, dtype=np.uint64)  # of coefficients, modulo 2^64
_TERMS_AT_A_TIME = 16  # bounds memory
MOST_TERMS = 256  # of more, pairs are not compared: their number is the square


def invariant(scheme: Scheme) -> str:
    """16 hex digits of: size, ring, the multiset of sorted term ranks, and how often equal factors occur in each mode.

    Of a target without axes the symmetries are not known: there every scheme is one of its own, told by its hash.
    The rank of term r is the triple of matrix ranks of u_r (n x m), v_r (m x p) and w_r (p x n), sorted, because a
    permutation of the modes permutes it. The multiplicities are sorted within and then across modes likewise.
    """
    if not scheme.target.lengths:
        return scheme.hash
    n, m, p = scheme.size
    shapes = ((n, m), (m, p), (p, n))
    modes = [matrix % 2 if scheme.ring == "Z2" else matrix for matrix in scheme.factors]
    side = max(n, m, p)
    squares = np.zeros((len(modes), scheme.rank, side, side), np.int64)  # zeros beside a matrix leave its rank
    for square, mode, (rows, cols) in zip(squares, modes, shapes, strict=True):
        square[:, :rows, :cols] = mode.T.reshape(-1, rows, cols)
    ranks = ranks_modulo(squares.reshape(-1, side, side), rank_prime(scheme.ring)).reshape(len(modes), -1)
    patterns = sorted(map(tuple, np.sort(ranks, axis=0).T.tolist()))
    # For counting equal factors each mode's own sign is fixed.
    signed = (mode * leading_signs(mode) for mode in modes)
    counts = sorted(sorted(Counter(column.tobytes() for column in mode.T).values()) for mode in signed)
    text = repr((scheme.size.name, scheme.ring, patterns, counts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def class_of(scheme: Scheme, its_invariant: str = "") -> str:
    """16 hex digits of `invariant`, if it is not given, and of characteristic polynomials; equivalent schemes share it.

    Sandwiching conjugates P_r = u_r v_r w_r / denominator (u_r as a matrix n x m, and so on) by one matrix, and scaling
    the factors of a term leaves it. So the polynomials of P_r and of all P_r P_s stay; a cyclic permutation takes them
    to those of v_r w_r u_r. The polynomial of u_r v_s w_r u_s v_r w_s stays under all symmetries.
    """
    prime = 2 if scheme.ring == "Z2" else PRIME
    scale = pow(scheme.denominator % prime or 1, -1, prime)
    u, v, w = (matrix.transpose(2, 0, 1) % prime for matrix in as_matrices(scheme))  # [R, rows, cols]

    def times(*matrices: np.ndarray) -> np.ndarray:
        product = matrices[0]
        for matrix in matrices[1:]:
            product = product @ matrix % prime
        return product

    def polynomials(matrices: np.ndarray) -> np.ndarray:
        """One number per matrix for its polynomial. The rank of a product is at most n, and so is the last power."""
        coefficients = characteristic_polynomials(matrices, prime)[..., 1 : 1 + min(scheme.size)]
        return coefficients.astype(np.uint64) @ _WEIGHTS[: coefficients.shape[-1]]

    def of_pairs(pairs_fn: Callable[[slice, slice], np.ndarray]) -> list[list[int]]:
        """For each term the sorted numbers of its products with every term; `pairs_fn` gives [some, others, k, k].

        The polynomial of X Y is that of Y X, so half of the pairs give all.
        """
        if scheme.rank > MOST_TERMS:
            return [[]] * scheme.rank
        numbers = np.zeros((scheme.rank, scheme.rank), np.uint64)
        for start in range(0, scheme.rank, _TERMS_AT_A_TIME):
            some, others = slice(start, start + _TERMS_AT_A_TIME), slice(start, None)
            products = pairs_fn(some, others)
            numbers[some, others] = polynomials(products.reshape(-1, *products.shape[2:])).reshape(products.shape[:2])
            numbers[others, some] = numbers[some, others].T
        return np.sort(numbers, axis=1).tolist()  # type: ignore[no-any-return]

    def mixed_fn(r: slice, s: slice) -> np.ndarray:
        return times(scale**2 % prime * u[r, None] % prime, v[s], w[r, None], u[s], v[r, None], w[s])

    mixed = of_pairs(mixed_fn)
    kinds = []
    for x, y, z in ((u, v, w), (v, w, u), (w, u, v)):
        own = times(scale * x % prime, y, z)

        def pairs_fn(r: slice, s: slice, own: np.ndarray = own) -> np.ndarray:
            return times(own[r, None], own[s])

        pairs = of_pairs(pairs_fn)
        kinds.append(sorted(zip(polynomials(own).tolist(), pairs, mixed, strict=True)))
    text = repr((its_invariant or invariant(scheme), sorted(kinds)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
