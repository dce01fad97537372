import numpy as np
import pytest

from stages.errors import SchemeError
from stages.program.sums import Sums, evaluate, magnitude, matrix

# Registers 0, 1 are inputs x, y; 2 = x - y; outputs 3 * (x - y) and x + 2 * y.
SUMS = Sums(2, (((1, 0), (-1, 1)),), (((3, 2),), ((1, 0), (2, 1))))


def test_outputs_of_numbers_and_of_arrays():
    assert evaluate(SUMS, [5, 3]) == [6, 11]
    array = evaluate(SUMS, [np.array([5, 0]), np.array([3, 1])])
    assert [part.tolist() for part in array] == [[6, -3], [11, 2]]


def test_matrix_of_the_map():
    assert matrix(SUMS).tolist() == [[3, -3], [1, 2]]


def test_additions_count_temporaries_once():
    assert SUMS.additions == 2  # x - y and x + 2y; a factor is no addition


def test_magnitude_bounds_every_partial_sum():
    # |x| <= 5, |y| <= 3: |x - y| <= 8, 3 * 8 = 24, 5 + 2 * 3 = 11.
    assert magnitude(SUMS, [5, 3]) == (24, [24, 11])


def test_magnitude_sees_a_temporary_that_cancels():
    # t = 9x, output t - 9x + y: the output is small, the way to it is not.
    assert magnitude(Sums(2, (((9, 0),),), (((1, 1),),)), [100, 1]) == (900, [1])


@pytest.mark.parametrize(
    ("temporaries", "outputs"),
    [
        ((), ((),)),  # an empty combination
        ((), (((0, 0),),)),  # a zero factor
        ((), (((1, 0), (1, 0)),)),  # a register twice
        ((), (((1, 2),),)),  # no such register
        ((((1, 2),),), (((1, 0),),)),  # a temporary made of itself
        ((), (((1, -1),),)),
    ],
)
def test_malformed_sums_are_refused(temporaries, outputs):
    with pytest.raises(SchemeError, match="program: expected"):
        Sums(2, temporaries, outputs)
