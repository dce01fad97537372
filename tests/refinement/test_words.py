"""Schemes as machine words."""

import numpy as np

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import parse_size
from stages.refinement.words import decode, encode


def test_round_trip_up_to_the_last_bit():
    scheme = standard(parse_size("8x8x8"), "Z2")  # 64 entries: the whole word
    words = encode(scheme)
    assert words.max() == np.uint64(1) << np.uint64(63)
    assert decode(words, scheme.size).hash == scheme.hash


def test_coefficients_are_taken_modulo_2_and_empty_terms_dropped():
    column = np.array([[-1, 2], [3, 0], [0, 4], [2, 1]])
    scheme = Scheme(parse_size("2x2x2"), "Z", Factors(column, column, column))
    # First column: -1, 3 are odd: bits 0 and 1. Second: only the last entry, bit 3.
    assert encode(scheme).tolist() == [[3, 8]] * 3
    empty = Scheme(parse_size("2x2x2"), "Z", Factors(column, column, column * 2))
    assert encode(empty).shape == (3, 0)
