"""Greedy elimination of common subexpressions: the most frequent pair of registers becomes a temporary, repeatedly.

A pair stands for all its integer multiples: x + y also serves -x - y and 2x + 2y, but not x - y. Replacing a pair
that occurs k times costs one addition and saves k, so the number of additions never grows.
"""

from __future__ import annotations

import heapq
from itertools import combinations
from math import gcd

import numpy as np
from jaxtyping import Int

from stages.program.sums import Sums

Pair = tuple[int, int, int, int]  # registers x < y, then their coprime coefficients, the first positive


def share(matrix: Int[np.ndarray, "outputs inputs"]) -> Sums:
    """Sums that compute `matrix @ inputs`. Of equally frequent pairs the smallest (x, y, coefficients) goes first.

    Raises:
      SchemeError: a zero row.
    """
    inputs = matrix.shape[1]
    rows = [{int(register): int(row[register]) for register in np.flatnonzero(row)} for row in matrix]
    holders = _frequent(_pairs_of(rows))
    heap = [(-len(found), pair) for pair, found in holders.items()]
    heapq.heapify(heap)

    temporaries = []
    while heap:
        negative, pair = heapq.heappop(heap)
        found = holders[pair]
        if len(found) != -negative:  # an old entry: the pair has become rarer and goes where it belongs now
            if len(found) > 1:
                heapq.heappush(heap, (-len(found), pair))
            continue
        x, y, first, second = pair
        new = inputs + len(temporaries)
        temporaries.append(((first, x), (second, y)))
        born: dict[Pair, set[int]] = {}
        for index in sorted(found):
            row = rows[index]
            # No row holds a pair with x or y any more once it has given them up; `pair` itself goes this way too.
            for old in (x, y):
                for other in row:
                    if other != old and (rarer := holders.get(_pair(row, min(old, other), max(old, other)))):
                        rarer.discard(index)
            factor = row.pop(x) // first
            del row[y]
            row[new] = factor
            for other in row:
                if other != new:
                    born.setdefault(_pair(row, other, new), set()).add(index)
        # Old pairs only become rarer, so a pair that is not frequent at birth never will be.
        born = _frequent(born)
        holders |= born
        for formed, rows_with in born.items():
            heapq.heappush(heap, (-len(rows_with), formed))
    return Sums(
        inputs,
        tuple(temporaries),
        tuple(tuple((row[register], register) for register in sorted(row)) for row in rows),
    )


def _pairs_of(rows: list[dict[int, int]]) -> dict[Pair, set[int]]:
    """For each pair, the rows in which it occurs."""
    holders: dict[Pair, set[int]] = {}
    for index, row in enumerate(rows):
        for x, y in combinations(sorted(row), 2):
            holders.setdefault(_pair(row, x, y), set()).add(index)
    return holders


def _frequent(holders: dict[Pair, set[int]]) -> dict[Pair, set[int]]:
    return {pair: found for pair, found in holders.items() if len(found) > 1}


def _pair(row: dict[int, int], x: int, y: int) -> Pair:
    """The pair of registers x < y of a row, without the integer factor that it carries there."""
    first, second = row[x], row[y]
    factor = gcd(first, second) if first > 0 else -gcd(first, second)
    return x, y, first // factor, second // factor
