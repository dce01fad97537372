"""The compiled elimination against its definition, in a few lines of Python."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from stages.program.elimination import FIRST, SECOND, SLACK, eliminate, ratio

matrices = arrays(
    np.int64, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7), elements=st.sampled_from([-2, -1, 0, 1, 1])
).map(lambda rows: rows[rows.any(axis=1)])
weights = st.sampled_from([(0.0, 0.0), (0.5, 0.5), (0.0, 0.25), (0.25, 0.5)])


def run(matrix: np.ndarray, gain: float, loss: float, seed: int = 0) -> tuple[np.ndarray, list[tuple], int]:
    """Rows after the elimination, temporaries as (x, coefficient, y, coefficient), additions."""
    outputs, inputs = matrix.shape
    room = max(0, np.count_nonzero(matrix) - outputs) // 2
    rows = np.zeros((outputs, inputs + room), np.int64)
    rows[:, :inputs] = matrix
    temporaries = np.zeros((room, 4), np.int64)
    made, additions = eliminate(rows, inputs, temporaries, gain, loss, np.array([seed], np.uint64))
    return rows, list(map(tuple, temporaries[:made].tolist())), additions


def pairs(matrix: np.ndarray) -> Counter:
    """How many rows hold each (ratio, x, y)."""
    return Counter(
        (kind, x, y)
        for row in matrix
        for x, y in combinations(range(len(row)), 2)
        if (kind := ratio(row[x], row[y])) >= 0
    )


def replace(matrix: np.ndarray, pair: tuple[int, int, int]) -> np.ndarray:
    """The matrix with one column more, for the pair as a temporary."""
    kind, x, y = pair
    out = np.hstack([matrix, np.zeros((len(matrix), 1), np.int64)])
    for row in out:
        if ratio(row[x], row[y]) == kind:
            row[-1] = row[x] // FIRST[kind]
            row[x] = row[y] = 0
    return out


def score(matrix: np.ndarray, pair: tuple[int, int, int], gain: float, loss: float) -> float:
    before, after = pairs(matrix), pairs(replace(matrix, pair))
    new = matrix.shape[1]
    ended = sum(max(k - 1, 0) - max(after[other] - 1, 0) for other, k in before.items() if other != pair)
    begun = sum(k - 1 for other, k in after.items() if new in other[1:])
    return before[pair] - 1 + gain * begun - loss * ended


@given(matrices, weights)
@settings(max_examples=200, deadline=None)
def test_every_step_takes_a_pair_of_the_highest_score(matrix, method):
    if not len(matrix):
        return
    _, temporaries, _ = run(matrix, *method)
    for x, first, y, second in temporaries:
        counts = pairs(matrix)
        most = max(counts.values())
        slack = SLACK if any(method) else 0
        scores = {pair: score(matrix, pair, *method) for pair, k in counts.items() if k >= max(2, most - slack)}
        chosen = next(pair for pair in scores if (pair[1:], FIRST[pair[0]], SECOND[pair[0]]) == ((x, y), first, second))
        assert scores[chosen] == pytest.approx(max(scores.values()))
        matrix = replace(matrix, chosen)
    assert max(pairs(matrix).values(), default=0) < 2


@given(matrices, weights, st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_additions_are_those_of_what_is_left(matrix, method, seed):
    if not len(matrix):
        return
    rows, temporaries, additions = run(matrix, *method, seed)
    assert additions == len(temporaries) + np.count_nonzero(rows) - len(rows)
    assert additions <= np.count_nonzero(matrix) - len(matrix)


def test_equal_scores_are_decided_by_the_seed():
    matrix = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    orders = {tuple(run(matrix, 0.0, 0.0, seed)[1]) for seed in range(20)}
    assert orders == {((0, 1, 1, 1), (2, 1, 3, 1)), ((2, 1, 3, 1), (0, 1, 1, 1))}
