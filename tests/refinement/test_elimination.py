"""Elimination over Z2 against plain elimination on Python's integers."""

import numpy as np
import pytest

from stages.refinement import elimination
from tests.linear import independent, is_sum

SHAPES = [(1, 1), (5, 9), (70, 70), (130, 40), (40, 130), (200, 64), (90, 65), (300, 193)]


def _matrix(rows: int, columns: int, density: float = 0.5) -> np.ndarray:
    """Random, with dependent rows and columns and a zero column."""
    matrix = (np.random.default_rng(rows + columns).random((rows, columns)) < density).astype(np.int64)
    if columns > 4:
        matrix[:, 3] = 0
        matrix[:, -1] = matrix[:, 0]
    if rows > 4:
        matrix[-2:] = matrix[0] ^ matrix[1]
    return matrix


def _unpack(words: np.ndarray, length: int) -> np.ndarray:
    return np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little")[..., :length]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 130])
def test_pack_puts_entry_0_in_the_lowest_bit(length):
    bits = np.random.default_rng(0).integers(0, 2, (3, length))
    words = elimination.pack(bits)
    assert words.shape == (3, -(-length // 64))
    for row, packed in zip(bits, words, strict=True):
        assert [(int(packed[i // 64]) >> (i % 64)) & 1 for i in range(length)] == row.tolist()


@pytest.mark.parametrize("density", [0.05, 0.5])
@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_echelon_form(rows, columns, density):
    matrix = _matrix(rows, columns, density)
    echelon = elimination.eliminate(elimination.pack(matrix), columns)
    assert echelon.pivots.tolist() == independent(matrix.T)
    assert sorted(echelon.order) == list(range(rows))
    reduced = _unpack(echelon.rows, columns)
    rank = len(echelon.pivots)
    assert not reduced[rank:].any()
    for row, pivot in zip(reduced, echelon.pivots, strict=False):
        assert row.argmax() == pivot
    assert len(independent(np.concatenate([matrix, reduced]))) == rank  # the same row space


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_solve_satisfies_or_refuses(rows, columns):
    rng = np.random.default_rng(0)
    matrix = _matrix(rows, columns)
    echelon = elimination.eliminate(elimination.pack(matrix), columns)
    rank = len(echelon.pivots)
    rights = [matrix @ rng.integers(0, 2, columns) % 2 for _ in range(10)] + list(rng.integers(0, 2, (10, rows)))
    for right in rights:
        reduced = elimination.forward(echelon, right.astype(np.uint8))
        is_solvable = is_sum(right, matrix.T)
        assert (not reduced[rank:].any()) == is_solvable
        if is_solvable:
            given = rng.integers(0, 2, columns)
            given[echelon.pivots] = 0
            words = elimination.pack(given)
            elimination.backward(echelon, reduced, words)
            solution = _unpack(words, columns)
            assert np.array_equal(matrix @ solution % 2, right)
            free = np.setdiff1d(np.arange(columns), echelon.pivots)
            assert np.array_equal(solution[free], given[free])


@pytest.mark.parametrize("columns", [40, 64, 100])
def test_columns_beyond_follow(columns):
    """As `jacobian` uses them: they undergo what a right-hand side does."""
    matrix = _matrix(90, 170)
    echelon = elimination.eliminate(elimination.pack(matrix), columns)
    assert echelon.pivots.tolist() == independent(matrix[:, :columns].T)
    carried = _unpack(echelon.rows, 170)
    assert not carried[len(echelon.pivots) :, :columns].any()
    for column in range(columns, 170):
        right = elimination.forward(echelon, matrix[:, column].astype(np.uint8))
        assert np.array_equal(right, carried[:, column])


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_clear_is_zero_at_the_pivots(rows, columns):
    matrix = _matrix(rows, columns)
    echelon = elimination.eliminate(elimination.pack(matrix), columns)
    vector = np.random.default_rng(1).integers(0, 2, columns)
    words = elimination.pack(vector)
    elimination.clear(echelon, words)
    cleared = _unpack(words, columns)
    assert not cleared[echelon.pivots].any()
    assert is_sum(cleared ^ vector, matrix)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_null_space(rows, columns):
    matrix = _matrix(rows, columns)
    echelon = elimination.eliminate(elimination.pack(matrix), columns)
    words, dimension = elimination.null_space(echelon, columns)
    solutions = _unpack(words, dimension).T
    assert dimension == columns - len(echelon.pivots)
    assert len(words) == columns
    assert not (matrix @ solutions.T % 2).any()
    assert len(independent(solutions)) == dimension


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (64, 64), (70, 130), (200, 5)])
def test_transposed(rows, columns):
    matrix = _matrix(rows, columns)
    words = elimination.transposed(elimination.pack(matrix))
    assert np.array_equal(_unpack(words, rows)[:columns], matrix.T)
    assert not _unpack(words, rows)[columns:].any()
