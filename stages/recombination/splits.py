"""Splits of an axis into blocks, and which three of them cost least; the search is compiled by Numba.

This module is outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from stages.compiled import compiled


@functools.cache
def splits(length: int, blocks: int, are_even: bool) -> np.ndarray:
    """Ways to cut an axis into blocks, in lexicographic order: uint8 [splits, blocks].

    Args:
      are_even: only those whose blocks differ by at most one; else any, also with blocks of length 0.
    """
    shortest, rest = divmod(length, blocks)
    allowed = range(shortest, shortest + 1 + bool(rest)) if are_even else range(length + 1)
    ways = (way for way in itertools.product(allowed, repeat=blocks) if sum(way) == length)
    return np.array(list(ways), np.uint8)


@compiled
def cheapest(ranks, first, second, third, bound):
    """The lowest sum of ranks below `bound` over bases and triples of splits.

    Args:
      ranks: int32, flat table of ranks.
      first, second, third: uint16 [bases, splits, R], what each split of an axis adds to the place of a product's rank
        in the table.
      bound: cost to beat.
    Returns:
      The cost, and the places of the base and the three splits, the first that cost so little; `bound` and zeros where
      none is below.
    """
    rank = first.shape[2]
    best, best_base, best_i, best_j, best_k = bound, 0, 0, 0, 0
    places = np.empty(rank, np.uint16)
    for base in range(first.shape[0]):
        for i in range(first.shape[1]):
            for j in range(second.shape[1]):
                for r in range(rank):
                    places[r] = first[base, i, r] + second[base, j, r]
                for k in range(third.shape[1]):
                    cost = 0
                    for r in range(rank):
                        cost += ranks[places[r] + third[base, k, r]]
                        if cost >= best:
                            break
                    if cost < best:
                        best, best_base, best_i, best_j, best_k = cost, base, i, j, k
    return best, best_base, best_i, best_j, best_k
