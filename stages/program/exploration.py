"""Inequivalent schemes over Z2 of one rank, found from each other, those of few additions first.

From the class of fewest additions that has not been left yet all flips lead on, and some excursions over one term more.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.targets import Size
from stages.program.classes import class_number, excursion, lookup, neighbours
from stages.program.equivalent import Minimum, bases_of, minimum, written
from stages.program.exact import ORDERS, tidied
from stages.program.fewest import MADE, is_enough, make_room
from stages.program.program import Program
from stages.program.signs import signed_scheme, steps_of
from stages.program.subexpressions import transposed
from stages.program.sums import Combination, Sums

FIRST = 64  # starts that are looked at before the first class is left
EXCURSIONS = 20  # from a class
BARREN = 1000  # starts in a row that lead to no new class, after which there is none to come
NODES = 10**6  # of a search for helpers, which takes some hundred in the middle


class Found(NamedTuple):
    """A class that is new.

    Attributes:
      words: int64 [3, R], one of its schemes.
      minimum: its additions.
    """

    words: np.ndarray
    minimum: Minimum


def explore(size: Size, starts: Iterator[np.ndarray], seed: int) -> Iterator[Found]:
    """Class after class, as they are found, until there are no more starts, or BARREN of them led nowhere.

    Args:
      size: with modes of at most `fewest.MOST_INPUTS` entries.
      starts: schemes of one rank, int64 [3, R], taken FIRST at the beginning and where nothing else is left.
    """
    bases, known, room = bases_of(size), lookup(size), make_room()
    state = np.random.default_rng(seed).integers(2**63, size=1, dtype=np.uint64)
    seen: set[int] = set()
    waiting: list[tuple[int, int, np.ndarray]] = []  # additions, order, scheme

    def near() -> Iterator[np.ndarray]:
        barren = 0
        for number, start in enumerate(starts):
            before = len(seen)
            yield start
            while waiting and number + 1 >= FIRST:
                *_, words = heapq.heappop(waiting)
                yield from neighbours(words)
                for _ in range(EXCURSIONS):
                    yield excursion(words, state)
            barren = 0 if len(seen) > before else barren + 1
            if barren == BARREN:
                return

    for words in near():
        if not words.any() or (number := class_number(words, known)) in seen:
            continue
        seen.add(number)
        words = words.copy()  # not a part of all neighbours, which would be kept
        least = minimum(words, bases, room, NODES)
        heapq.heappush(waiting, (int(least.additions.sum()), len(seen), words))
        yield Found(words, least)


def program_over_z(size: Size, found: Found) -> tuple[Scheme, Program] | None:
    """A scheme over Z that modulo 2 belongs to a class, and its program, with the fewest additions of the class.

    Args:
      found: a class whose minimum is exact.
    Returns:
      None if no signs are found.
    """
    words, least = found
    bases, room, rng = bases_of(size), make_room(), np.random.default_rng(0)
    orders = []
    for mode, additions in enumerate(least.additions.tolist()):
        sums = written(words[mode], mode, least.bases[mode], least.bases[(mode + 1) % 3], bases)
        inputs = int(bases.inputs[mode])
        is_enough(room, sums, inputs, additions - len({*sums.tolist()} - {1 << bit for bit in range(inputs)}), NODES)
        orders.append((room.made[: room.counts[MADE]].copy(), sums, inputs))
    for _ in range(ORDERS):
        u, v, w = (steps_of(*order, rng) for order in orders)
        if signed := signed_scheme(size.target, (u, v, w), rng):
            scheme, (left, right, columns) = signed
            parts = tidied(left), tidied(right), transposed(_as_blocks(columns, size))
            return scheme, Program(size, "Z", 1, *parts)
    return None


def _as_blocks(columns: Sums, size: Size) -> Sums:
    """Sums of the inputs k * n + i, the rows of w, as sums of the blocks i * p + k of C."""
    n, _, p = size
    places = [*np.arange(p * n).reshape(n, p).T.ravel().tolist(), *range(p * n, p * n + len(columns.temporaries))]

    def renamed(combinations: tuple[Combination, ...]) -> tuple[Combination, ...]:
        return tuple(tuple((factor, places[register]) for factor, register in each) for each in combinations)

    return Sums(columns.inputs, renamed(columns.temporaries), renamed(columns.outputs))
