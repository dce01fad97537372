"""Lowest terms: the smallest denominator that terms need, and the rings that it leaves."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.check import WrongEntry, holding
from stages.algebra.denominators import lowest_terms
from stages.algebra.factors import Factors
from stages.algebra.targets import Size
from stages.errors import SchemeError
from tests import examples

TARGET = Size(2, 2, 2).target.tensor


def terms(factors, denominator: int) -> np.ndarray:
    """Each term as a tensor of fractions [R, S_u, S_v, S_w]."""
    tensor = np.einsum("ir,jr,kr->rijk", *(np.asarray(factor).astype(object) for factor in factors))
    return tensor * Fraction(1, denominator)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.booleans())
@settings(max_examples=100, deadline=None)
def test_terms_stay_and_the_denominator_is_the_least(seed, denominator, is_object):
    rng = np.random.default_rng(seed)
    given_factors = [rng.integers(-6, 7, (rows, 4)).astype(object if is_object else np.int64) for rows in (2, 3, 2)]
    factors, least = lowest_terms(*given_factors, denominator)
    meant = terms(given_factors, denominator)
    np.testing.assert_array_equal(terms(factors, least), meant)
    assert least == math.lcm(*(Fraction(entry).denominator for entry in meant.ravel()))


def test_large_numbers_may_cancel():
    large = np.full((1, 1), 2**80, object)
    one = np.ones((1, 1), np.int64)
    factors, denominator = lowest_terms(large, one, one, 2**80)
    assert [int(factor[0, 0]) for factor in factors] == [1, 1, 1]
    assert denominator == 1


@pytest.mark.parametrize(
    ("u", "denominator", "message"),
    [
        (np.full((1, 1), 2**80, object), 1, "factor u: expected coefficients within int32"),
        (np.full((1, 1), 2**62), 3, "factor u: expected coefficients within int32"),
        (np.ones((1, 1), np.int64), 2**31, "denominator: expected one within int32, got 2147483648"),
        (np.ones((1, 2), np.int64), 2, r"as many columns in u, v and w, got \[2, 1, 1\]"),
    ],
)
def test_what_stays_too_large_is_refused(u, denominator, message):
    one = np.ones((1, 1), np.int64)
    with pytest.raises(SchemeError, match=message):
        lowest_terms(u, one, one, denominator)


STRASSEN = tuple(examples.strassen().factors)


@pytest.mark.parametrize(
    ("factors", "denominator", "rings"),
    [
        (STRASSEN, 1, ("Z2", "Z3", "Z", "Q")),
        (tuple(examples.modulo_two().factors), 1, ("Z2",)),
        ((STRASSEN[0] * 3, STRASSEN[1], STRASSEN[2]), 3, ("Z2", "Z3", "Z", "Q")),
        ((STRASSEN[0], STRASSEN[1], -STRASSEN[2]), 1, ("Z2",)),
        ((STRASSEN[0] * 0, STRASSEN[1], STRASSEN[2]), 1, ()),
    ],
)
def test_every_ring_is_found(factors, denominator, rings):
    found = holding(TARGET, *lowest_terms(*factors, denominator))
    assert found.rings == rings
    assert (found.wrong is None) == ("Q" in rings)


def split(scale: int) -> tuple[Factors, int]:
    """Strassen with each first term halved (or in parts of 1/scale): m1 = 1/scale m1 + (scale - 1)/scale m1."""
    u, v, w = (np.concatenate([factor[:, :1], factor], axis=1) for factor in STRASSEN)
    parts = np.array([1, scale - 1] + [scale] * 6)
    return lowest_terms(u * parts, v, w, scale)


@pytest.mark.parametrize(
    ("scale", "rings"), [(2, ("Z3", "Q")), (3, ("Z2", "Q")), (4, ("Z3", "Q")), (5, ("Z2", "Z3", "Q"))]
)
def test_a_denominator_has_residues_modulo_what_it_is_prime_to(scale, rings):
    factors, denominator = split(scale)
    assert denominator == scale
    assert holding(TARGET, factors, denominator).rings == rings


def test_an_even_denominator_that_is_wrong_holds_nowhere():
    factors, denominator = split(2)
    wrong = Factors(factors.u, factors.v, -factors.w)
    assert holding(TARGET, wrong, denominator) == ((), WrongEntry(0, 0, 0, 2, -2))
