"""Factors and schemes: the values that cross every border of the pipeline.

Factors u [S_u, R], v [S_v, R], w [S_w, R] stand for the sum over r of u_r (x) v_r (x) w_r («ir,jr,kr->ijk»). A
scheme is factors with their target, ring and denominator. Constructors validate; the loops above stay bare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.algebra.rings import PRIMES, Ring, reduced_to
from stages.algebra.targets import Size, Target
from stages.errors import SchemeError

COEFFICIENT_LIMIT = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Factors:
    """Three integer matrices with one column per rank-one term.

    Attributes:
      u: int64 [S_u, R]; v: int64 [S_v, R]; w: int64 [S_w, R]; R may be 0.
    Raises:
      SchemeError: not two-dimensional, columns differ in number, not integers, or beyond int32.
    """

    u: np.ndarray
    v: np.ndarray
    w: np.ndarray

    def __post_init__(self) -> None:
        for name in "uvw":
            given = np.asarray(getattr(self, name))
            if given.ndim != 2 or given.dtype.kind not in "biu":
                raise SchemeError(f"factor {name}: expected an integer matrix, got {given.dtype}{list(given.shape)}")
            is_wide = given.size and given.itemsize > 2  # narrower types hold nothing beyond
            if is_wide and (given.min() < -COEFFICIENT_LIMIT or given.max() > COEFFICIENT_LIMIT):
                raise SchemeError(
                    f"factor {name}: expected coefficients within int32, got {given.min()}..{given.max()}"
                )
            matrix = given.astype(np.int64)
            matrix.flags.writeable = False
            object.__setattr__(self, name, matrix)
        if not self.u.shape[1] == self.v.shape[1] == self.w.shape[1]:
            columns = [int(matrix.shape[1]) for matrix in self]
            raise SchemeError(f"factors: expected as many columns in u, v and w, got {columns}")

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.u, self.v, self.w))

    @property
    def rank(self) -> int:
        return int(self.u.shape[1])

    @property
    def modes(self) -> tuple[int, int, int]:
        return self.u.shape[0], self.v.shape[0], self.w.shape[0]


def leading_signs(matrix: np.ndarray) -> np.ndarray:
    """The sign (+-1, int64 [R]) of the first non-zero entry of each column; +1 for a zero column."""
    if not matrix.size:
        return np.ones(matrix.shape[1], np.int64)
    leading = matrix[(matrix != 0).argmax(axis=0), np.arange(matrix.shape[1])]
    return np.where(leading < 0, -1, 1)


def canonical_signs(factors: Factors) -> Factors:
    """Makes the first non-zero entry of each column of u and v positive; w carries the sign (AlphaTensor, Methods)."""
    sign_u, sign_v = leading_signs(factors.u), leading_signs(factors.v)
    return Factors(factors.u * sign_u, factors.v * sign_v, factors.w * (sign_u * sign_v))


def canonical(factors: Factors, ring: Ring) -> Factors:
    """The representative that the hash is taken of: coefficients reduced, signs fixed, terms sorted."""
    reduced = Factors(*(reduced_to(matrix, ring) for matrix in factors))
    matrices = list(reduced if ring == "Z2" else canonical_signs(reduced))
    stacked = np.concatenate(matrices, axis=0)  # [S_u + S_v + S_w, R]
    order = np.lexsort(stacked[::-1])  # by the first row, then the second, ...
    return Factors(*(matrix[:, order] for matrix in matrices))


@dataclass(frozen=True, eq=False)
class Scheme:
    """Factors that are to sum to one target over one ring; only `check` proves that they do.

    Attributes:
      denominator: of the sum of the terms.
    Raises:
      SchemeError: rows that do not fit the target, or a denominator that the ring does not have.
    """

    target: Target
    ring: Ring
    factors: Factors
    denominator: int = 1

    def __post_init__(self) -> None:
        if self.factors.modes != self.target.modes:
            raise SchemeError(
                f"scheme {self.target.name}: expected rows {list(self.target.modes)}, got {list(self.factors.modes)}"
            )
        highest = COEFFICIENT_LIMIT if self.ring == "Q" else 1
        if not 1 <= self.denominator <= highest:
            raise SchemeError(f"denominator over {self.ring}: expected 1..{highest}, got {self.denominator}")

    @property
    def size(self) -> Size:
        """Of a scheme for a matrix product. Raises SchemeError of any other."""
        return self.target.size

    @property
    def rank(self) -> int:
        return self.factors.rank

    @cached_property
    def hash(self) -> str:
        """16 hex digits of the SHA-256 of target, ring, denominator and the canonical factors."""
        digest = hashlib.sha256(f"{self.target.name} {self.ring} {self.denominator} {self.rank}\n".encode())
        for matrix in canonical(self.factors, self.ring):
            digest.update(matrix.astype("<i4").tobytes())
        return digest.hexdigest()[:16]


def standard(target: Target, ring: Ring = "Z") -> Scheme:
    """The standard algorithm: one term for each non-zero entry, so one product a_ij * b_jk for each (i, j, k)."""
    *rows, values = target.entries.T
    u, v, w = (np.arange(length)[:, None] == row[None, :] for length, row in zip(target.modes, rows, strict=True))
    return Scheme(target, ring, Factors(u, v, w * values))


def non_zeros(scheme: Scheme) -> int:
    """How many coefficients of the factors are not zero."""
    return int(sum(np.count_nonzero(matrix) for matrix in scheme.factors))


def modulo(scheme: Scheme, ring: Ring) -> Scheme:
    """The scheme over Z2 or Z3; terms that vanish are left out.

    Raises:
      ValueError: its denominator has no inverse there.
    """
    u, v, w = scheme.factors
    w = w * pow(scheme.denominator, -1, PRIMES[ring])
    factors = [reduced_to(matrix, ring) for matrix in (u, v, w)]
    stays = np.logical_and.reduce([matrix.any(axis=0) for matrix in factors])
    return Scheme(scheme.target, ring, Factors(*(matrix[:, stays] for matrix in factors)))
