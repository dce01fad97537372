"""Rewrites that the agent has found, by the tensor that they sum to, so that no window is solved twice (compiled).

A window is written in the reduced echelon bases of the spans of its tensor's three modes. These depend on the tensor
alone, so equal tensors at other places of a scheme, or of another scheme, meet here and are rewritten alike. What a
rewrite costs is its number of terms, or of cyclic tensors the cost of its moves; these stand in a table of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.game.support import MOST_DIMENSIONS
from stages.network.chance import FAILED, LOWER, NEW, SAME

KEPT = 8  # rewrites of one tensor, all of its lowest cost; later ones are not kept
_LEAST_SLOTS = 1024


class Rewrites(NamedTuple):
    """A hash table with open addressing, and its entries in order of arrival.

    Attributes:
      slots: number of the entry, or -1; a power of two of them, at least twice the entries.
      tensors: of each entry, [9, 9] words in its own coordinates.
      plays: how often windows of this tensor were played.
      cost: of the cheapest rewrites.
      count: how many of these are kept.
      terms: they, in the coordinates of the tensor; zero beyond their number and their terms.
    """

    slots: np.ndarray
    tensors: np.ndarray
    plays: np.ndarray
    cost: np.ndarray
    count: np.ndarray
    terms: np.ndarray


def no_rewrites(most: int) -> Rewrites:
    """An empty table of rewrites of at most so many terms."""
    return Rewrites(
        np.full(_LEAST_SLOTS, -1, np.int64),
        np.zeros((0, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16),
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        np.zeros((0, KEPT, most, 3), np.uint16),
    )


@compiled
def _slot(tensor: np.ndarray, slots: np.ndarray, tensors: np.ndarray) -> int:
    """Where a tensor stands in the table, or would."""
    mixed = np.uint64(0xCBF29CE484222325)  # FNV-1a, by words
    for i in range(MOST_DIMENSIONS):
        for j in range(MOST_DIMENSIONS):
            mixed = (mixed ^ np.uint64(tensor[i, j])) * np.uint64(0x100000001B3)
    slot = np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(len(slots) - 1))
    while slots[slot] >= 0 and not np.array_equal(tensors[slots[slot]], tensor):
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@compiled
def find(rewrites: Rewrites, tensor: np.ndarray) -> int:
    """The entry of a tensor, or -1."""
    return rewrites.slots[_slot(tensor, rewrites.slots, rewrites.tensors)]


@compiled
def _place(slots: np.ndarray, tensors: np.ndarray, first: int) -> None:
    """Puts the entries from `first` on into the table."""
    for entry in range(first, len(tensors)):
        slots[_slot(tensors[entry], slots, tensors)] = entry


@compiled
def count_terms(terms: np.ndarray) -> int:
    """How many terms there are before the zeros."""
    count = 0
    while count < len(terms) and terms[count, 0]:
        count += 1
    return count


@compiled
def _keep(rewrites: Rewrites, entry: int, terms: np.ndarray, cost: int) -> int:
    """Adds one rewrite to an entry, in place, if it is as cheap as those and not among them; returns the outcome."""
    if cost > rewrites.cost[entry]:
        return SAME
    outcome = NEW
    if cost < rewrites.cost[entry]:
        rewrites.cost[entry], rewrites.count[entry] = cost, 0
        rewrites.terms[entry] = 0
        outcome = LOWER
    count = rewrites.count[entry]
    if count == KEPT:
        return SAME
    # In a fixed order, since a rewrite is a set of terms.
    length = count_terms(terms)
    words = terms[:length].astype(np.int64)
    sort = np.argsort((words[:, 0] << 18) | (words[:, 1] << 9) | words[:, 2])
    new = rewrites.terms[entry, count]
    new[:length] = terms[sort]
    for known in range(count):
        if np.array_equal(rewrites.terms[entry, known], new):
            new[:] = 0
            return SAME
    rewrites.count[entry] = count + 1
    return outcome


@compiled
def _learn(rewrites: Rewrites, tensors: np.ndarray, terms: np.ndarray, costs: np.ndarray) -> np.ndarray:
    outcomes = np.full(len(tensors), FAILED)
    for row in range(len(tensors)):
        if costs[row]:
            entry = rewrites.slots[_slot(tensors[row], rewrites.slots, rewrites.tensors)]
            outcomes[row] = _keep(rewrites, entry, terms[row], costs[row])
    return outcomes


def learn(
    rewrites: Rewrites, tensors: np.ndarray, terms: np.ndarray, costs: np.ndarray, *, plays: np.ndarray | int = 0
) -> tuple[Rewrites, np.ndarray]:
    """The table with more rewrites, and what each was beside those that were known: `FAILED`, `SAME`, `NEW` or `LOWER`.

    Every tensor has an entry then. The table is copied whole.

    Args:
      tensors: [rewrites, 9, 9] words, what each sums to.
      terms: [rewrites, most, 3] vectors; zero beyond each one's own.
      costs: of each; 0 for a tensor of which none is to be learnt.
      plays: of its tensor that each counts as; one number for all, or [rewrites].
    """
    known = np.array([find(rewrites, tensor) for tensor in tensors], np.int64)
    fresh = np.unique(tensors[known < 0].reshape(-1, MOST_DIMENSIONS**2), axis=0).reshape(-1, *tensors.shape[1:])
    before, num = len(rewrites.tensors), len(fresh)
    most = rewrites.terms.shape[2]

    def grown(field: np.ndarray, value: int) -> np.ndarray:
        return np.concatenate([field, np.full((num, *field.shape[1:]), value, field.dtype)])

    slots = rewrites.slots.copy()
    if 2 * (before + num) > len(slots):
        slots, before = np.full(1 << int(2 * (before + num)).bit_length(), -1, np.int64), 0
    after = Rewrites(
        slots,
        np.concatenate([rewrites.tensors, fresh]),
        grown(rewrites.plays, 0),
        grown(rewrites.cost, 3 * most + 1),
        grown(rewrites.count, 0),
        grown(rewrites.terms, 0),
    )
    _place(after.slots, after.tensors, before)
    outcomes = _learn(after, tensors, terms.astype(np.uint16), costs)
    np.add.at(after.plays, np.array([find(after, tensor) for tensor in tensors], np.int64), plays)
    return after, outcomes
