"""The cyclic walk: every scheme on its way is exact and symmetric, and its arrays are all of its state."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.targets import Size
from stages.refinement import cyclic, flips
from stages.refinement.packed import Z2
from stages.refinement.places import Cyclic

SMALL = [(n, partition) for n in (1, 2, 3, 4) for partition in cyclic.partitions(tuple(range(n)))]
FOREVER = 2**62
POLICY = flips.policy((16_667, 16_667), (FOREVER, FOREVER), (FOREVER, FOREVER), 1.0, 16)


class Walk:
    """One attempt of the cyclic walk."""

    def __init__(self, n: int, partition: cyclic.Cubes, stream: int) -> None:
        self.target = Size(n, n, n).target
        orbits, self.cubes = cyclic.standard_orbits(n, partition)
        self.walker = flips.begin(orbits, 1, orbits.shape[1], FOREVER, stream)

    def advance(self, moves: int) -> int:
        return int(flips.advance(Z2(), Cyclic(), self.walker, POLICY, np.uint64(moves)))

    @property
    def terms(self) -> np.ndarray:
        return cyclic.terms_of_orbits(flips.terms_of(self.walker), self.cubes)

    @property
    def rank(self) -> int:
        return Z2().decode(self.terms, self.target).rank


@pytest.mark.parametrize(("n", "partition"), [*SMALL, (5, ((0, 4), (1, 3), (2,)))])
def test_every_scheme_is_exact_and_symmetric(n, partition):
    walk = Walk(n, partition, 5)
    highest = int(walk.walker.registers[flips.RANK])
    for _ in range(5):
        terms = walk.terms[:3]
        assert check(Z2().decode(terms, walk.target)) is None
        assert {tuple(term) for term in terms.T} == {tuple(term) for term in np.roll(terms, 1, axis=0).T}
        assert walk.walker.registers[flips.BEST] <= walk.walker.registers[flips.RANK] <= highest
        walk.advance(30_000)


def test_partitions_are_all_there():
    assert [len(list(cyclic.partitions(tuple(range(n))))) for n in range(6)] == [1, 1, 2, 5, 15, 52]  # Bell's numbers
    for partition in cyclic.partitions((0, 1, 2, 3)):
        assert sorted(index for block in partition for index in block) == [0, 1, 2, 3]
    drawn = {cyclic.draw_partition(3, np.random.default_rng(seed)) for seed in range(60)}
    assert len(drawn) == 5


def test_known_ranks():
    for n, partition, rank in ((2, ((0, 1),), 7), (3, ((0, 1), (2,)), 23), (4, ((0, 1, 2, 3),), 49)):
        walk, left = Walk(n, partition, 1), 3_000_000
        best = walk.rank
        while left:
            left -= walk.advance(left)
            best = min(best, walk.rank)
        assert best == len(partition) + 3 * int(walk.walker.registers[flips.BEST]) == rank


def test_walk_depends_on_the_stream_alone():
    walks = [Walk(3, ((0, 1, 2),), stream) for stream in (1, 1, 2)]
    for walk in walks:
        for _ in range(5):
            walk.advance(20_000)
    first, second, third = (walk.walker.factors for walk in walks)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_an_orbit_of_equal_factors_is_one_cube():
    orbits, cubes = cyclic.standard_orbits(2, ((0,), (1,)))
    orbits[:3, 0] = 0b0110
    assert cyclic.terms_of_orbits(orbits, cubes).shape[1] == 2 + 3 * orbits.shape[1] - 2
