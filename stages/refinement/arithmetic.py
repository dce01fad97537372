"""Arithmetic of packed factors, ring by ring, compiled by Numba. `flips` calls it.

A ring of `packed` comes first, and its type decides: Numba compiles a walk once for each, with nothing left to ask. One
code for both rings, asking at each flip, was half as fast over Z2.

All integers are unsigned: Numba turns uint64 with int64 into float64, and signed indices cost a wraparound test. This
module stays outside the jaxtyping hook of the tests: a wrapped function cannot be compiled.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numba.extending import overload

from stages.refinement.packed import Z2, Z3, Ternary

U = np.uint64
ZERO, ONE, TWO, HALF = U(0), U(1), U(2), U(32)

inlined = numba.njit(forceinline=True)


@inlined
def negative(factor):
    """The halves exchanged: the same factor over Z or Z3 with other signs."""
    return (factor << HALF) | (factor >> HALF)


def add(ring, one, other, is_minus):
    """One factor plus or minus another, and whether the sum is a packed factor of the ring, or zero."""
    raise NotImplementedError


@overload(add, jit_options={"forceinline": True})
def _add(ring, one, other, is_minus):
    def over_z2(ring, one, other, is_minus):
        return one ^ other, True

    def ternary(ring, one, other, is_minus):
        if is_minus:
            other = negative(other)
        both = one | other
        return both & ~negative(both), (one & other) == ZERO

    def over_z3(ring, one, other, is_minus):
        if is_minus:
            other = negative(other)
        negatives, others = negative(one), negative(other)
        return (one & ~(other | others)) | (other & ~(one | negatives)) | (negatives & others), True

    return _by_ring(ring, over_z2, over_z3, ternary)


def vanishes(ring, factor):
    """Whether a sum in a flip is zero. Over a field none is: terms that share two factors have been merged."""
    raise NotImplementedError


@overload(vanishes, jit_options={"forceinline": True})
def _vanishes(ring, factor):
    def over_a_field(ring, factor):
        return False

    def ternary(ring, factor):
        return factor == ZERO

    return _by_ring(ring, over_a_field, over_a_field, ternary)


def unsigned(ring, factor):
    """A factor as it stands in the index, and the sign that goes to its term, 1 for minus."""
    raise NotImplementedError


@overload(unsigned, jit_options={"forceinline": True})
def _unsigned(ring, factor):
    def over_z2(ring, factor):
        return factor, ZERO

    def signed(ring, factor):
        opposite = negative(factor)
        return (opposite, ONE) if opposite < factor else (factor, ZERO)

    return _by_ring(ring, over_z2, signed, signed)


def drawn_sign(ring, bits):
    """The lowest of random bits where the ring has signs, 1 for minus."""
    raise NotImplementedError


@overload(drawn_sign, jit_options={"forceinline": True})
def _drawn_sign(ring, bits):
    def over_z2(ring, bits):
        return ZERO

    def signed(ring, bits):
        return bits & ONE

    return _by_ring(ring, over_z2, signed, signed)


def is_as_sparse(ring, one, other, bits, rank):
    """Whether a scheme has no more non-zero coefficients than another of the rank; over a field nobody counts."""
    raise NotImplementedError


@overload(is_as_sparse)
def _is_as_sparse(ring, one, other, bits, rank):
    def over_a_field(ring, one, other, bits, rank):
        return True

    def ternary(ring, one, other, bits, rank):
        return _non_zeros(one, bits, rank) <= _non_zeros(other, bits, rank)

    return _by_ring(ring, over_a_field, over_a_field, ternary)


def _by_ring(ring, over_z2: Callable, over_z3: Callable, ternary: Callable) -> Callable:
    return {Z2: over_z2, Z3: over_z3, Ternary: ternary}[ring.instance_class]


@inlined
def _non_zeros(factors, bits, rank):
    """Coefficients of a scheme that are not zero: bits that are set."""
    total = ZERO
    for mode in (ZERO, ONE, TWO):
        for r in range(rank):
            word = factors[(mode << bits) | U(r)]
            word -= (word >> ONE) & U(0x5555555555555555)
            word = (word & U(0x3333333333333333)) + ((word >> TWO) & U(0x3333333333333333))
            word = (word + (word >> U(4))) & U(0x0F0F0F0F0F0F0F0F)
            total += (word * U(0x0101010101010101)) >> U(56)
    return total
