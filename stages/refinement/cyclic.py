"""Where the cyclic walk begins, and the schemes that its orbits stand for (Moosbauer and Poole 2025).

For square sizes the target stays the same when the three factors of every term move on by one mode. A scheme that does
so too is some cubes a a a and orbits {a b c, b c a, c a b}; an orbit is kept as one of its three. Cubes stay as they
are: the walk moves orbits, each flip three terms at once, and their number falls in steps of one, the rank in steps of
three. All factors live in one space, so orbits may share a factor in whatever modes it stands, but none with itself.

An orbit a a a is a cube modulo 2: it counts as three while it is walked and as one in `terms_of_orbits`. The plain
policy (a plus every so often while there are fewer orbits than at the start, no pool to return to) is the one that was
measured to reach 93 for 5x5x5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt64

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


def draw_partition(n: int, rng: np.random.Generator) -> Cubes:
    """A uniformly random partition of the diagonal of an n x n matrix."""
    every = list(partitions(tuple(range(n))))
    return every[rng.integers(len(every))]


def standard_orbits(
    n: int, partition: Cubes
) -> tuple[UInt64[np.ndarray, "rows=4 orbits"], UInt64[np.ndarray, "rows=4 cubes"]]:
    """The standard algorithm of n x n x n, the diagonal products of each block of a partition made into one cube.

    (The sum of e_ii over a block) cubed holds the products of the block's e_ii with each other, too; those are taken
    off again by orbits of their own.

    Returns:
      Packed factors of the orbits, and of the cubes; the fourth row, for signs, is zero.
    """

    def bit(i: int, j: int) -> int:
        return 1 << (i * n + j)

    indices = [(i, j, k) for i in range(n) for j in range(n) for k in range(n)]
    orbits = [(bit(i, j), bit(j, k), bit(k, i)) for i, j, k in indices if _leads(i, j, k)]
    for block in partition:
        mixed = [(i, j, k) for i in block for j in block for k in block if _leads(i, j, k)]
        orbits += [(bit(i, i), bit(j, j), bit(k, k)) for i, j, k in mixed]
    cubes = [(sum(bit(i, i) for i in block),) * 3 for block in partition]
    with_signs = (np.array([(*term, 0) for term in terms], np.uint64).reshape(-1, 4).T for terms in (orbits, cubes))
    return tuple(with_signs)


def _leads(i: int, j: int, k: int) -> bool:
    """Whether this is the first of its three rotations, and they differ."""
    return (i, j, k) < (j, k, i) and (i, j, k) <= (k, i, j)


def terms_of_orbits(
    orbits: UInt64[np.ndarray, "rows=4 orbits"], cubes: UInt64[np.ndarray, "rows=4 cubes"]
) -> UInt64[np.ndarray, "rows=4 rank"]:
    """Packed factors of all terms; equal ones cancel."""
    rotated = [orbits[[mode, (mode + 1) % 3, (mode + 2) % 3, 3]] for mode in range(3)]
    distinct, counts = np.unique(np.concatenate([cubes, *rotated], axis=1), axis=1, return_counts=True)
    return distinct[:, counts % 2 == 1]
