"""Fractions from residues."""

import math

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import parse_size
from stages.refinement.rational import fraction, rational_factors
from tests.examples import strassen

MODULUS = 2**20


def test_every_small_fraction_comes_back():
    """Modulo 2^9 the limit is 16; each residue has at most one fraction."""
    found = {}
    for q in range(1, 17, 2):
        for p in range(-16, 17):
            if math.gcd(p, q) == 1:
                found[p * pow(q, -1, 512) % 512] = p, q
    assert len(found) == sum(math.gcd(p, q) == 1 for q in range(1, 17, 2) for p in range(-16, 17))
    assert [fraction(residue, 512) for residue in range(512)] == [found.get(residue) for residue in range(512)]
    assert fraction(-3, 512) == (-3, 1)


def test_scalars_moved_between_modes_leave_no_denominator():
    scheme = strassen()
    u, v, w = (matrix.copy() for matrix in scheme.factors)
    u[:, 2] = u[:, 2] * 3
    w[:, 2] = w[:, 2] * pow(3, -1, MODULUS) % MODULUS
    v[:, 4] = v[:, 4] * 5 * pow(7, -1, MODULUS) % MODULUS
    u[:, 4] = u[:, 4] * 7 * pow(5, -1, MODULUS) % MODULUS
    factors, denominator = rational_factors((u, v, w), MODULUS)
    assert denominator == 1
    for matrix, back in zip(scheme.factors, factors, strict=True):
        assert np.array_equal(matrix, back.astype(np.int64))


@pytest.mark.parametrize("number", [3, -5, 11])
def test_change_of_basis_with_a_determinant(number):
    """A -> X A with det X = `number` and C -> X^-1 C: a scheme over Q with the denominator |number|."""
    scheme = strassen()
    rank = scheme.rank
    x = np.array([[1, 1], [1, 1 + number]])
    inverse = np.array([[1 + number, -1], [-1, 1]])  # times 1 / number
    u, v, w = scheme.factors
    # sum over terms of u(X A) v(B) w^T is X A B; row k n + i of w is entry (i, k) of C.
    u = np.einsum("xi,xjr->ijr", x, u.reshape(2, 2, rank)).reshape(4, rank)
    w = np.einsum("iy,kyr->kir", inverse, w.reshape(2, 2, rank)).reshape(4, rank)
    assert check(Scheme(scheme.target, "Z", Factors(u, v, w))) is not None
    residues = w * pow(number, -1, MODULUS) % MODULUS
    factors, denominator = rational_factors((u, v, residues), MODULUS)
    assert denominator == abs(number)
    integers = Factors(*(matrix.astype(np.int64) for matrix in factors))
    rational = Scheme(parse_size("2x2x2").target, "Q", integers, denominator)
    assert check(rational) is None


def test_no_small_fraction():
    factors = tuple(matrix.copy() for matrix in strassen().factors)
    factors[0][0, 0] = 123_457  # p = 123457 q modulo 2^20 has no solution with |p|, q <= 724
    assert fraction(123_457, MODULUS) is None
    assert rational_factors(factors, MODULUS) is None
