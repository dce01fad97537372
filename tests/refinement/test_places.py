"""The index of places that share a packed factor."""

import numpy as np
import pytest

from stages.refinement import places
from stages.refinement.places import Cyclic, CyclicReversal, Free, Symmetry

BITS = np.uint64(6)


@pytest.mark.parametrize("symmetry", [Free(), Cyclic(), CyclicReversal()])
def test_pair_list_stays_exact(symmetry):
    """After a row of replacements, drops and additions the index equals one built from the words."""
    rng = np.random.default_rng(1)
    terms = np.uint64(40)
    words = np.zeros(4 << 6, np.uint64)
    # Few values, so many pairs.
    values = np.array([1, 2, 3, 4, 1 << 32, (2 << 32) | 1, (1 << 32) | 2, (3 << 32) | 3], np.uint64)
    words[: 3 << 6] = rng.choice(values, 3 << 6)
    index = places.empty_index(BITS)
    count, _ = places.build(symmetry, words, *index, BITS, terms)
    for _ in range(2000):
        r = np.uint64(rng.integers(terms))
        if rng.random() < 0.1 and terms > 20:
            count = places.drop(symmetry, words, *index, BITS, r, terms, np.uint64(count))
            terms -= np.uint64(1)
        else:
            place, word = np.uint64(rng.integers(3) << 6) | r, rng.choice(values)
            count, _ = places.replace(symmetry, words, *index, BITS, place, word, np.uint64(count))
    fresh = places.empty_index(BITS)
    fresh_count, _ = places.build(symmetry, words, *fresh, BITS, terms)
    (_, _, pairs, position), fresh_pairs = index, fresh[2]
    assert set(pairs[: int(count)].tolist()) == set(fresh_pairs[: int(fresh_count)].tolist())
    assert set(pairs[: int(count)].tolist()) == _codes(words, int(terms), symmetry)
    assert count == fresh_count > 0
    assert position[pairs[: int(count)]].tolist() == list(range(int(count)))


def _codes(words: np.ndarray, terms: int, symmetry: Symmetry) -> set[int]:
    """Codes of all pairs of factors alike, by comparing each with each."""
    every = [(mode << 6) | r for mode in range(3) for r in range(terms)]
    halves = [divmod(int(word), 1 << 32) for word in words]
    if isinstance(symmetry, CyclicReversal):
        halves = [tuple(sorted(pair)) for pair in halves]
    alike = [(low, high) for high in every for low in every if low < high and halves[low] == halves[high]]
    if isinstance(symmetry, Free):
        return {low << 6 | high % 64 for low, high in alike if low >> 6 == high >> 6}
    return {low << 8 | high for low, high in alike if low % 64 != high % 64}
