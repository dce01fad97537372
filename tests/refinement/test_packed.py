"""Schemes as packed factors."""

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import parse_target
from stages.refinement.packed import Z2, Z3, Ternary


def test_round_trip_up_to_the_last_bit():
    scheme = standard(parse_target("8x8x8"), "Z2")  # 64 entries: the whole word
    words = Z2().encode(scheme)
    assert words.max() == np.uint64(1) << np.uint64(63)
    assert Z2().decode(words, scheme.target).hash == scheme.hash


def test_coefficients_are_taken_modulo_2_and_empty_terms_dropped():
    column = np.array([[-1, 2], [3, 0], [0, 4], [2, 1]])
    scheme = Scheme(parse_target("2x2x2"), "Z", Factors(column, column, column))
    # First column: -1, 3 are odd: bits 0 and 1. Second: only the last entry, bit 3.
    assert Z2().encode(scheme).tolist() == [*[[3, 8]] * 3, [0, 0]]
    empty = Scheme(parse_target("2x2x2"), "Z", Factors(column, column, column * 2))
    assert Z2().encode(empty).shape == (4, 0)


def test_coefficients_are_taken_modulo_3():
    column = np.array([[-1, 2], [3, 0], [0, 6], [5, 1]])
    scheme = Scheme(parse_target("2x2x2"), "Z", Factors(column, column, column))
    # Both columns are -1 or 1 at the first and the last entry alone; both of one sign are one factor up to sign.
    words = Z3().encode(scheme)
    assert words[0].tolist() == [0b1001, 0b0001 << 32 | 0b1000]
    assert Z3().decode(words, scheme.target).hash == Scheme(scheme.target, "Z3", scheme.factors).hash


def test_ternary_factors_of_a_factor_and_its_negative_are_one():
    one, other = np.array([[1], [-1], [0], [1]]), np.array([[0], [1], [1], [-1]])
    scheme = Scheme(
        parse_target("2x2x2"), "Z", Factors(np.hstack([one, -one]), np.hstack([other, other]), -one @ [[1, 1]])
    )
    words = Ternary().encode(scheme)
    assert np.array_equal(words[:3, 0], words[:3, 1])
    assert words[3, 0] != words[3, 1]
    assert words[0, 0] == min(0b1001 | 0b0010 << 32, 0b0010 | 0b1001 << 32)
    assert Ternary().decode(words, scheme.target).hash == scheme.hash


def test_ternary_round_trip_up_to_the_last_bit():
    scheme = standard(parse_target("4x4x8"))  # 32 entries: half a word
    negative = Scheme(scheme.target, "Z", Factors(*(-matrix for matrix in scheme.factors)))
    for each in (scheme, negative):
        assert Ternary().decode(Ternary().encode(each), each.target).hash == each.hash


@pytest.mark.parametrize("entry", [2, -2])
def test_other_coefficients_are_no_ternary_words(entry):
    u, v, w = standard(parse_target("2x2x2")).factors
    scheme = Scheme(parse_target("2x2x2"), "Z", Factors(entry * u, v, w))
    assert not Ternary().fits(scheme)
    with pytest.raises(ValueError, match="expected coefficients -1, 0, 1"):
        Ternary().encode(scheme)
    with pytest.raises(ValueError, match="at most 32 entries"):
        Ternary().encode(standard(parse_target("4x4x9")))
