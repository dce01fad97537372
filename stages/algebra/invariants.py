"""What sandwiching, cyclic permutation, transposition and reordering leave unchanged (AlphaTensor, Methods).

Two schemes with different invariants are inequivalent; equal invariants prove nothing. `invariant` is quick and keeps
schemes of one rank distinct while they are searched for; `class_of` tells more of them apart, for counting.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from stages.algebra.factors import Scheme, leading_signs
from stages.algebra.rings import PRIMES, characteristic_polynomials, rank_prime, ranks_modulo, reduced_to
from stages.algebra.symmetry import as_matrices

# Rational schemes are compared modulo this prime: 99 products of residues fit into int64.
PRIME = 2**28 - 57
_WEIGHTS = np.random.default_rng(0).integers(2**63, size=99, dtype=np.uint64)  # of coefficients, modulo 2^64
_TERMS_AT_A_TIME = 16  # bounds memory
MOST_TERMS = 256  # of more, pairs are not compared: their number is the square


@lru_cache(maxsize=128)
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
    modes = [reduced_to(matrix, scheme.ring) for matrix in scheme.factors]
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
    """16 hex digits of `invariant`, if it is not given, and of how terms are related; equivalent schemes share it.

    Sandwiching conjugates P_r = u_r v_r w_r / denominator (u_r as a matrix n x m, and so on) by one matrix, and scaling
    the factors of a term leaves it. So the characteristic polynomials of P_r and of all P_r P_s stay; a cyclic
    permutation takes them to those of v_r w_r u_r. The polynomial of u_r v_s w_r u_s v_r w_s stays under all
    symmetries. Over Z2, Z3 and Z, where factors are scaled by signs alone, those of u_r v_s w_s, v_r w_s u_s and
    w_r u_s v_s stay but for the sign.
    """
    prime = PRIMES.get(scheme.ring, PRIME)
    scale = pow(scheme.denominator % prime or 1, -1, prime)
    u, v, w = (matrix.transpose(2, 0, 1) % prime for matrix in as_matrices(scheme))  # [R, rows, cols]

    def times(*matrices: np.ndarray) -> np.ndarray:
        product = matrices[0]
        for matrix in matrices[1:]:
            product = product @ matrix % prime
        return product

    def coefficients(matrices: np.ndarray) -> np.ndarray:
        """Of the polynomials. The rank of a product is at most n, and so is the last power."""
        flat = characteristic_polynomials(matrices.reshape(-1, *matrices.shape[-2:]), prime)[
            :, 1 : 1 + min(scheme.size)
        ]
        return flat.reshape(*matrices.shape[:-2], -1)

    def numbers(matrices: np.ndarray) -> np.ndarray:
        """One number per matrix for its polynomial."""
        of_powers = coefficients(matrices).astype(np.uint64)
        return of_powers @ _WEIGHTS[: of_powers.shape[-1]]

    def numbers_but_for_sign(matrices: np.ndarray) -> np.ndarray:
        """The same number for a matrix and its negative."""
        of_powers = coefficients(matrices)
        turned = of_powers * np.where(np.arange(of_powers.shape[-1]) % 2, 1, -1) % prime
        weights = _WEIGHTS[: of_powers.shape[-1]]
        return (of_powers.astype(np.uint64) @ weights) * (turned.astype(np.uint64) @ weights)

    terms = range(0, scheme.rank, _TERMS_AT_A_TIME) if scheme.rank <= MOST_TERMS else ()
    chunks = [slice(start, start + _TERMS_AT_A_TIME) for start in terms]

    def of_pairs(pairs_fn: Callable[[slice, slice], np.ndarray]) -> np.ndarray:
        """The numbers of products of each term with every term; `pairs_fn` gives [some, others, k, k].

        The polynomial of X Y is that of Y X, so half of the pairs give all.
        """
        found = np.zeros((scheme.rank, scheme.rank), np.uint64)
        for some in chunks:
            others = slice(some.start, None)
            found[some, others] = numbers(pairs_fn(some, others))
            found[others, some] = found[some, others].T
        return found

    def mixed_fn(r: slice, s: slice) -> np.ndarray:
        return times(scale**2 % prime * u[r, None] % prime, v[s], w[r, None], u[s], v[r, None], w[s])

    def sorted_rows(*parts: np.ndarray) -> list[list[int]]:
        """For each term its relations with all terms, in order."""
        joined = sum(part * weight for part, weight in zip(parts, _WEIGHTS, strict=False))
        return np.sort(joined, axis=1).tolist() if chunks else [[]] * scheme.rank

    mixed = of_pairs(mixed_fn)
    of_axes, of_modes = [], []
    for x, y, z in ((u, v, w), (v, w, u), (w, u, v)):
        own = times(scale * x % prime, y, z)

        def pairs_fn(r: slice, s: slice, own: np.ndarray = own) -> np.ndarray:
            return times(own[r, None], own[s])

        of_axes.append(sorted(zip(numbers(own).tolist(), sorted_rows(of_pairs(pairs_fn), mixed), strict=True)))
        if scheme.ring != "Q":
            crossed, both = np.zeros_like(mixed), times(y, z)
            for some in chunks:
                crossed[some] = numbers_but_for_sign(times(x[some, None], both))
            of_modes.append(sorted(sorted_rows(crossed, crossed.T)))
    text = repr((its_invariant or invariant(scheme), sorted(of_axes), sorted(of_modes)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
