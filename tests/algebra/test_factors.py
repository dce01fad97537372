"""Factors and schemes: what constructors refuse, and the hash of equal schemes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.factors import COEFFICIENT_LIMIT, Factors, Scheme, canonical, canonical_signs, standard
from stages.algebra.targets import Size, parse_size
from stages.errors import SchemeError

SIZE = Size(2, 2, 3)  # rows 4, 6, 6


def draw(seed: int, rank: int = 5) -> tuple[np.random.Generator, Factors]:
    rng = np.random.default_rng(seed)
    return rng, Factors(*(rng.integers(-2, 3, (rows, rank)) for rows in SIZE.modes))


def without_zero_columns(factors: Factors) -> Factors:
    kept = np.all([matrix.any(axis=0) for matrix in factors], axis=0)
    return Factors(*(matrix[:, kept] for matrix in factors))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["Z", "Z2", "Q"]))
@settings(max_examples=50, deadline=None)
def test_hash_ignores_order_of_terms_and_signs(seed, ring):
    rng, factors = draw(seed)
    factors = without_zero_columns(factors)
    order = rng.permutation(factors.rank)
    sign_u, sign_v = rng.choice([-1, 1], (2, factors.rank))
    changed = Factors(factors.u * sign_u, factors.v * sign_v, factors.w * sign_u * sign_v)
    changed = Factors(*(matrix[:, order] for matrix in changed))
    assert Scheme(SIZE.target, ring, changed).hash == Scheme(SIZE.target, ring, factors).hash


def test_hash_sees_size_ring_denominator_rank_and_every_coefficient():
    _, factors = draw(1)
    shape = Factors(factors.u, factors.v, factors.w)
    schemes = [Scheme(SIZE.target, "Z", shape), Scheme(SIZE.target, "Q", shape), Scheme(SIZE.target, "Q", shape, 2)]
    schemes.append(Scheme(SIZE.target, "Z", Factors(*(matrix[:, :-1] for matrix in factors))))
    schemes += [standard(Size(1, 2, 2).target), standard(Size(2, 1, 2).target)]
    for name in "uvw":
        for place in np.ndindex(getattr(factors, name).shape):
            changed = np.array(getattr(factors, name))
            changed[place] += 7
            schemes.append(
                Scheme(SIZE.target, "Z", Factors(**{key: getattr(factors, key) for key in "uvw"} | {name: changed}))
            )
    assert len({scheme.hash for scheme in schemes}) == len(schemes)


def test_hash_over_z2_sees_parities_only():
    _, factors = draw(2)
    shifted = Factors(factors.u + 2, factors.v - 4, factors.w * 3)
    assert Scheme(SIZE.target, "Z2", shifted).hash == Scheme(SIZE.target, "Z2", factors).hash


def test_canonical_signs_keep_the_sum():
    _, factors = draw(3)
    signed = canonical_signs(factors)
    np.testing.assert_array_equal(
        np.einsum("ir,jr,kr->ijk", *factors), np.einsum("ir,jr,kr->ijk", *signed), strict=True
    )
    for matrix in (signed.u, signed.v):
        assert all(column[np.flatnonzero(column)[0]] > 0 for column in matrix.T if column.any())


@given(st.integers(0, 2**32 - 1), st.sampled_from(["Z", "Z2", "Q"]))
@settings(max_examples=30, deadline=None)
def test_canonical_is_its_own_canonical(seed, ring):
    once = canonical(draw(seed)[1], ring)
    for first, second in zip(once, canonical(once, ring), strict=True):
        np.testing.assert_array_equal(first, second, strict=True)


def test_no_term_has_a_hash():
    empty = Factors(*(np.zeros((rows, 0), np.int8) for rows in SIZE.modes))
    assert Scheme(SIZE.target, "Z", empty).rank == 0
    assert len(Scheme(SIZE.target, "Z", empty).hash) == 16


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros(4, np.int64), r"integer matrix, got int64\[4\]"),
        (np.zeros((4, 2, 1), np.int64), "integer matrix"),
        (np.zeros((4, 2)), "integer matrix, got float64"),
        (np.array([["1", "2"]] * 4), "integer matrix"),
        (np.full((4, 2), 2**70, object), "integer matrix, got object"),
        (np.full((4, 2), COEFFICIENT_LIMIT + 1), "within int32, got 2147483648..2147483648"),
        (np.full((4, 2), -(2**31)), "within int32"),
        (np.full((4, 2), 2**64 - 1, np.uint64), "within int32"),
        (np.zeros((4, 3), np.int64), r"as many columns in u, v and w, got \[3, 2, 2\]"),
    ],
)
def test_malformed_factor_is_refused(matrix, message):
    good = np.zeros((6, 2), np.int64)
    with pytest.raises(SchemeError, match=message) as caught:
        Factors(matrix, good, good)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, bool])
def test_factors_hold_their_own_read_only_copy(dtype):
    given_u = np.ones((4, 2), dtype)
    factors = Factors(given_u, np.ones((6, 2), dtype), np.ones((6, 2), dtype))
    given_u[0, 0] = 0
    assert factors.u[0, 0] == 1
    assert factors.u.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        factors.u[0, 0] = 0


@pytest.mark.parametrize("name", ["1x1x1", "2x2x2", "2x3x3", "3x4x5", "10x11x99"])
def test_size_reads_its_own_name(name):
    assert parse_size(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2x2",
        "2x2x2x2",
        "2x2x2 ",
        "2x2x2\n",
        "02x2x2",
        "0x1x1",
        "-1x2x3",
        "2x3x100",
        "3x2x2",
        "2x٣x4",
        "2×2×2",
        "axbxc",
    ],
)
def test_malformed_size_is_refused(name):
    with pytest.raises(SchemeError, match="size: expected") as caught:
        parse_size(name)
    assert "\n" not in str(caught.value)
