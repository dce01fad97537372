"""Fractions from residues modulo a power of 2: what a 2-adic lift converges to where it is no integer. `lift` calls it.

Nothing here proves a scheme; the exact check does.
"""

from __future__ import annotations

import math

import numpy as np


def fraction(residue: int, modulus: int) -> tuple[int, int] | None:
    """The p/q = `residue` modulo `modulus` with |p|, q <= sqrt(modulus / 2), by half-extended Euclid.

    At most one fraction is that small. Its denominator is prime to `modulus`: odd if that is a power of 2.
    """
    limit = math.isqrt(modulus // 2)
    # Invariant: p = q * residue modulo `modulus`, for both rows.
    (p, q), (next_p, next_q) = (modulus, 0), (residue % modulus, 1)
    while next_p > limit:
        factor = p // next_p
        (p, q), (next_p, next_q) = (next_p, next_q), (p - factor * next_p, q - factor * next_q)
    if abs(next_q) > limit or math.gcd(next_q, modulus) != 1:
        return None
    return (next_p, next_q) if next_q > 0 else (-next_p, -next_q)


def rational_factors(
    matrices: tuple[np.ndarray, np.ndarray, np.ndarray], modulus: int
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], int] | None:
    """Integer factors and the denominator D they share, sum of terms = D * target, from residues.

    A term is a number s/t times columns of integers without a common divisor; D is the least common multiple of the t,
    and the third factor carries s * D / t. So fractions that only move a scalar from one mode to another leave none.

    Args:
      matrices: residues of the three factors, each [S, R], no column zero.
    Returns:
      Factors as Python integers, of any length, and D; None if some residue is no small fraction.
    """
    residues = np.unique(np.concatenate([matrix.ravel() for matrix in matrices]))
    table = {int(residue): fraction(int(residue), modulus) for residue in residues}
    if None in table.values():
        return None
    columns, top, bottom = [], 1, 1
    for matrix in matrices:
        p, q = (np.array([[table[x][part] for x in row] for row in matrix.tolist()], object) for part in range(2))
        multiple = np.lcm.reduce(q, axis=0)
        p = p * (multiple // q)
        divisor = np.gcd.reduce(p, axis=0)
        columns.append(p // divisor)
        top, bottom = top * divisor, bottom * multiple
    denominator = np.lcm.reduce(bottom // np.gcd(top, bottom))
    u, v, w = columns
    return (u, v, w * (top * denominator // bottom)), int(denominator)
