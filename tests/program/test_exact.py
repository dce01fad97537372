import numpy as np
import pytest

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.program import costs
from stages.program.exact import prove
from stages.program.interpreter import multiply
from stages.program.program import from_scheme
from stages.program.signs import Steps, signed_sums
from stages.program.sums import matrix
from tests.examples import halves, product, strassen, winograd


@pytest.mark.parametrize(
    ("scheme", "additions", "bound"),
    [
        (winograd(), 15, 15),
        (strassen(), 18, 18),  # ten sums of operands, none of use for another
        (halves(), 18, 18),
        (standard(Size(2, 3, 3).target), 12, 12),
    ],
)
def test_additions_and_bound_by_hand(scheme, additions, bound):
    proven = prove(scheme)
    assert (costs.additions(proven.program), proven.bound) == (additions, bound)


def test_longer_modes_have_a_bound_and_the_program_as_it_was():
    scheme = product(winograd(), strassen())
    proven = prove(scheme)
    assert proven.program == from_scheme(scheme)
    assert 0 < proven.bound < costs.additions(proven.program)


def test_over_two_elements_the_program_is_proven_and_shorter_than_a_greedy_one(cube):
    proven = prove(cube)
    assert proven.bound == costs.additions(proven.program) < costs.additions(from_scheme(cube))
    a, b = np.random.default_rng(0).integers(0, 2, (2, 3, 3))
    assert np.array_equal(multiply(proven.program, a, b), a @ b % 2)


def test_signs_by_hand():
    # x + y, then + z; wanted are x - y and z - x + y.
    steps = Steps(3, [(0, 1), (3, 2)], [3, 4])
    rows = np.array([[1, -1, 0], [-1, 1, 1]])
    sums = signed_sums(steps, rows, np.random.default_rng(0))
    assert np.array_equal(matrix(sums), rows)
    assert sums.additions == 2
    # x + y + z and x + y - z cannot both be what is made by one addition.
    steps = Steps(3, [(0, 1), (3, 2)], [4, 4])
    assert signed_sums(steps, np.array([[1, 1, 1], [1, 1, -1]]), np.random.default_rng(0)) is None


def test_with_few_nodes_the_bound_is_lower(cube):
    hasty = prove(cube, nodes=0)
    assert hasty.bound < prove(cube).bound
    assert hasty.bound < costs.additions(hasty.program) <= costs.additions(from_scheme(cube))
