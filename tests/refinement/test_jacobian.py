"""The linearised Brent equations against the Jacobian written out."""

import numpy as np
import pytest

from stages.refinement import jacobian
from tests.linear import independent, is_sum, slopes

# Modes and rank. More than 64 terms take two words; the last two have so many equations that a sketch is taken.
CASES = [((4, 4, 4), 7), ((6, 4, 5), 9), ((4, 9, 9), 70), ((9, 9, 9), 12), ((12, 6, 9), 11)]
SKETCHED = CASES[-2:]


def _factors(modes: tuple[int, int, int], rank: int) -> list[np.ndarray]:
    """Random, no column zero. The last two terms share b and c, so that the slices have dependent columns."""
    rng = np.random.default_rng(rank)
    factors = [rng.integers(0, 2, (mode, rank)).astype(np.uint8) for mode in modes]
    for matrix in factors:
        matrix[0, ~matrix.any(axis=0)] = 1
    for matrix in factors[1:]:
        matrix[:, -1] = matrix[:, -2]
    return factors


@pytest.mark.parametrize("is_sketched", [False, True])
@pytest.mark.parametrize(("modes", "rank"), CASES)
def test_solve_and_kernel(modes, rank, is_sketched):
    factors = _factors(modes, rank)
    matrix = slopes(*factors)
    system = jacobian.linearise(*factors, is_sketched)
    has_sketch = system.sketch.shape[1] > 1
    assert has_sketch == (is_sketched and (modes, rank) in SKETCHED)

    words, dimension = jacobian.kernel(system)
    kernel = np.moveaxis(np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little"), -1, 0)
    assert not kernel[dimension:].any()
    kernel = kernel[:dimension]
    flat = kernel.reshape(dimension, -1)
    assert not (flat @ matrix % 2).any()
    assert len(independent(flat)) == len(flat)
    assert len(flat) == len(matrix) - len(independent(matrix)) - 2 * rank  # b and c of each term keep one entry
    for first, factor in ((modes[0], factors[1]), (modes[0] + modes[1], factors[2])):
        assert not kernel[:, first + factor.argmax(axis=0), np.arange(rank)].any()

    rng = np.random.default_rng(0)
    rights = [rng.integers(0, 2, len(matrix)) @ matrix % 2 for _ in range(5)]
    rights += [right ^ (np.arange(right.size) == place) for place, right in enumerate(rights)]
    for right in rights:
        is_solved, change = jacobian.solve(system, right.astype(np.uint8).reshape(modes[0], -1))
        assert is_solved == is_sum(right, matrix)
        if is_solved:
            assert np.array_equal(change.ravel() @ matrix % 2, right)


@pytest.mark.parametrize(("modes", "rank"), CASES)
def test_annihilates(modes, rank):
    factors = _factors(modes, rank)
    kernel, dimension = jacobian.kernel(jacobian.linearise(*factors, False))
    assert jacobian.annihilates(*factors, kernel)
    for row in (0, modes[0], modes[0] + modes[1]):
        wrong = kernel.copy()
        wrong[row, 0, -1] ^= np.uint64(1 << ((dimension - 1) % 64))
        assert not jacobian.annihilates(*factors, wrong)


def test_defect_wraps_but_keeps_residues():
    rng = np.random.default_rng(0)
    a, b, c = (rng.integers(-(2**30), 2**30, (length, 40)) for length in (3, 4, 5))
    target = rng.integers(0, 2, (3, 4, 5))
    exact = target - np.einsum("ir,jr,kr->ijk", *(matrix.astype(object) for matrix in (a, b, c)))
    assert np.abs(exact).max() > 2**63
    assert np.array_equal(jacobian.defect(a, b, c, target) % 2**40, (exact % 2**40).astype(np.int64))
