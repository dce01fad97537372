"""The cyclic walk: every scheme on its way is exact and symmetric, and its arrays are all of its state."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size
from stages.params.walks import is_reversible
from stages.refinement import cyclic, flips
from stages.refinement.packed import Z2
from stages.refinement.places import Cyclic, CyclicReversal

C3, C3XZ2 = Cyclic(), CyclicReversal()
SMALL = [(C3, n, partition) for n in (1, 2, 3, 4) for partition in cyclic.partitions(tuple(range(n)))]
REVERSIBLE = [(C3XZ2, n, partition) for _, n, partition in SMALL if is_reversible(partition, n)]
FOREVER = 2**62
POLICY = flips.policy((16_667, 16_667), (FOREVER, FOREVER), (FOREVER, FOREVER), 1.0, 16)


class Walk:
    """One attempt of the cyclic walk."""

    def __init__(self, group: cyclic.Group, n: int, partition: cyclic.Cubes, stream: int) -> None:
        self.group, self.target = group, Size(n, n, n).target
        orbits, self.cubes = cyclic.standard_orbits(group, n, partition)
        self.walker = flips.begin(orbits, 1, orbits.shape[1], FOREVER, stream)

    def advance(self, moves: int) -> int:
        return int(flips.advance(Z2(), self.group, self.walker, POLICY, np.uint64(moves)))

    @property
    def terms(self) -> np.ndarray:
        n = self.target.size.n
        return cyclic.terms_of_orbits(self.group, n, flips.terms_of(self.walker), self.cubes)

    @property
    def rank(self) -> int:
        return Z2().decode(self.terms, self.target).rank


@pytest.mark.parametrize(
    ("group", "n", "partition"),
    [
        *SMALL,
        *REVERSIBLE,
        *((group, 5, ((0, 4), (1, 3), (2,))) for group in (C3, C3XZ2)),
        *((C3XZ2, n, tuple((i, n - 1 - i) for i in range(n // 2)) + (n % 2) * ((n // 2,),)) for n in (6, 7, 8)),
        (C3XZ2, 6, ((0, 1), (2, 3), (4, 5))),
    ],
)
def test_every_scheme_is_exact_and_symmetric(group, n, partition):
    walk = Walk(group, n, partition, 5)
    highest = int(walk.walker.registers[flips.RANK])
    for _ in range(5):
        terms = walk.terms[:3]
        scheme = Z2().decode(terms, walk.target)
        assert check(scheme) is None
        assert scheme.rank <= walk.cubes.shape[1] + group.orbit * walk.walker.registers[flips.RANK]
        assert _as_set(terms) == _as_set(np.roll(terms, 1, axis=0))
        if group == C3XZ2:
            reversed_factors = Factors(*(matrix[::-1] for matrix in scheme.factors))  # J a J has the entries backwards
            assert Scheme(walk.target, "Z2", reversed_factors).hash == scheme.hash
        assert walk.walker.registers[flips.BEST] <= walk.walker.registers[flips.RANK] <= highest
        walk.advance(30_000)


def _as_set(terms: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(term) for term in terms.T.tolist()}


@pytest.mark.parametrize("group", [C3, C3XZ2], ids=["C3", "C3xZ2"])
def test_a_scheme_is_made_of_its_orbits(group):
    """Those of a scheme that is half-way down; what the larger group leaves unchanged, the smaller one does, too."""
    walk = Walk(C3XZ2, 4, ((0, 1, 2, 3),), 5)
    walk.advance(30_000)
    scheme = Z2().decode(walk.terms, walk.target)
    orbits, cubes = cyclic.orbits_of_scheme(group, scheme)
    assert (cubes.shape[1], orbits.shape[1] * group.orbit) == (1, scheme.rank - 1)
    assert Z2().decode(cyclic.terms_of_orbits(group, 4, orbits, cubes), walk.target).hash == scheme.hash


def test_a_scheme_that_is_not_symmetric_has_no_orbits():
    walk = Walk(C3, 3, ((0, 1), (2,)), 5)
    walk.advance(100_000)
    assert cyclic.orbits_of_scheme(C3XZ2, Z2().decode(walk.terms, walk.target)) is None


def test_partitions_are_all_there():
    assert [len(list(cyclic.partitions(tuple(range(n))))) for n in range(6)] == [1, 1, 2, 5, 15, 52]  # Bell's numbers
    for partition in cyclic.partitions((0, 1, 2, 3)):
        assert sorted(index for block in partition for index in block) == [0, 1, 2, 3]
    drawn = [
        {cyclic.draw_partition(group, 3, np.random.default_rng(seed)) for seed in range(60)} for group in (C3, C3XZ2)
    ]
    assert len(drawn[0]) == 5
    assert drawn[1] == {((0,), (1,), (2,)), ((0, 1, 2),), ((1,), (0, 2))}


def test_an_orbit_of_factors_that_are_their_own_reversals_is_nothing():
    """All six terms come twice, so the walk drops it as soon as it comes about."""
    orbits, _ = cyclic.standard_orbits(C3XZ2, 3, ((0, 2), (1,)))
    middle = (1 << 4) | (1 << 36)  # entry (1, 1) of nine stands in both halves
    orbits = np.append(orbits, np.array([[middle], [middle], [middle], [0]], np.uint64), axis=1)
    walker = flips.begin(orbits, 1, orbits.shape[1], FOREVER, 1)
    flips.advance(Z2(), C3XZ2, walker, POLICY, np.uint64(1))
    assert walker.registers[flips.BEST] == orbits.shape[1] - 1


def test_known_ranks():
    for group, n, partition, rank in (
        (C3, 2, ((0, 1),), 7),
        (C3, 3, ((0, 1), (2,)), 23),
        (C3, 4, ((0, 1, 2, 3),), 49),
        (C3XZ2, 2, ((0, 1),), 7),
        (C3XZ2, 4, ((0, 1, 2, 3),), 49),
    ):
        walk, left = Walk(group, n, partition, 1), 3_000_000
        best = walk.rank
        while left:
            left -= walk.advance(left)
            best = min(best, walk.rank)
        assert best == len(partition) + group.orbit * int(walk.walker.registers[flips.BEST]) == rank


@pytest.mark.parametrize("group", [C3, C3XZ2])
def test_walk_depends_on_the_stream_alone(group):
    walks = [Walk(group, 3, ((0, 1, 2),), stream) for stream in (1, 1, 2)]
    for walk in walks:
        for _ in range(5):
            walk.advance(20_000)
    first, second, third = (walk.walker.factors for walk in walks)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_an_orbit_of_equal_factors_is_one_cube():
    orbits, cubes = cyclic.standard_orbits(C3, 2, ((0,), (1,)))
    orbits[:3, 0] = 0b0110
    assert cyclic.terms_of_orbits(C3, 2, orbits, cubes).shape[1] == 2 + 3 * orbits.shape[1] - 2
