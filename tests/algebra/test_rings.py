"""Ranks over residue fields against elimination in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.rings import (
    LARGE_PRIME,
    RINGS,
    balanced,
    characteristic_polynomials,
    parse_ring,
    rank_prime,
    ranks_modulo,
    reduced_to,
)
from stages.errors import SchemeError


def plain_rank(matrix: list[list[int]], prime: int) -> int:
    """Elimination of one matrix, row by row."""
    rows, rank = [[entry % prime for entry in row] for row in matrix], 0
    for col in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[col]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for below in range(rank + 1, len(rows)):
            factor = rows[below][col] * pow(pivot[col], -1, prime)
            rows[below] = [(a - factor * b) % prime for a, b in zip(rows[below], pivot, strict=True)]
        rank += 1
    return rank


@st.composite
def stacks(draw):
    count, rows, cols = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    entries = draw(st.sampled_from([st.integers(0, 1), st.integers(-2, 2), st.integers(-(2**31) + 1, 2**31 - 1)]))
    flat = draw(st.lists(entries, min_size=count * rows * cols, max_size=count * rows * cols))
    return np.array(flat, np.int64).reshape(count, rows, cols)


@given(stacks(), st.sampled_from([2, 3, 101, LARGE_PRIME]))
@settings(max_examples=150, deadline=None)
def test_ranks_agree_with_plain_elimination(matrices, prime):
    assert ranks_modulo(matrices, prime).tolist() == [plain_rank(matrix.tolist(), prime) for matrix in matrices]


@given(st.integers(0, 2**32 - 1), st.integers(0, 4), st.sampled_from([2, LARGE_PRIME]))
@settings(max_examples=50, deadline=None)
def test_rank_of_a_product_of_thin_matrices_is_bounded(seed, inner, prime):
    rng = np.random.default_rng(seed)
    product = rng.integers(-50, 51, (8, 5, inner)) @ rng.integers(-50, 51, (8, inner, 6))
    assert ranks_modulo(product, prime).max() <= inner


def test_no_matrix_has_no_rank():
    assert ranks_modulo(np.zeros((0, 2, 3), np.int64), 2).shape == (0,)


@pytest.mark.parametrize(("ring", "prime"), [("Z2", 2), ("Z", LARGE_PRIME), ("Q", LARGE_PRIME)])
def test_rank_prime_of_each_ring(ring, prime):
    assert rank_prime(ring) == prime
    assert all(pow(base, prime - 1, prime) == 1 for base in (3, 5, 7))  # Fermat


@pytest.mark.parametrize("prime", [2, 7, 2**28 - 57])
@given(size=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_characteristic_polynomials_are_determinants(prime, size, seed):
    """At x, the polynomial is det(x - M); a determinant of small integers is exact once rounded."""
    matrices = np.random.default_rng(seed).integers(0, 3, (4, size, size))
    polynomials = characteristic_polynomials(matrices % prime, prime)
    assert polynomials.shape == (4, size + 1)
    for x in range(size + 2):
        values = sum(polynomials[:, power].astype(object) * x ** (size - power) for power in range(size + 1))
        expected = np.round(np.linalg.det(x * np.eye(size) - matrices)).astype(np.int64)
        assert np.array_equal(values % prime, expected % prime)


def test_rings_have_names():
    assert [parse_ring(name) for name in RINGS] == list(RINGS)
    with pytest.raises(SchemeError, match="expected one of Z2, Z3, Z, Q, got 'Z5'"):
        parse_ring("Z5")


def test_residues_lie_around_zero():
    matrix = np.arange(-4, 5)
    assert reduced_to(matrix, "Z2").tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert reduced_to(matrix, "Z3").tolist() == [-1, 0, 1, -1, 0, 1, -1, 0, 1]
    assert balanced(matrix, 9).tolist() == matrix.tolist()
    for ring in ("Z", "Q"):
        assert reduced_to(matrix, ring) is matrix
