import json

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.program import costs
from stages.program.program import from_json, from_scheme, to_json
from stages.program.sums import matrix
from tests.examples import halves, modulo_two, product, strassen, winograd


def test_strassen_takes_eighteen_additions():
    program = from_scheme(strassen())
    assert program.products == 7
    assert costs.additions(program) == 18  # 5 + 5 + 8; no pair occurs twice


def test_the_third_mode_becomes_the_blocks_of_c():
    # Each product of the standard 2x3x4 algorithm is a_ij * b_jk and belongs to block i*4 + k of C.
    program = from_scheme(standard(Size(2, 3, 4).target))
    left, right, output = (matrix(part) for part in (program.left, program.right, program.output))
    for r in range(24):
        (a,), (b,), (c,) = (np.flatnonzero(line) for line in (left[r], right[r], output[:, r]))
        assert a % 3 == b // 4
        assert c == (a // 3) * 4 + b % 4


def test_equal_hashes_give_equal_programs():
    scheme = strassen()
    order = np.random.default_rng(0).permutation(7)
    shuffled = Factors(*(factor[:, order] for factor in scheme.factors))
    flipped = Factors(-shuffled.u, shuffled.v, -shuffled.w)
    again = Scheme(scheme.target, scheme.ring, flipped)
    assert again.hash == scheme.hash
    assert to_json(from_scheme(again)) == to_json(from_scheme(scheme))


def test_a_zero_term_needs_no_product():
    scheme = strassen()
    padded = Factors(*(np.pad(factor, ((0, 0), (0, 1))) for factor in scheme.factors))
    assert from_scheme(Scheme(scheme.target, "Z", padded)) == from_scheme(scheme)


def test_a_block_of_c_that_nothing_reaches_is_refused():
    u, v, w = strassen().factors
    cut = w.copy()
    cut[1] = 0
    with pytest.raises(SchemeError, match="expected distinct registers"):
        from_scheme(Scheme(Size(2, 2, 2).target, "Z", Factors(u, v, cut)))


@pytest.mark.parametrize(
    "scheme", [strassen(), halves(), modulo_two(), product(strassen(), standard(Size(1, 1, 2).target))]
)
def test_json_round_trip(scheme):
    program = from_scheme(scheme)
    assert from_json(to_json(program)) == program
    assert to_json(from_json(to_json(program))) == to_json(program)


@pytest.mark.parametrize(("text", "complaint"), [("{", "not JSON"), ("[]", "expected an object")])
def test_reading_is_strict(text, complaint):
    with pytest.raises(SchemeError, match=complaint):
        from_json(text)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("more",), 1, "expected an object"),
        (("size",), 222, "expected a size"),
        (("size",), "2x2x3", "expected inputs, operands and outputs"),
        (("ring",), "R", "expected a ring"),
        (("ring",), ["Z"], "expected a ring"),
        (("denominator",), 2, "not possible"),
        (("denominator",), True, "expected an integer"),
        (("left",), [], "expected an object"),
        (("left", "inputs"), 4.0, "expected an integer"),
        (("left", "inputs"), 3, "expected registers 0..2"),
        (("left", "outputs"), 3, "expected a list"),
        (("left", "outputs", 0), [[1, 0, 0]], "expected a pair"),
        (("left", "outputs", 0), [[1.5, 0]], "expected an integer"),
        (("left", "outputs", 0), [], "expected distinct registers"),
        (("right", "outputs"), [[[1, 0]]], "expected inputs, operands and outputs"),
        (("output", "outputs", 3), [[1, 7]], "expected registers 0..6"),
    ],
)
def test_reading_is_strict_in_every_field(path, value, complaint):
    given = json.loads(to_json(from_scheme(strassen())))
    *way, last = path
    node = given
    for step in way:
        node = node[step]
    node[last] = value
    with pytest.raises(SchemeError, match=complaint):
        from_json(json.dumps(given))


def test_emax_of_strassen_and_of_the_standard_algorithm():
    # c11 = m1 + m4 - m5 + m7: 2*2 + 1*2 + 2*1 + 2*2 = 12, and c22 likewise; every entry of the standard one: m = 3.
    assert costs.emax(from_scheme(strassen())) == 12
    assert costs.emax(from_scheme(halves())) == 12
    assert costs.emax(from_scheme(standard(Size(2, 3, 4).target))) == 3


def test_roundings_by_hand():
    """Strassen: one addition of each operand, three of c11. Factors and denominators of 2 are exact."""
    assert costs.roundings(from_scheme(strassen())) == 1 + 1 + 3
    assert costs.roundings(from_scheme(halves())) == 1 + 1 + 3
    assert costs.roundings(from_scheme(standard(Size(2, 3, 4).target))) == 2


def test_growth_factors_of_the_literature():
    # Strassen: m1 has three factors of norm sqrt 2, the others two. Winograd: 17.85 (Dumas et al.). halves: the same.
    assert costs.growth(from_scheme(strassen())) == pytest.approx(2 * 2**0.5 + 6 * 2)
    assert costs.growth(from_scheme(halves())) == pytest.approx(2 * 2**0.5 + 6 * 2)
    assert costs.growth(from_scheme(winograd())) == pytest.approx(17.853, abs=1e-3)
    assert costs.growth(from_scheme(standard(Size(2, 3, 4).target))) == pytest.approx(24)


def test_costs_of_winograds_variant():
    program = from_scheme(winograd())
    assert (costs.naive_additions(program), costs.additions(program)) == (24, 15)


def test_exponent_by_hand():
    assert costs.omega(from_scheme(strassen())) == pytest.approx(np.log2(7))
    assert costs.omega(from_scheme(standard(Size(2, 3, 4).target))) == pytest.approx(3)
    assert np.isnan(costs.omega(from_scheme(standard(Size(1, 1, 1).target))))


def test_nontrivial_columns_of_the_standard_algorithm():
    assert costs.nontrivial(from_scheme(standard(Size(2, 3, 4).target))) == 0
