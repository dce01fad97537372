"""The six orientations: exact in the convention where w indexes C transposed, and a group action."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import PERMUTATIONS, as_matrices, from_matrices, orientation, oriented, sorted_scheme
from stages.algebra.targets import Size
from tests import examples


@pytest.mark.parametrize("permutation", PERMUTATIONS)
def test_orientation_of_an_oblong_scheme_is_exact(permutation):
    scheme = standard(Size(2, 3, 4).target)
    reordered = oriented(scheme, permutation)
    assert reordered.size == tuple(scheme.size[axis] for axis in permutation)
    assert check(reordered) is None
    assert reordered.hash == standard(reordered.target).hash


@pytest.mark.parametrize("permutation", PERMUTATIONS)
def test_orientation_of_strassen_is_exact(permutation):
    assert check(oriented(examples.strassen(), permutation)) is None


@pytest.mark.parametrize("first", PERMUTATIONS)
@pytest.mark.parametrize("second", PERMUTATIONS)
def test_orientations_compose(first, second):
    rng = np.random.default_rng(0)
    size = Size(2, 3, 5)
    scheme = Scheme(size.target, "Z", Factors(*(rng.integers(-2, 3, (length, 4)) for length in size.modes)))
    both = tuple(first[axis] for axis in second)
    assert oriented(oriented(scheme, first), second).hash == oriented(scheme, both).hash


def test_transposition_by_hand():
    """C^T = B^T A^T for 1x2x3: a_01 b_12 c_02 becomes b^T_21 a^T_10 c^T_20."""
    size = Size(1, 2, 3)

    def entry(length, row):
        return np.eye(length, dtype=int)[:, [row]]

    scheme = Scheme(size.target, "Z", Factors(entry(2, 1), entry(6, 1 * 3 + 2), entry(3, 2)))
    reordered = oriented(scheme, (2, 1, 0))
    # B^T is 3 x 2 with b_12 at (2, 1); A^T is 2 x 1 with a_1 at (1, 0); C' is 3 x 1, and w' indexes its transpose.
    assert [int(matrix.argmax()) for matrix in reordered.factors] == [2 * 2 + 1, 1, 2]


def test_matrices_round_trip():
    scheme = standard(Size(2, 3, 4).target)
    assert [matrix.shape for matrix in as_matrices(scheme)] == [(2, 3, 24), (3, 4, 24), (4, 2, 24)]
    for one, other in zip(scheme.factors, from_matrices(as_matrices(scheme)), strict=True):
        assert np.array_equal(one, other)


def test_every_order_is_sorted():
    for permutation in PERMUTATIONS:
        scheme = sorted_scheme(oriented(standard(Size(2, 3, 5).target), permutation))
        assert scheme.size == Size(2, 3, 5)
        assert check(scheme) is None


def test_sorted_scheme_is_left_as_it_is():
    scheme = examples.strassen()
    assert all(np.array_equal(*pair) for pair in zip(scheme.factors, sorted_scheme(scheme).factors, strict=True))


def test_other_lengths_are_refused():
    with pytest.raises(ValueError, match="2x2x3 cannot be oriented as 2x3x3"):
        orientation(Size(2, 2, 3), Size(2, 3, 3))
