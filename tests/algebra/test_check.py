"""The one exact check: known answers first, then exactness where int64 ends."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.check import WrongEntry, accumulator, check, first_wrong_entry
from stages.algebra.factors import COEFFICIENT_LIMIT, Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.errors import SchemeError
from tests import examples

SQUARE = Size(2, 2, 2)
STRASSEN = tuple(examples.strassen().factors)
SIZES = [Size(*size) for size in itertools.product(range(1, 5), repeat=3)]


def strassen(ring: str = "Z", denominator: int = 1, **changed: np.ndarray) -> Scheme:
    """Strassen's scheme over any ring, with some of u, v, w in place of its own."""
    factors = dict(zip("uvw", STRASSEN, strict=True)) | changed
    return Scheme(SQUARE.target, ring, Factors(**factors), denominator)


def plain_sum(factors: Factors) -> dict[tuple[int, int, int], int]:
    """Every entry of the sum of the terms, in Python integers."""
    u, v, w = (matrix.tolist() for matrix in factors)
    return {
        (i, j, k): sum(u[i][r] * v[j][r] * w[k][r] for r in range(factors.rank))
        for i, j, k in itertools.product(*map(range, factors.modes))
    }


@pytest.mark.parametrize("ring", ["Z", "Z2", "Q"])
def test_strassen_is_a_decomposition(ring):
    assert check(strassen(ring)) is None


