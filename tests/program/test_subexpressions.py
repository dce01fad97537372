import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from stages.program.subexpressions import share
from stages.program.sums import matrix


def direct_additions(rows: np.ndarray) -> int:
    return int(np.count_nonzero(rows)) - len(rows)


def test_a_frequent_pair_is_computed_once():
    # x + y + z, x + y - z, x + y: 2 + 2 + 1 additions directly; with t = x + y three.
    sums = share(np.array([[1, 1, 1], [1, 1, -1], [1, 1, 0]]))
    assert sums.temporaries == (((1, 0), (1, 1)),)
    assert sums.additions == 3


def test_a_pair_serves_its_multiples_but_not_the_other_sign():
    sums = share(np.array([[1, -1], [-2, 2], [1, 1]]))
    assert sums.temporaries == (((1, 0), (-1, 1)),)
    assert sums.outputs == (((1, 2),), ((-2, 2),), ((1, 0), (1, 1)))


def test_winograd_form_reaches_fifteen_additions():
    # Winograd's variant of Strassen needs 4 + 4 + 7 additions once its sums are shared (24 without).
    u = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, -1, -1], [0, 0, 0, 1], [0, 0, 1, 1], [-1, 0, 1, 1], [1, 0, -1, 0]])
    v = np.array(
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, -1, -1, 1], [-1, 1, 0, 0], [1, -1, 0, 1], [0, -1, 0, 1]]
    )
    c = np.array(
        [[1, 1, 0, 0, 0, 0, 0], [1, 0, 1, 0, 1, 1, 0], [1, 0, 0, -1, 0, 1, 1], [1, 0, 0, 0, 1, 1, 1]]
    )  # c11, c12, c21, c22
    assert [share(rows).additions for rows in (u, v, c)] == [4, 4, 7]
    assert sum(map(direct_additions, (u, v, c))) == 24


def test_ties_are_broken_by_the_smallest_registers():
    sums = share(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]))
    assert sums.temporaries == (((1, 0), (1, 1)), ((1, 2), (1, 3)))


@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.sampled_from([-2, -1, 0, 1, 2])))
def test_sharing_keeps_the_map_and_adds_no_addition(rows):
    rows = rows[np.any(rows, axis=1)]
    if not len(rows):
        return
    sums = share(rows)
    assert np.array_equal(matrix(sums), rows)
    assert sums.additions <= direct_additions(rows)
