"""Rational factors as integer factors over one denominator, in lowest terms.

In lowest terms the denominator tells the rings in which the terms have a meaning: 1 means Z, an odd one Z2 too.
"""

from __future__ import annotations

import numpy as np

from stages.algebra.factors import COEFFICIENT_LIMIT, Factors
from stages.errors import SchemeError


def lowest_terms(u: np.ndarray, v: np.ndarray, w: np.ndarray, denominator: int) -> tuple[Factors, int]:
    """Divides each term by what it shares with the denominator; `w` takes what brings the terms to a common one.

    By Gauss's lemma the content of a term is the product of its factors' contents, so no other way to scale the three
    factors of a term needs a smaller denominator.

    Args:
      u, v, w: integers [S, R], int64 or Python integers; terms sum to `denominator` times what is meant.
    Returns:
      Factors and the denominator over them; 1 leaves them as they are.
    Raises:
      SchemeError: a coefficient or the denominator is beyond int32, or the columns differ in number.
    """
    columns = [matrix.shape[1] for matrix in (u, v, w)]
    if len(set(columns)) > 1:
        raise SchemeError(f"factors: expected as many columns in u, v and w, got {columns}")
    if denominator != 1 and columns[0]:
        # Python integers where a coefficient, or its product with the denominator, could leave int64.
        is_small = denominator <= COEFFICIENT_LIMIT and all(matrix.dtype != object for matrix in (u, v, w))
        dtype = np.int64 if is_small else object
        rest = np.full(columns[0], denominator, dtype)
        reduced = []
        for matrix in (u, v, w):
            matrix = matrix.astype(dtype)
            shared = np.gcd(np.gcd.reduce(matrix, axis=0), rest)
            reduced.append(matrix // shared)
            rest = rest // shared
        u, v, w = reduced
        denominator = int(np.lcm.reduce(rest))
        _within_int32(w, "w")
        w = w * (denominator // rest)
    if denominator > COEFFICIENT_LIMIT:
        raise SchemeError(f"denominator: expected one within int32, got {denominator}")
    return Factors(*(_within_int32(matrix, name) for matrix, name in ((u, "u"), (v, "v"), (w, "w")))), denominator


def _within_int32(matrix: np.ndarray, name: str) -> np.ndarray:
    if matrix.size and (matrix.max() > COEFFICIENT_LIMIT or matrix.min() < -COEFFICIENT_LIMIT):
        raise SchemeError(f"factor {name}: expected coefficients within int32, got {matrix.min()}..{matrix.max()}")
    return matrix.astype(np.int64)
