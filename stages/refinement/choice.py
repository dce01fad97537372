"""Which target the next attempt goes to: the one that has had the fewest attempts for its size and for what it lacks.

What a size lacks is told by its neighbours alone, those that its starts are made of: if its rank were that of a size as
good as the best of them, how many products fewer would it have? A size is as good as another if the ranks grow with the
same power of the number of products of the standard algorithm. So a new rank anywhere draws attempts to the sizes
around it, and nothing is known of ranks that others have published.

The fewer of its attempts fall short of its lowest rank, the less is left to look for: small sizes lack what they cannot
have.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from stages.algebra.targets import Target
from stages.refinement.archive import WalkArchive
from stages.refinement.curriculum import neighbours


def next_target(targets: Sequence[Target], archive: WalkArchive, under_way: Sequence[Target]) -> Target:
    """The one of `targets` whose attempts, ended or under way, are the smallest part of its share; the first of such.

    Half of the attempts go by size, in proportion to the naive rank, for a size beside which nothing is better may yet
    have a lower rank. Half go by what is lacking over the rings that starts are made of, times the part of the attempts
    that have fallen short, counting one more that did; what is lacking where no attempt falls short goes by size, too.
    """
    rings, lowest_rank = archive.ring.sources, functools.cache(archive.lowest_rank)
    ended = Counter()
    for (name, _), count in archive.attempts.items():
        ended[name] += count
    sizes, lacks, missed, begun = [], [], [], []
    for target in targets:
        lowest = min(lowest_rank(target, ring) for ring in rings)
        count, hits = ended[target.name], archive.attempts[target.name, lowest]
        sizes.append(target.naive_rank)
        lacks.append(sum(lack(target, lowest_rank, ring) for ring in rings))
        missed.append((1 + count - hits) / (1 + count))
        begun.append(count + under_way.count(target))
    shares = np.array(sizes) / sum(sizes) + np.array(lacks) * missed / (sum(lacks) or 1.0)
    return targets[int(np.argmin(begun / shares))]


def lack(target: Target, lowest_rank: Callable[[Target, str], int], ring: str) -> float:
    """Products that a target has more than it would have if it were as good as its best neighbour; 0 if it is."""
    powers = [math.log(lowest_rank(other, ring)) / math.log(other.naive_rank) for other in neighbours(target)]
    lacking = lowest_rank(target, ring) - target.naive_rank ** min(powers, default=1.0)
    return round(max(0.0, lacking), 6)  # logarithms differ between processors in their last digits
