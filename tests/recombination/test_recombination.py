"""Recombination: ranks derived by hand, a published one, brute force, and that what is found is exact over its ring."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.moves import cut_of_index, merge, product, project
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size, parse_size
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.recombination.recombination import (
    Recombination,
    build,
    cheapest_recombination,
    enter,
    naive_ranks,
    prepare,
    recombine,
)
from stages.recombination.splits import splits
from tests import examples
from tests.walks import walked

RANKS = {"2x2x2": 7, "2x3x3": 15, "2x3x4": 20, "3x3x3": 23}
MOVES = {"2x2x2": 200_000, "2x3x3": 500_000, "2x3x4": 8_000_000, "3x3x3": 1_000_000}


@functools.cache
def found_by_walks(name: str, stream: int = 0) -> list[Scheme]:
    """Schemes of the known rank from a walk of at most a few million flips."""
    found = walked(name, MOVES[name], stream)
    assert {scheme.rank for scheme in found} == {RANKS[name]}
    return found


def recombined(schemes: list[Scheme], *limits: str) -> list[Candidate]:
    return recombine([parse_size(name) for name in limits], schemes, most_blocks=5)


def ranks_of(found: list[Candidate], ring: str) -> dict[str, int]:
    return {one.scheme.target.name: one.scheme.rank for one in found if one.scheme.ring == ring}


def test_strassen_alone_by_hand():
    found = recombined([examples.strassen()], "4x4x6", "8x8x8")
    ranks = ranks_of(found, "Z")
    # Beside each other: 2x2x3 = 7 + 4, 2x2x4 = 7 + 7. Nested: 4x4x4 = 7 * 7, 8x8x8 = 7 * 49, 4x4x6 = 7 * 11.
    names = ["2x2x3", "2x2x4", "4x4x4", "8x8x8", "4x4x6"]
    assert [ranks[name] for name in names] == [11, 14, 49, 343, 77]
    # 3x3x3 in blocks of 2 and 1 along each axis; the parts of m1 .. m7, each as small as its rows in A and C, its
    # columns of A and rows of B, and so on allow: 222 122 221 112 212 121 212 = 7 + 4 + 4 + 2 + 2 + 2 + 4 = 25
    # (m5 = (a11 + a12) b22 has only one column of A and B's last column: 2x1x1 = 2).
    assert ranks["3x3x3"] == 25
    # What was given is not found.
    assert "2x2x2" not in ranks
    # A scheme over Z is one over Z2, too, and none is lower there.
    assert ranks_of(found, "Z2") == {}


def test_published_rank_of_4x9x10_from_rank_23():
    """AlphaTensor, «Recombination»: 3x3x3:23 on blocks (3, 4, 3), (2, 2, 0), (3, 3, 3), with Hopcroft and Kerr's ranks.

    The middle axis in two blocks and none leaves 15 products, of which 6 have the long block: 9 * 15 + 6 * 20 = 255. Of
    the 48 schemes here 3 have such supports; the others give 270 and more.
    """
    ranks, target = naive_ranks(10), Size(4, 9, 10)
    for part, rank in {"2x3x3": 15, "2x3x4": 20}.items():
        enter(ranks, parse_size(part), rank)
    found = cheapest_recombination(prepare(found_by_walks("3x3x3", 22), 10, most_blocks=5), ranks, target)
    assert found.rank == 255
    assert found.base.target.size == Size(3, 3, 3)
    assert sorted(sorted(split) for split in found.splits) == [[0, 2, 2], [3, 3, 3], [3, 3, 4]]
    parts = {Size(2, 3, 3): found_by_walks("2x3x3")[0], Size(2, 3, 4): found_by_walks("2x3x4")[0]}
    scheme = build(found, parts, "Z2")
    assert (scheme.target, scheme.rank) == (target.target, 255)
    assert check(scheme) is None


def cost_of(base: Scheme, ways: tuple, ranks: np.ndarray) -> int:
    """The sum over the products of a base, block by block from the definition."""
    a, b, c = base.target.size
    cost = 0
    for u, v, w in zip(*(matrix.T for matrix in base.factors), strict=True):
        u, v, w = u.reshape(a, b), v.reshape(b, c), w.reshape(c, a)
        (rows, inner), (inner_too, columns), (columns_too, rows_too) = (np.nonzero(matrix) for matrix in (u, v, w))
        cost += ranks[
            tuple(
                min(max(way[block] for block in one), max(way[block] for block in other))
                for way, one, other in zip(
                    ways, (rows, inner, columns), (rows_too, inner_too, columns_too), strict=True
                )
            )
        ]
    return int(cost)


@pytest.mark.parametrize("name", ["2x2x2", "2x3x3"])
@pytest.mark.parametrize("whole", [Size(2, 3, 4), Size(3, 3, 3), Size(3, 4, 5)])
def test_no_split_is_cheaper(name, whole):
    """All splits of all axes, one by one. (A scheme built from a dearer one can have a lower rank: terms coincide.)"""
    base, ranks = found_by_walks(name)[0], naive_ranks(5)
    every_split = functools.partial(splits, are_even=False)
    enter(ranks, base.target.size, base.rank)
    costs = [
        cost_of(base, ways, ranks)
        for order in set(itertools.permutations(whole))
        for ways in itertools.product(*map(every_split, order, base.target.size))
    ]
    found = cheapest_recombination(prepare([base], 5, most_blocks=5), ranks, whole)
    assert found.rank == min(costs) == cost_of(found.base, found.splits, ranks) < whole.naive_rank
    assert build(found, {base.target.size: base}, "Z2").rank <= found.rank


@pytest.mark.parametrize("example", [examples.strassen, lambda: found_by_walks("2x3x3")[0]], ids=["over Z", "over Z2"])
def test_side_by_side_kronecker_and_projection_are_special_cases(example):
    scheme = example()
    n, m, p = scheme.target.size
    beside = Recombination(0, standard(Size(1, 1, 2).target), ((n,), (m,), (p, p)))
    nested = Recombination(0, scheme, ((n,) * n, (m,) * m, (p,) * p))
    cut = Recombination(0, scheme, ((1,) * n, (1,) * (m - 1) + (0,), (1,) * p))
    for found, expected in (
        (beside, merge(scheme, scheme, 2)),
        (nested, product(scheme, scheme)),
        (cut, project(scheme, cut_of_index(scheme.size, 1, m - 1))),
    ):
        built = build(found, {scheme.target.size: scheme}, scheme.ring)
        assert check(built) is None
        assert built.hash == expected.hash


lengths = st.lists(st.integers(0, 3), min_size=3, max_size=3).filter(any)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["2x2x2", "2x3x3", "3x3x3"]), st.sampled_from(PERMUTATIONS))
def test_every_split_is_exact_and_costs_what_the_table_says(data, name, permutation):
    """Any lengths, also 0, on any orientation of any base; the parts are standard algorithms."""
    base = oriented(data.draw(st.sampled_from(found_by_walks(name))), permutation)
    cut = (lengths.map(lambda way, blocks=blocks: way[:blocks]).filter(any) for blocks in base.target.size)
    ways = [tuple(data.draw(way)) for way in cut]
    scheme = build(Recombination(0, base, tuple(ways)), {}, "Z2")
    assert scheme.target.size == tuple(sorted(map(sum, ways)))
    assert check(scheme) is None


@pytest.fixture(scope="module")
def found() -> list[Candidate]:
    """From schemes over Z, and one over Z2 alone of a rank that is lower still: 2x3x4 of rank 20."""
    return recombined([examples.strassen(), *found_by_walks("2x3x4")[:1]], "4x5x6", "3x3x7")


def test_everything_found_is_exact_and_better_than_given(found):
    assert {(one.origin, one.seed, one.clock) for one in found} == {(Origin("recombination"), 0, 0)}
    hashes = {examples.strassen().hash, found_by_walks("2x3x4")[0].hash, standard(Size(1, 1, 2).target).hash}
    assert {one.parent for one in found} <= hashes
    keys = [(one.scheme.target.size, one.scheme.ring) for one in found]
    assert len(keys) == len(set(keys))
    assert {Size(4, 5, 6), Size(3, 3, 7), Size(2, 2, 3)} <= {size for size, _ in keys}
    assert not {Size(2, 2, 2), Size(4, 4, 7), Size(1, 2, 2)} & {size for size, _ in keys}
    for one in found:
        assert check(one.scheme) is None
        assert one.scheme.rank < one.scheme.target.naive_rank


def test_a_scheme_over_z_counts_over_z2_and_never_the_reverse(found):
    over_z, over_z2 = ranks_of(found, "Z"), ranks_of(found, "Z2")
    # 2 * 20 against six times Strassen (3x4 is 1.5 x 2 blocks, so five of 2x2x2 and more) or less.
    assert over_z2["2x4x6"] <= 40 < over_z["2x4x6"]
    assert all(rank < over_z.get(size, rank + 1) for size, rank in over_z2.items())
    assert ranks_of(recombined([examples.modulo_two()], "4x4x4"), "Z") == {}
    assert recombined([], "4x4x4") == []
