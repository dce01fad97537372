"""Rewrites: what was learnt of a tensor is found again, the cheapest of it alone."""

import numpy as np

from stages.game.moves import sum_moves
from stages.network.chance import FAILED, LOWER, NEW, SAME
from stages.search.rewrites import KEPT, find, learn, no_rewrites


def _sums(terms, lengths):
    return sum_moves(terms, lengths, False)[0]


def test_each_tensor_has_its_own_entry_however_many_there_are():
    rng = np.random.default_rng(0)
    rewrites, most = no_rewrites(3), 0
    for _ in range(4):
        terms, lengths = rng.integers(1, 512, (900, 3, 3)), rng.integers(1, 4, 900)
        terms[np.arange(3) >= lengths[:, None]] = 0
        tensors = _sums(terms, lengths)
        rewrites, _ = learn(
            rewrites,
            np.concatenate([tensors, tensors[:5]]),
            np.concatenate([terms, terms[:5]]),
            np.append(lengths, lengths[:5]),
        )
        most += len(np.unique(tensors, axis=0))
        entries = np.array([find(rewrites, tensor) for tensor in tensors])
        np.testing.assert_array_equal(rewrites.tensors[entries], tensors)
        cheapest = rewrites.terms[entries, 0]
        np.testing.assert_array_equal(_sums(cheapest.astype(np.int64), rewrites.cost[entries]), tensors)
        assert (rewrites.cost[entries] <= lengths).all()
    assert len(rewrites.tensors) == most
    assert len(rewrites.slots) >= 2 * most
    assert find(rewrites, np.zeros((9, 9), np.uint16)) == -1


def test_of_a_tensor_the_cheapest_are_kept_each_once_and_plays_are_counted():
    # 1 (x) 1 (x) 1 in one term, in two, and in two others; every sum below is the same tensor.
    def two(vector):
        return [[1, 1, vector], [1, 1, 1 ^ vector]]

    tensor = _sums(np.array([[[1, 1, 1]]]), np.array([1]))

    outcomes = []

    def after(rewrites, terms, is_play=False):
        padded = np.zeros((1, 2, 3), np.int64)
        padded[0, : len(terms)] = np.reshape(terms, (-1, 3))
        learnt, outcome = learn(rewrites, tensor, padded, np.array([len(terms)]), plays=int(is_play))
        outcomes.extend(outcome)
        return learnt

    rewrites = after(no_rewrites(2), [], is_play=True)
    entry = find(rewrites, tensor[0])
    assert (rewrites.plays[entry], rewrites.count[entry], rewrites.cost[entry]) == (1, 0, 7)
    for vector in (2, 4, 2):
        rewrites = after(rewrites, two(vector))
    rewrites = after(rewrites, two(2)[::-1], is_play=True)
    assert (rewrites.plays[entry], rewrites.count[entry], rewrites.cost[entry]) == (2, 2, 2)
    assert outcomes == [FAILED, LOWER, NEW, SAME, SAME]
    for vector in range(6, 60, 2):
        rewrites = after(rewrites, two(vector))
    assert rewrites.count[entry] == KEPT
    assert outcomes[-1] == SAME  # one as short, but there is no room for it
    rewrites = after(after(rewrites, [[1, 1, 1]]), two(2))
    assert (rewrites.count[entry], rewrites.cost[entry]) == (1, 1)
    assert outcomes[-2:] == [LOWER, SAME]
    assert rewrites.terms[entry, 0].tolist() == [[1, 1, 1], [0, 0, 0]]
    assert not rewrites.terms[entry, 1:].any()
