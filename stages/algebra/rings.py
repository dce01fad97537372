"""The rings of a scheme, and linear algebra over their small residue fields.

Z2: coefficients 0 and 1, sums mod 2. Z3: coefficients -1, 0 and 1, sums mod 3. Z: integers. Q: integer numerators over
one denominator per scheme, `sum_r u_r (x) v_r (x) w_r = denominator * T`. A scheme over Z also holds over Z2 and Z3;
never the reverse.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from jaxtyping import Int

from stages.errors import SchemeError

Ring = Literal["Z2", "Z3", "Z", "Q"]
RINGS: tuple[Ring, ...] = get_args(Ring)
PRIMES: dict[Ring, int] = {"Z2": 2, "Z3": 3}  # of the rings that are fields of residues


def parse_ring(name: str) -> Ring:
    """The ring of this name.

    Raises:
      SchemeError: none has it.
    """
    for ring in RINGS:
        if ring == name:
            return ring
    raise SchemeError(f"ring: expected one of {', '.join(RINGS)}, got {name!r}")


# Rank over Q is read off modulo this prime: it fits a product into int64, and unimodular changes of basis stay
# invertible modulo any prime, so the number is an invariant even where it is smaller than the rational rank.
LARGE_PRIME = 2**31 - 1


def rank_prime(ring: Ring) -> int:
    """The prime modulo which ranks of matrices over `ring` are taken."""
    return PRIMES.get(ring, LARGE_PRIME)


def balanced(matrix: Int[np.ndarray, "*shape"], modulus: int) -> Int[np.ndarray, "*shape"]:
    """Residues around zero, from -(modulus - 1) // 2 on: 0 and 1 modulo 2; -1, 0 and 1 modulo 3."""
    least = (modulus - 1) // 2
    return (matrix + least) % modulus - least


def reduced_to(matrix: Int[np.ndarray, "*shape"], ring: Ring) -> Int[np.ndarray, "*shape"]:
    """A matrix of integers over a ring: its residues over Z2 and Z3, else as it is."""
    return balanced(matrix, PRIMES[ring]) if ring in PRIMES else matrix


def ranks_modulo(matrices: Int[np.ndarray, "count rows cols"], prime: int) -> Int[np.ndarray, " count"]:
    """Rank of each matrix over the field of `prime` elements, by elimination on the whole stack at once.

    Rows are multiplied by pivots, so nothing is divided; a pivot's own row becomes zero.
    """
    work = matrices.astype(np.int64) % prime
    ranks = np.zeros(len(work), np.int64)
    every = np.arange(len(work))
    for col in range(work.shape[2]):
        column = work[:, :, col]
        pivot_row = work[every, (column != 0).argmax(axis=1)]
        pivot = pivot_row[:, col]
        ranks += pivot != 0
        # Where there is no pivot the column is zero, and 1 leaves the rows as they are.
        work = (work * np.maximum(pivot, 1)[:, None, None] - column[:, :, None] * pivot_row[:, None, :]) % prime
    return ranks


def characteristic_polynomials(
    matrices: Int[np.ndarray, "count size size"], prime: int
) -> Int[np.ndarray, "count size+1"]:
    """Coefficients of det(x I - M) over the field of `prime` elements, the highest power first.

    Without division (Berkowitz 1984), so that `prime` may be 2; entries lie in 0..prime-1, and size * prime**2 < 2**63.
    """
    count, size, _ = matrices.shape
    entries = np.ascontiguousarray(matrices.transpose(1, 2, 0))  # each operation is one of rows as long as the stack
    polynomial = np.ones((1, count), np.int64)  # of the first k rows and columns, for k = 0, 1, ...
    for k in range(size):
        corner, row, col = entries[k, k], entries[k, :k], entries[:k, k]
        column = np.zeros((k + 2, count), np.int64)  # of a Toeplitz matrix: 1, -corner, -row col, -row M col, ...
        column[0], column[1] = 1, -corner % prime
        for power in range(k):
            column[2 + power] = -(row * col).sum(axis=0) % prime
            if power < k - 1:
                col = (entries[:k, :k] * col).sum(axis=1) % prime
        raised = np.zeros((k + 2, count), np.int64)
        for shift in range(k + 1):
            raised[shift:] += column[: k + 2 - shift] * polynomial[shift]
        polynomial = raised % prime
    return polynomial.T
