"""The fewest additions over Z2, against a search through all sets of sums and all sandwiches."""

import itertools

import numpy as np
import pytest

from stages.algebra.targets import Size
from stages.program.equivalent import bases_of, minimum, written
from stages.program.fewest import MADE, NODES, is_enough, make_room

UNLIMITED = 10**6


def fewest_by_all_sets(sums: set[int], inputs: int) -> int:
    """Sets of what can be computed with 0, 1, 2, ... additions, until one has all sums in it."""
    level = {frozenset(1 << bit for bit in range(inputs))}
    for additions in itertools.count():
        if any(sums <= made for made in level):
            return additions
        level = {made | {x ^ y} for made in level for x, y in itertools.combinations(made, 2) if x ^ y not in made}


def helpers_of(words: np.ndarray, inputs: int) -> int:
    room = make_room()
    return next(helpers for helpers in itertools.count() if is_enough(room, words, inputs, helpers, UNLIMITED))


@pytest.mark.parametrize("inputs", [3, 4, 5])
def test_as_few_as_any_set_of_sums(inputs):
    rng = np.random.default_rng(inputs)
    seen = set()
    for _ in range(40):
        words = rng.integers(1, 1 << inputs, rng.integers(1, 4))
        several = {word for word in words.tolist() if word.bit_count() > 1}
        helpers = helpers_of(words, inputs)
        assert len(several) + helpers == fewest_by_all_sets(several, inputs)
        seen.add(helpers)
    assert len(seen) == inputs - 1  # one sum of all inputs needs inputs - 2 helpers


def test_what_is_made_is_made_of_two_before():
    room = make_room()
    rng = np.random.default_rng(0)
    for _ in range(20):
        words = rng.integers(1, 64, 6)
        helpers = next(number for number in range(20) if is_enough(room, words, 6, number, UNLIMITED))
        made = room.made[: room.counts[MADE]].tolist()
        assert {*words.tolist()} <= {*made}
        assert len(made) == 6 + helpers + sum(word.bit_count() > 1 for word in {*words.tolist()})
        for at, word in enumerate(made[6:], start=6):
            assert any(word ^ other in made[:at] for other in made[:at])


def test_without_nodes_there_is_no_answer():
    room = make_room()
    assert not is_enough(room, np.array([0b111]), 3, 1, 0)
    assert room.counts[NODES] == 0
    assert is_enough(room, np.array([0b111]), 3, 1, 1)
    assert not is_enough(room, np.array([0b111]), 3, 0, 1)
    assert room.counts[NODES] == 1


@pytest.mark.parametrize("size", [Size(2, 2, 2), Size(1, 2, 3)])
def test_the_minimum_is_that_of_all_sandwiches(size):
    bases, room, rng = bases_of(size), make_room(), np.random.default_rng(0)
    numbers = [len(rows) for rows in bases.rows]
    for _ in range(3):
        words = np.array([rng.integers(0, 1 << length, 7) for length in size.modes])
        totals = {}
        for ends in itertools.product(*map(range, numbers)):
            sides = [written(words[mode], mode, ends[mode], ends[(mode + 1) % 3], bases) for mode in range(3)]
            several = [sum(word.bit_count() > 1 for word in {*side.tolist()}) for side in sides]
            needed = [helpers_of(side, int(inputs)) for side, inputs in zip(sides, bases.inputs, strict=True)]
            totals[ends] = np.add(several, needed)
        least = minimum(words, bases, room, UNLIMITED)
        assert least.is_exact
        assert least.additions.sum() == min(total.sum() for total in totals.values())
        assert np.array_equal(totals[tuple(least.bases.tolist())], least.additions)
