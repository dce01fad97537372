"""The index of pairs that share a factor."""

import numpy as np

from stages.refinement import pairs as pairs_lib


def test_pair_list_stays_exact():
    """After a row of replacements, drops and additions the index equals one built from the words."""
    rng = np.random.default_rng(1)
    bits, rank = np.uint64(6), np.uint64(40)
    words = np.zeros(4 << 6, np.uint64)
    words[: 3 << 6] = rng.integers(1, 6, 3 << 6)  # few values, so many pairs
    arrays = _index(words)
    count, _ = pairs_lib.build(*arrays, bits, rank)
    for _ in range(2000):
        r = np.uint64(rng.integers(rank))
        if rng.random() < 0.1 and rank > 20:
            count = pairs_lib.drop(*arrays, bits, r, rank, np.uint64(count))
            rank -= np.uint64(1)
        else:
            mode, word = np.uint64(rng.integers(3)), np.uint64(rng.integers(1, 6))
            count, _ = pairs_lib.replace(*arrays, bits, mode, r, word, np.uint64(count))
    fresh = _index(words)
    fresh_count, _ = pairs_lib.build(*fresh, bits, rank)
    pairs, position = arrays[3], arrays[4]
    assert set(pairs[: int(count)].tolist()) == set(fresh[3][: int(fresh_count)].tolist()) == _pairs(words, int(rank))
    assert count == fresh_count > 0
    assert position[pairs[: int(count)]].tolist() == list(range(int(count)))


def _index(words: np.ndarray) -> tuple[np.ndarray, ...]:
    return (words, *(np.empty(length, np.uint32) for length in (16 << 6, 4 << 6, 3 << 12, 4 << 12)))


def _pairs(words: np.ndarray, rank: int) -> set[int]:
    """Codes of all pairs of equal factors, by comparing each with each."""
    return {
        (mode << 12) | (r << 6) | s
        for mode in range(3)
        for s in range(rank)
        for r in range(s)
        if words[(mode << 6) | r] == words[(mode << 6) | s]
    }
