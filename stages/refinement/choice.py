"""Which target the next attempt goes to: the one that has had the fewest attempts for its size and for what it lacks.

What a size lacks is told by its neighbours alone, those that its starts are made of: if its rank were that of a size as
good as the best of them, how many products fewer would it have? A size is as good as another if the ranks grow with the
same power of the number of products of the standard algorithm. So a new rank anywhere draws attempts to the sizes
around it, and nothing is known of ranks that others have published.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from stages.algebra.targets import Target
from stages.refinement.archive import WalkArchive
from stages.refinement.curriculum import neighbours


def next_target(targets: Sequence[Target], archive: WalkArchive, under_way: Sequence[Target]) -> Target:
    """The one of `targets` whose attempts, ended or under way, are the smallest part of its share; the first of such.

    A share is the naive rank, and as much again for each product that it lacks over a ring that starts are made of.
    """
    begun = Counter(target.name for target in under_way)
    for (name, _), ended in archive.attempts.items():
        begun[name] += ended
    rings = archive.ring.sources

    def part(target: Target) -> float:
        return begun[target.name] / (target.naive_rank * (1 + sum(lack(target, archive, ring) for ring in rings)))

    return min(targets, key=part)


def lack(target: Target, archive: WalkArchive, ring: str) -> float:
    """Products that a target has more than it would have if it were as good as its best neighbour; 0 if it is."""
    powers = [math.log(archive.lowest_rank(other, ring)) / math.log(other.naive_rank) for other in neighbours(target)]
    return max(0.0, archive.lowest_rank(target, ring) - target.naive_rank ** min(powers, default=1.0))
