"""Where an attempt begins: schemes of other sizes, and of its own, made into one of the size that is walked.

A size is fed by its neighbours: two smaller schemes side by side (one of them often a slab of the standard algorithm),
a Kronecker product, a larger scheme less one dimension, cut in the basis in which most terms vanish; and by what it
holds itself. Each way is as likely as the others, and so is each scheme of the lowest rank that is held: which of them
leads down is not known.

Half of the starts are made of schemes over Z alone: what does not lift makes larger schemes that do not lift (measured
for 4x4x4:47). The other half take the lowest ranks over Z2. The ternary walk starts from schemes over Z with
coefficients -1, 0, 1 alone. A target that is no matrix product has no neighbours: it starts from what it holds itself.
"""

from __future__ import annotations

import functools

import numpy as np

from stages.algebra.factors import Scheme, standard
from stages.algebra.moves import best_cuts, merge, product, project
from stages.algebra.symmetry import orientation, oriented, sorted_size
from stages.algebra.targets import Size, Target
from stages.refinement.archive import WalkArchive


def draw_start(target: Target, archive: WalkArchive, rng: np.random.Generator) -> tuple[Scheme, str]:
    """A scheme of `target` to walk from, and the hash of the largest held scheme that it is made of."""
    ring = archive.ring.sources[rng.integers(len(archive.ring.sources))]
    used: list[Scheme] = []

    def drawn(target: Target) -> Scheme:
        """One of the lowest rank; the standard algorithm where nothing is held."""
        schemes = archive.lowest(target, ring) or [standard(target)]
        used.append(schemes[rng.integers(len(schemes))])
        return used[-1] if used[-1].ring == ring else Scheme(target, ring, used[-1].factors)

    def held(wanted: Size) -> Scheme:
        """`drawn`, its axes in the order wanted."""
        size = sorted_size(wanted)
        return oriented(drawn(size.target), orientation(size, wanted))

    def side_by_side(axis: int, first: int) -> Scheme:
        return merge(held(_with(size, axis, first)), held(_with(size, axis, size[axis] - first)), axis)

    def kronecker(outer: Size, inner: Size) -> Scheme:
        return product(held(outer), held(inner))

    def cut(axis: int) -> Scheme:
        larger = held(_with(size, axis, size[axis] + 1))
        cuts = best_cuts(larger, axis)
        return project(larger, cuts[rng.integers(len(cuts))])

    if not target.lengths:
        return drawn(target), used[-1].hash
    size = target.size
    ways: list[tuple] = [(held, size)] if archive.lowest(target, ring) else []
    ways += [(side_by_side, axis, first) for axis in range(3) for first in range(1, size[axis] // 2 + 1)]
    ways += [(kronecker, *parts) for parts in _factors(size)]
    ways += [
        (cut, axis) for axis in range(3) if archive.lowest(sorted_size(_with(size, axis, size[axis] + 1)).target, ring)
    ]
    way, *arguments = ways[rng.integers(len(ways))]
    scheme = way(*arguments)
    if not archive.ring.fits(scheme):  # a cut can make 2 of two terms that become alike
        return draw_start(target, archive, rng)
    return scheme, max(used, key=lambda part: part.target.naive_rank).hash


@functools.cache
def neighbours(target: Target) -> tuple[Target, ...]:
    """The targets that starts at a target are made of, itself and those of an axis of length 1 left out."""
    if not target.lengths:
        return ()
    size = target.size
    sizes = [_with(size, axis, length) for axis in range(3) for length in range(2, size[axis] + 2)]
    sizes += [part for parts in _factors(size) for part in parts]
    found = {sorted_size(other) for other in sizes if min(other) > 1} - {sorted_size(size)}
    return tuple(other.target for other in sorted(found))


def _with(size: Size, axis: int, length: int) -> Size:
    return Size(*(length if place == axis else given for place, given in enumerate(size)))


def _factors(size: Size) -> list[tuple[Size, Size]]:
    """Pairs of sizes with no axis below 2 whose Kronecker product is of this size."""
    inner = [[part for part in range(2, length // 2 + 1) if length % part == 0] for length in size]
    pairs = [Size(n, m, p) for n in inner[0] for m in inner[1] for p in inner[2]]
    return [(Size(*(length // part for length, part in zip(size, parts, strict=True))), parts) for parts in pairs]
