"""The one exact check of the project: search, refinement, verification and kernels all call it.

It compares every entry of `sum_r u_r (x) v_r (x) w_r` with the target (the Brent equations), in integers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from stages.algebra.factors import Factors, Scheme
from stages.algebra.rings import PRIMES, RINGS, Ring, reduced_to
from stages.errors import SchemeError


class WrongEntry(NamedTuple):
    """First entry, in order of (i, j, k), where the sum of the terms differs from `denominator * target`."""

    i: int
    j: int
    k: int
    expected: int
    got: int

    def __str__(self) -> str:
        return f"entry ({self.i}, {self.j}, {self.k}): expected {self.expected}, got {self.got}"


def accumulator(factors: Factors) -> type:
    """The narrowest integer type in which no coefficient, product or partial sum can overflow, as is proved here.

    The narrower the faster; Python's integers are the last. A zero column counts as ones.
    """
    largest = [np.abs(matrix).max(axis=0, initial=1).astype(object) for matrix in factors]
    bound = int(np.sum(largest[0] * largest[1] * largest[2]))
    return next((kind for kind in (np.int32, np.int64) if bound <= np.iinfo(kind).max), object)


def first_wrong_entry(
    target: Int[np.ndarray, "s_u s_v s_w"], factors: Factors, ring: Ring, denominator: int = 1
) -> WrongEntry | None:
    """Checks all S_u * S_v * S_w Brent equations over `ring`.

    Returns:
      None exactly when `factors` decompose `denominator * target` (modulo 2 over Z2, 3 over Z3); else the first wrong
      entry.
    Raises:
      SchemeError: an axis of `target` differs from the rows of its factor.
    """
    if factors.modes != target.shape:
        raise SchemeError(f"check: expected rows {list(target.shape)}, got {list(factors.modes)}")
    factors = factors if ring not in PRIMES else Factors(*(reduced_to(matrix, ring) for matrix in factors))
    dtype = accumulator(factors)
    widened: list[np.ndarray] = [matrix.astype(dtype) for matrix in factors]
    u, v, w = widened
    for i in range(u.shape[0]):
        (terms,) = u[i].nonzero()
        # [s_v, s_w]; rows that lie whole in memory make it fast: `@` of integers is several times slower.
        got = np.einsum("jr,kr->jk", v[:, terms] * u[i, terms], np.ascontiguousarray(w[:, terms]))
        # Below 2**62: both are within int32.
        expected = target[i].astype(np.promote_types(dtype, np.int64)) * denominator
        if ring in PRIMES:
            got, expected = got % PRIMES[ring], expected % PRIMES[ring]
        wrong = got != expected
        if wrong.any():
            j, k = map(int, np.argwhere(wrong)[0])
            return WrongEntry(i, j, k, int(expected[j, k]), int(got[j, k]))
    return None


def check(scheme: Scheme) -> WrongEntry | None:
    """`first_wrong_entry` of a scheme against its target."""
    return first_wrong_entry(scheme.target.tensor, scheme.factors, scheme.ring, scheme.denominator)


class Holding(NamedTuple):
    """Where factors are a decomposition.

    Attributes:
      rings: every ring in which they are one, in the order of `rings.RINGS`.
      wrong: the first wrong entry over Q; None exactly when they hold there.
    """

    rings: tuple[Ring, ...]
    wrong: WrongEntry | None


def holding(target: Int[np.ndarray, "s_u s_v s_w"], factors: Factors, denominator: int) -> Holding:
    """All rings in which `factors` over `denominator`, in lowest terms (`algebra.denominators`), decompose `target`.

    Over Q all Brent equations are compared. What holds there holds over Z without a denominator, and over Z2 and Z3 if
    that is prime to 2 or 3; else the terms have no residue.
    """
    wrong = first_wrong_entry(target, factors, "Q", denominator)
    holds = {"Z": wrong is None and denominator == 1, "Q": wrong is None}
    for ring, prime in PRIMES.items():
        has_residue = denominator % prime != 0
        holds[ring] = has_residue and (wrong is None or first_wrong_entry(target, factors, ring, denominator) is None)
    return Holding(tuple(ring for ring in RINGS if holds[ring]), wrong)
