"""Where the cyclic walk begins, and the schemes that its orbits stand for (Moosbauer and Poole 2025).

For square sizes the target stays the same when the three factors of every term move on by one mode. A scheme that does
so too is some cubes a a a and orbits {a b c, b c a, c a b}; an orbit is kept as one of its three. Cubes stay as they
are: the walk moves orbits, each flip three terms at once, and their number falls in steps of one, the rank in steps of
three. All factors live in one space, so orbits may share a factor in whatever modes it stands, but none with itself.

The target also stays the same when rows and columns of every factor are reversed, a -> J a J, where J is the exchange
matrix. With that the group has six elements, and so has an orbit; cubes are exchanged or stay.

An orbit a a a is a cube modulo 2: it counts as three while it is walked and as one in `terms_of_orbits`. The plain
policy (a plus every so often while there are fewer orbits than in the standard algorithm, no pool to return to) is the
one that was measured to reach 93 for 5x5x5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt64

from stages.algebra.factors import Scheme
from stages.params.walks import is_reversible
from stages.refinement.places import Cyclic, CyclicReversal, reverse

Group = Cyclic | CyclicReversal
GROUPS: dict[str, Group] = {"C3": Cyclic(), "C3xZ2": CyclicReversal()}
Cubes = tuple[tuple[int, ...], ...]


def partitions(items: tuple[int, ...]) -> Iterator[Cubes]:
    """All set partitions."""
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for blocks in partitions(rest):
        yield ((first,), *blocks)
        for place, block in enumerate(blocks):
            yield (*blocks[:place], (first, *block), *blocks[place + 1 :])


def draw_partition(group: Group, n: int, rng: np.random.Generator) -> Cubes:
    """A uniformly random one of the partitions of the diagonal of an n x n matrix that the group leaves unchanged."""
    every = [parts for parts in partitions(tuple(range(n))) if group == Cyclic() or is_reversible(parts, n)]
    return every[rng.integers(len(every))]


def standard_orbits(
    group: Group, n: int, partition: Cubes
) -> tuple[UInt64[np.ndarray, "rows=4 orbits"], UInt64[np.ndarray, "rows=4 cubes"]]:
    """The standard algorithm of n x n x n, the diagonal products of each block of a partition made into one cube.

    (The sum of e_ii over a block) cubed holds the products of the block's e_ii with each other, too; those are taken
    off again by orbits of their own.

    Returns:
      Packed factors of the orbits, and of the cubes, as `packed_entries` lays them out; the fourth row, for signs, is
      zero.
    """
    entries = packed_entries(group, n).reshape(n, n)

    def leads(*indices: int) -> bool:
        """Whether this is the first of its orbit, whose terms differ."""
        images = _images(group, n, indices)
        return indices == min(images) and len(images) == group.orbit

    orbits = [
        (entries[i, j], entries[j, k], entries[k, i])
        for i, j, k in itertools.product(range(n), repeat=3)
        if leads(i, j, k)
    ]
    for block in partition:
        mixed = (indices for indices in itertools.product(block, repeat=3) if leads(*indices))
        orbits += [tuple(entries[i, i] for i in indices) for indices in mixed]
    cubes = [3 * (np.bitwise_or.reduce(entries[block, block]),) for block in map(list, partition)]
    with_signs = (np.array([(*term, 0) for term in terms], np.uint64).reshape(-1, 4).T for terms in (orbits, cubes))
    return tuple(with_signs)


def _images(group: Group, n: int, indices: tuple[int, ...]) -> set[tuple[int, ...]]:
    i, j, k = indices
    rotated = {(i, j, k), (j, k, i), (k, i, j)}
    return rotated if group == Cyclic() else rotated | {tuple(n - 1 - x for x in image) for image in rotated}


def packed_entries(group: Group, n: int) -> UInt64[np.ndarray, " entries"]:
    """The word of each entry of an n x n matrix, by rows.

    With a reversal entries change places with those as far from the end, and these stand in the high half of a word at
    the same bit. The middle entry of an odd number stands in both halves.
    """
    entry = np.arange(n * n)
    if group == Cyclic():
        return np.uint64(1) << entry.astype(np.uint64)
    low = np.where(entry <= entry[::-1], np.uint64(1) << np.minimum(entry, 32).astype(np.uint64), np.uint64(0))
    return low | reverse(low[::-1])


def terms_of_orbits(
    group: Group, n: int, orbits: UInt64[np.ndarray, "rows=4 orbits"], cubes: UInt64[np.ndarray, "rows=4 cubes"]
) -> UInt64[np.ndarray, "rows=4 rank"]:
    """Packed factors of all terms, entry i at bit i; equal ones cancel."""
    images = _turned(group, orbits)
    distinct, counts = np.unique(np.concatenate([cubes, *images], axis=1), axis=1, return_counts=True)
    terms = distinct[:, counts % 2 == 1]
    bits = np.arange(n * n, dtype=np.uint64)
    is_set = terms[:, :, None] & packed_entries(group, n) != 0
    return np.bitwise_or.reduce(is_set.astype(np.uint64) << bits, axis=2)


def orbits_of_scheme(
    group: Group, scheme: Scheme
) -> tuple[UInt64[np.ndarray, "rows=4 orbits"], UInt64[np.ndarray, "rows=4 cubes"]] | None:
    """Orbits and cubes of which `terms_of_orbits` makes a scheme over Z2; None if the group does not keep the scheme.

    Terms that have fewer images than an orbit stand with the cubes, also where they had been walked as an orbit a a a.
    """
    entries = packed_entries(group, scheme.target.size.n)
    factors = [np.bitwise_or.reduce(entries * matrix.T.astype(np.uint64), axis=1) for matrix in scheme.factors]
    terms = np.array([*factors, np.zeros(scheme.rank)], np.uint64)
    left = set(map(tuple, terms.T.tolist()))
    orbits, cubes = [], []
    for images in zip(*(image.T.tolist() for image in _turned(group, terms)), strict=True):
        distinct = sorted(set(map(tuple, images)))
        if left.isdisjoint(distinct):
            continue  # those of a term before
        if not left.issuperset(distinct):
            return None
        left.difference_update(distinct)
        if len(distinct) == group.orbit:
            orbits.append(distinct[0])
        else:
            cubes += distinct
    return tuple(np.array(each, np.uint64).reshape(-1, 4).T for each in (orbits, cubes))


def _turned(group: Group, terms: UInt64[np.ndarray, "rows=4 terms"]) -> list[UInt64[np.ndarray, "rows=4 terms"]]:
    """The images of terms by each element of the group."""
    images = [terms[[mode, (mode + 1) % 3, (mode + 2) % 3, 3]] for mode in range(3)]
    return images if group == Cyclic() else [*images, *map(reverse, images)]  # signs are zero