@pytest.mark.parametrize("ring", ["Z", "Z2", "Q"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_standard_algorithm_is_a_decomposition(size, ring):
    scheme = standard(size.target, ring)
    assert scheme.rank == size.naive_rank
    assert check(scheme) is None


@pytest.mark.parametrize("size", [Size(1, 1, 1), Size(2, 3, 4), Size(3, 1, 2)], ids=lambda size: size.name)
def test_target_is_the_matrix_product(size):
    n, m, p = size
    a = np.arange(1, n * m + 1).reshape(n, m)
    b = np.arange(3, 3 + m * p).reshape(m, p)
    product = np.einsum("ijk,i,j->k", size.target.tensor.astype(np.int64), a.ravel(), b.ravel())
    np.testing.assert_array_equal(product.reshape(p, n).T, a @ b)


@pytest.mark.parametrize(
    ("ring", "matrix", "row", "term", "value", "wrong"),
    [
        # m5 = (a11 + a12) b22 loses a12: c12 lacks a12 b22, that is entry (1, 3, 2), but c11 has lost -a12 b22 first.
        ("Z", "u", 1, 4, 0, WrongEntry(1, 3, 0, 0, 1)),
        ("Z2", "u", 1, 4, 0, WrongEntry(1, 3, 0, 0, 1)),
        # m1 gets a11 twice: c11 = ... + a11 b11 once more.
        ("Z", "u", 0, 0, 2, WrongEntry(0, 0, 0, 1, 2)),
        ("Z2", "u", 0, 0, 2, WrongEntry(0, 0, 0, 1, 0)),
        # c22 takes m6 = (a21 - a11)(b11 + b12) no more: it keeps the a11 (b11 + b12 ...) that m6 cancelled.
        ("Z", "w", 3, 5, 0, WrongEntry(0, 0, 3, 0, 1)),
        # c22 takes m6 with the wrong sign: a11 b11 is there twice; mod 2 there is nothing to see.
        ("Z", "w", 3, 5, -1, WrongEntry(0, 0, 3, 0, 2)),
        ("Z2", "w", 3, 5, -1, None),
    ],
)
def test_flipped_entry_is_named(ring, matrix, row, term, value, wrong):
    flipped = np.array(STRASSEN["uvw".index(matrix)])
    flipped[row, term] = value
    assert check(strassen(ring, **{matrix: flipped})) == wrong


def test_every_single_flip_is_seen():
    for index, name in enumerate("uvw"):
        for place in np.ndindex(4, 7):
            flipped = np.array(STRASSEN[index])
            flipped[place] += 1
            assert check(strassen(**{name: flipped})) is not None, (name, place)
            assert check(strassen("Z2", **{name: flipped})) is not None, (name, place)


def test_wrong_entry_reads_as_one_line():
    assert str(WrongEntry(1, 2, 3, 0, -7)) == "entry (1, 2, 3): expected 0, got -7"


@pytest.mark.parametrize(("ring", "wrong"), [("Z", WrongEntry(0, 0, 0, 1, 0)), ("Z2", WrongEntry(0, 0, 0, 1, 0))])
def test_no_term_is_no_decomposition(ring, wrong):
    assert check(Scheme(SQUARE.target, ring, Factors(*(np.zeros((4, 0), np.int64),) * 3))) == wrong


def test_rational_scheme_needs_its_denominator():
    doubled = np.array(STRASSEN[2]) * 2
    assert check(strassen("Q", denominator=2, w=doubled)) is None
    assert check(strassen("Q", denominator=3, w=doubled)) == WrongEntry(0, 0, 0, 3, 2)
    assert check(strassen("Q", w=doubled)) == WrongEntry(0, 0, 0, 1, 2)


def test_largest_denominator_is_exact():
    assert check(strassen("Q", denominator=COEFFICIENT_LIMIT, w=np.array(STRASSEN[2]) * COEFFICIENT_LIMIT)) is None


@pytest.mark.parametrize("denominator", [0, -1, COEFFICIENT_LIMIT + 1, 2**80])
def test_impossible_denominator_is_refused(denominator):
    with pytest.raises(SchemeError, match=rf"denominator over Q: expected 1\.\.{COEFFICIENT_LIMIT}, got {denominator}"):
        strassen("Q", denominator)


@pytest.mark.parametrize("ring", ["Z", "Z2"])
def test_denominator_is_refused_where_the_ring_has_none(ring):
    with pytest.raises(SchemeError, match="denominator"):
        strassen(ring, denominator=2)


@pytest.mark.parametrize("rows", [(3, 4, 4), (4, 1, 4), (4, 4, 5)])
def test_rows_that_do_not_fit_are_refused(rows):
    factors = Factors(*(np.ones((length, 2), np.int64) for length in rows))
    with pytest.raises(SchemeError, match="rows"):
        first_wrong_entry(SQUARE.target.tensor, factors, "Z")
    with pytest.raises(SchemeError, match="rows"):
        Scheme(SQUARE.target, "Z", factors)


@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_sums_beyond_int64_stay_exact(seed, rank):
    """Coefficients near int32: the sum is compared with a triple loop over Python integers."""
    rng = np.random.default_rng(seed)
    huge = Factors(
        *(rng.choice([-1, 1], (2, rank)) * (COEFFICIENT_LIMIT - rng.integers(0, 9, (2, rank))) for _ in "uvw")
    )
    assert accumulator(huge) is (object if rank else np.int32)
    wrong = first_wrong_entry(np.zeros((2, 2, 2), np.int8), huge, "Z")
    expected = next((WrongEntry(*place, 0, got) for place, got in plain_sum(huge).items() if got), None)
    assert wrong == expected


def test_sum_that_is_zero_modulo_two_to_the_64_is_not_zero():
    """4 * (2**30)**2 * 4 = 2**64 is 0 in wrapping int64."""
    factors = Factors(np.full((1, 4), 2**30), np.full((1, 4), 2**30), np.full((1, 4), 4))
    assert first_wrong_entry(np.zeros((1, 1, 1), np.int8), factors, "Z") == WrongEntry(0, 0, 0, 0, 2**64)


def test_sum_that_is_zero_modulo_two_to_the_32_is_not_zero():
    """2**16 * 2**15 * 2 = 2**32 is 0 in wrapping int32."""
    factors = Factors(np.array([[2**16]]), np.array([[2**15]]), np.array([[2]]))
    assert first_wrong_entry(np.zeros((1, 1, 1), np.int8), factors, "Z") == WrongEntry(0, 0, 0, 0, 2**32)


def test_accumulator_is_as_narrow_as_proved():
    """2**31-1 cubed is beyond 2**63; squared, with a one, it is below 2**62; alone it is the last of int32.

    A factor of zeros does not make the products of the two others smaller.
    """
    limit = np.array([[COEFFICIENT_LIMIT]])
    one, zero = np.array([[1]]), np.array([[0]])
    assert accumulator(Factors(limit, one, one)) is np.int32
    assert accumulator(Factors(limit, one, one * 2)) is np.int64
    assert accumulator(Factors(limit, limit, zero)) is np.int64
    assert accumulator(Factors(limit, limit, one)) is np.int64
    assert accumulator(Factors(limit, limit, np.array([[2]]))) is np.int64
    assert accumulator(Factors(limit, limit, np.array([[3]]))) is object


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_decomposition_over_z_is_one_over_z2(seed):
    """Any target: the sum of random terms over Z, taken mod 2, is the sum of the terms over Z2."""
    rng = np.random.default_rng(seed)
    factors = Factors(*(rng.integers(-3, 4, (rows, 5)) for rows in (2, 3, 4)))
    target = np.zeros(factors.modes, np.int64)
    for place, entry in plain_sum(factors).items():
        target[place] = entry
    assert first_wrong_entry(target, factors, "Z") is None
    assert first_wrong_entry(target % 2, factors, "Z2") is None
    place = tuple(int(rng.integers(length)) for length in target.shape)
    target[place] += 1
    assert first_wrong_entry(target, factors, "Z") == WrongEntry(*place, int(target[place]), int(target[place]) - 1)
