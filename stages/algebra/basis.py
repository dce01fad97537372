"""Change of basis: unimodular matrices with their exact inverses (AlphaTensor, Methods, «Change of basis»).

A game is played on T' = T x1 A x2 B x3 C. Factors found there are mapped back by the inverses and checked in the
canonical basis. Equal axis lengths share one matrix, as in the paper.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from stages.algebra.rings import Ring, reduced_to
from stages.errors import SchemeError

# An entry k off the diagonal of an inverted unit triangular matrix of 0, +-1 is at most 2**(k - 1), so one of
# U^-1 L^-1 is below 1 + sum_k 4**(k - 1) < 4**(length - 1). Up to this length a product of an inverse and a factor,
# 28 * 2 * 4**27 < 2**60, stays within int64. Over Z2 int64 may wrap: its modulus is even, so parities stay right.
LONGEST_AXIS = 28


def draw_unimodular(
    rng: np.random.Generator, count: int, length: int, ring: Ring, density: float
) -> tuple[Int[np.ndarray, "count length length"], Int[np.ndarray, "count length length"]]:
    """Draws unimodular matrices P L U and their inverses; invertible by construction.

    P is a uniform permutation, L and U are unit triangular. An entry off the diagonal is non-zero with probability
    `density` (1 over Z2, +-1 over Z). Over Z2 all is mod 2.

    Raises:
      SchemeError: over Z an axis longer than `LONGEST_AXIS`, where an inverse might leave int64.
    """
    if ring != "Z2" and length > LONGEST_AXIS:
        raise SchemeError(f"basis over {ring}: expected an axis of at most {LONGEST_AXIS}, got {length}")
    sign = rng.choice(np.array([-1, 1]), (2, count, length, length))
    mask = rng.random((2, count, length, length)) < density
    entries = sign * mask
    unit = np.eye(length, dtype=np.int64)
    lower = np.tril(entries[0], -1) + unit
    upper = np.triu(entries[1], 1) + unit
    order = rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)
    matrix = np.take_along_axis(lower @ upper, order[:, :, None], axis=1)  # rows permuted: P L U
    inverse = _invert_unit_triangular(upper, is_lower=False) @ _invert_unit_triangular(lower, is_lower=True)
    inverse = np.take_along_axis(inverse, order[:, None, :], axis=2)  # (P L U)^-1 = U^-1 L^-1 P^T
    return reduced_to(matrix, ring), reduced_to(inverse, ring)


def _invert_unit_triangular(
    matrices: Int[np.ndarray, "count length length"], is_lower: bool
) -> Int[np.ndarray, "count length length"]:
    """Substitution row by row; the diagonal is 1, so every entry of the inverse is an integer."""
    length = matrices.shape[-1]
    inverse = np.tile(np.eye(length, dtype=np.int64), (len(matrices), 1, 1))
    for row in range(length) if is_lower else reversed(range(length)):
        known = slice(0, row) if is_lower else slice(row + 1, length)
        inverse[:, row] -= np.einsum("cl,clj->cj", matrices[:, row, known], inverse[:, known])
    return inverse


def transform(
    tensor: Int[np.ndarray, "s_u s_v s_w"],
    bases: tuple[np.ndarray, np.ndarray, np.ndarray],
    ring: Ring,
) -> Int[np.ndarray, "count s_u s_v s_w"]:
    """Writes one tensor in `count` bases: T' = T x1 A x2 B x3 C for stacks A, B, C of [count, S, S]."""
    a, b, c = bases
    image: np.ndarray = np.einsum("bxi,ijk->bxjk", a, tensor.astype(np.int64))
    image = np.einsum("byj,bxjk->bxyk", b, image)
    image = np.einsum("bzk,bxyk->bxyz", c, image)
    return reduced_to(image, ring)
