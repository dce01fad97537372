import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from stages.errors import SchemeError
from stages.program import subexpressions
from stages.program.program import from_scheme
from stages.program.subexpressions import share, transposed
from stages.program.sums import Sums, matrix
from tests.examples import winograd


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
    program = from_scheme(winograd())
    assert [part.additions for part in (program.left, program.right, program.output)] == [4, 4, 7]


def test_equal_seeds_give_equal_sums_and_more_tries_never_more_additions():
    rng = np.random.default_rng(0)
    saved = 0
    for _ in range(10):
        rows = rng.choice([-1, 0, 0, 1], (15, 9))
        rows = rows[rows.any(axis=1)]
        assert share(rows, 4, seed=1) == share(rows, 4, seed=1)
        once, often = share(rows, 1).additions, share(rows, 30).additions
        assert often <= once
        saved += once - often
    assert saved > 0


def test_one_side_is_shorter_by_way_of_the_other():
    # t = x + y + z + w three times over: x + y, then + z, then + w; from the other side one sum of four.
    rows = np.array([[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 1, 0], [1, 1, 1, 1, 0, 0, 1]])
    assert share(rows).additions == 6


def test_transposition_of_sums_by_hand():
    # t = x - y; outputs t + z, 2t. Transposed: t' = a + 2b; x' = t', y' = -t', z' = a.
    sums = Sums(3, (((1, 0), (-1, 1)),), (((1, 3), (1, 2)), ((2, 3),)))
    assert transposed(sums) == Sums(2, (((1, 0), (2, 1)),), (((1, 2),), ((-1, 2),), ((1, 0),)))


def test_an_input_that_is_not_used_cannot_be_transposed():
    with pytest.raises(SchemeError, match="expected distinct registers"):
        transposed(Sums(2, (), (((1, 0),),)))


MATRICES = arrays(
    np.int64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.sampled_from([-2, -1, 0, 1, 3])
)


@given(MATRICES)
@settings(deadline=None)
def test_transposed_sums_compute_the_transposed_matrix(rows):
    rows = rows[np.any(rows, axis=1)]
    rows = rows[:, np.any(rows, axis=0)]
    if not rows.size:
        return
    sums = share(rows, 3)
    other = transposed(sums)
    assert np.array_equal(matrix(other), rows.T)
    assert other.additions == sums.additions + len(rows) - rows.shape[1]  # Tellegen's theorem


@given(MATRICES)
@settings(deadline=None)
def test_sharing_keeps_the_map_and_adds_no_addition(rows):
    rows = rows[np.any(rows, axis=1)]
    if not len(rows):
        return
    sums = share(rows)
    assert np.array_equal(matrix(sums), rows)
    assert sums.additions <= direct_additions(rows)


def test_large_sums_share_as_many_as_there_is_room_for(monkeypatch):
    rows = np.random.default_rng(0).integers(-1, 2, (30, 12))
    whole = share(rows)
    monkeypatch.setattr(subexpressions, "MOST_TEMPORARIES", 5)
    few = share(rows)
    assert np.array_equal(matrix(few), rows)
    assert len(few.temporaries) == 5 < len(whole.temporaries)
    assert whole.additions < few.additions < direct_additions(rows)
