"""The cyclic walk: every scheme on its way is exact and symmetric, and its arrays are all of its state."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.targets import Size
from stages.refinement import cyclic
from stages.refinement.words import decode

SMALL = [(n, blocks) for n in (1, 2, 3, 4) for blocks in cyclic.partitions(tuple(range(n)))]


def _scheme(walker: cyclic.Walker, n: int):
    return decode(cyclic.terms_of(walker), Size(n, n, n).target)


@pytest.mark.parametrize(("n", "blocks"), [*SMALL, (5, ((0, 4), (1, 3), (2,)))])
def test_every_scheme_is_exact_and_symmetric(n, blocks):
    walker = cyclic.begin(n, blocks, 5)
    highest = int(walker.registers[cyclic.ORBITS])
    for _ in range(5):
        terms = cyclic.terms_of(walker)
        assert check(_scheme(walker, n)) is None
        assert {tuple(term) for term in terms.T} == {tuple(term) for term in np.roll(terms, 1, axis=0).T}
        assert walker.registers[cyclic.BEST] <= walker.registers[cyclic.ORBITS] <= highest
        cyclic.advance(walker, np.uint64(30_000))


def test_partitions_are_all_there():
    assert [len(list(cyclic.partitions(tuple(range(n))))) for n in range(6)] == [1, 1, 2, 5, 15, 52]  # Bell's numbers
    for blocks in cyclic.partitions((0, 1, 2, 3)):
        assert sorted(index for block in blocks for index in block) == [0, 1, 2, 3]
    drawn = {cyclic.draw_blocks(np.random.default_rng(seed), 3) for seed in range(60)}
    assert len(drawn) == 5


def test_known_ranks():
    for n, blocks, rank in ((2, ((0, 1),), 7), (3, ((0, 1), (2,)), 23), (4, ((0, 1, 2, 3),), 49)):
        walker, left = cyclic.begin(n, blocks, 1), 3_000_000
        best = _scheme(walker, n).rank
        while left:
            left -= int(cyclic.advance(walker, np.uint64(left)))
            best = min(best, _scheme(walker, n).rank)
        assert best == cyclic.rank_of(walker) == rank


def test_walk_depends_on_the_stream_alone():
    walkers = [cyclic.begin(3, ((0, 1, 2),), stream) for stream in (1, 1, 2)]
    for walker in walkers:
        for _ in range(5):
            cyclic.advance(walker, np.uint64(20_000))
    first, second, third = (walker.words for walker in walkers)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_copied_state_goes_on_alike():
    walker = cyclic.begin(4, ((0, 1), (2, 3)), 0)
    cyclic.advance(walker, np.uint64(50_000))
    copy = cyclic.Walker(*(array.copy() for array in walker))
    for each in (walker, copy):
        cyclic.advance(each, np.uint64(50_000))
    for one, other in zip(walker, copy, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_orbit_of_equal_factors_is_one_cube():
    walker = cyclic.begin(2, ((0,), (1,)), 0)
    capacity = walker.words.size // 4
    walker.words.reshape(4, capacity)[:3, 0] = 0b0110
    assert cyclic.terms_of(walker).shape[1] == 2 + 3 * int(walker.registers[cyclic.ORBITS]) - 2
