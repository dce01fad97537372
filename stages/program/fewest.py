"""The fewest additions that compute a set of sums over Z2, proven by search; compiled by Numba.

A sum of at most MOST_INPUTS inputs is a word whose bits say which inputs it holds. Each distinct sum of more than one
input costs an addition at least; what else is computed are helpers, and how many are needed is searched for: 0, 1, 2,
... A sum that is one addition away is taken at once, for it costs no more now than later. Else one helper at least is

- a sum of two that are computed;
- half of a sum that is no sum of two wanted ones, or both halves are helpers;
- half of as many such sums as the helpers must be on average. Where no helper is half of enough, the branch ends.

Of these three lists the shortest is tried. A helper that has failed is barred in what is tried after it.
Like `elimination`, this module is outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled

MOST_INPUTS = 9
POINTS = 1 << MOST_INPUTS
MOST_HELPERS = 20
PAIRS = 60  # helpers that are tried as long as the pairs of halves of one sum
WANTED, MADE, NODES = range(3)  # counts
HELPERS, WANTED_BEFORE, MADE_BEFORE, MOVES, NEXT = range(5)  # of a level


class Room(NamedTuple):
    """Where a search works. A level is a choice of helpers; level 0 has the inputs alone.

    Attributes:
      is_wanted, is_made, is_barred: uint8 [POINTS], of each word: whether it is an input, a sum or a chosen helper;
        whether it is computed; whether it is a helper that has failed, or 0.
      wanted, made: int64 [POINTS], wanted words and computed ones, in order.
      within: uint8 [levels, POINTS], whether a word is a sum of two computed ones.
      halves: uint8 [levels, POINTS], of how many sums that need a helper a word would be half.
      moves: int64 [levels, 2 * POINTS], one helper or a pair, one + POINTS * other.
      levels: int64 [levels, 5]: helpers left, words wanted and made before, moves, the next move.
      counts: int64 [3]: words wanted, words made, nodes left.
    """

    is_wanted: np.ndarray
    is_made: np.ndarray
    is_barred: np.ndarray
    wanted: np.ndarray
    made: np.ndarray
    within: np.ndarray
    halves: np.ndarray
    moves: np.ndarray
    levels: np.ndarray
    counts: np.ndarray


def make_room() -> Room:
    levels = MOST_HELPERS + 2
    return Room(
        is_wanted=np.zeros(POINTS, np.uint8),
        is_made=np.zeros(POINTS, np.uint8),
        is_barred=np.zeros(POINTS, np.uint8),
        wanted=np.zeros(POINTS, np.int64),
        made=np.zeros(POINTS, np.int64),
        within=np.zeros((levels, POINTS), np.uint8),
        halves=np.zeros((levels, POINTS), np.uint8),
        moves=np.zeros((levels, 2 * POINTS), np.int64),
        levels=np.zeros((levels, 5), np.int64),
        counts=np.zeros(3, np.int64),
    )


@compiled
def is_enough(room: Room, sums: np.ndarray, inputs: int, helpers: int, nodes: int) -> bool:
    """Whether sums can be computed with so many helpers; if so, `room.made` holds inputs, sums and helpers in order.

    Args:
      sums: int64; words may repeat, be inputs, or 0.
      inputs: at most MOST_INPUTS.
      helpers: at most MOST_HELPERS.
      nodes: of the search, at most. Where they do not suffice the answer is no, and `room.counts[NODES]` is 0.
    """
    for word in range(POINTS):
        room.is_wanted[word], room.is_made[word], room.is_barred[word], room.within[0, word] = 0, 0, word == 0, 0
    room.counts[WANTED], room.counts[MADE], room.counts[NODES] = 0, 0, nodes
    for bit in range(inputs):
        _want(room, 1 << bit)
        _make(room, 0, 1 << bit)
    for word in sums:
        if word:
            _want(room, word)
    level = 1
    if _enter(room, level, 0, 0, helpers):
        return True
    while level:
        here = room.levels[level]
        if here[NEXT] < here[MOVES]:
            move = room.moves[level, here[NEXT]]
            one, other = move % POINTS, move // POINTS
            here[NEXT] += 1
            level += 1
            if _enter(room, level, one, other, here[HELPERS] - (2 if other else 1)):
                return True
        else:
            _leave(room, level)
            level -= 1
            move = room.moves[level, room.levels[level, NEXT] - 1]
            if level and move < POINTS:
                room.is_barred[move] = 1
    return False


@compiled
def _want(room: Room, word: int) -> None:
    if not room.is_wanted[word]:
        room.is_wanted[word] = 1
        room.wanted[room.counts[WANTED]] = word
        room.counts[WANTED] += 1


@compiled
def _make(room: Room, level: int, word: int) -> None:
    within = room.within[level]
    for at in range(room.counts[MADE]):
        within[room.made[at] ^ word] = 1
    room.is_made[word] = 1
    room.made[room.counts[MADE]] = word
    room.counts[MADE] += 1


@compiled
def _enter(room: Room, level: int, one: int, other: int, helpers: int) -> bool:
    """Chooses a helper or two (0 for none) and finds the moves from there; True if nothing more is needed."""
    counts, here = room.counts, room.levels[level]
    for word in range(POINTS):
        room.within[level, word] = room.within[level - 1, word]
    here[HELPERS], here[WANTED_BEFORE], here[MADE_BEFORE] = helpers, counts[WANTED], counts[MADE]
    here[MOVES], here[NEXT] = 0, 0
    if one:
        _want(room, one)
    if other:
        _want(room, other)
    has_more = True
    while has_more:
        has_more, is_done = False, True
        for at in range(counts[WANTED]):
            word = room.wanted[at]
            if not room.is_made[word]:
                if room.within[level, word]:
                    _make(room, level, word)
                    has_more = True
                else:
                    is_done = False
        if is_done:
            return True
    if helpers and counts[NODES]:
        counts[NODES] -= 1
        here[MOVES] = _list(room, level, helpers)
    return False


@compiled
def _leave(room: Room, level: int) -> None:
    """Undoes what `_enter` and the moves from there have changed."""
    here = room.levels[level]
    for at in range(here[NEXT]):
        if room.moves[level, at] < POINTS:
            room.is_barred[room.moves[level, at]] = 0
    for at in range(here[WANTED_BEFORE], room.counts[WANTED]):
        room.is_wanted[room.wanted[at]] = 0
    for at in range(here[MADE_BEFORE], room.counts[MADE]):
        room.is_made[room.made[at]] = 0
    room.counts[WANTED], room.counts[MADE] = here[WANTED_BEFORE], here[MADE_BEFORE]


@compiled
def _list(room: Room, level: int, helpers: int) -> int:
    """Writes the moves of a level; returns how many there are."""
    is_wanted, is_barred, within, halves = room.is_wanted, room.is_barred, room.within[level], room.halves[level]
    for word in range(POINTS):
        halves[word] = 0
    count = room.counts[WANTED]
    lacking, fewest, chosen = 0, POINTS, 0  # sums that need a helper; the one that has the fewest to choose from
    for at in range(count):
        word = room.wanted[at]
        if room.is_made[word]:
            continue
        is_near = False
        for place in range(count):
            if is_wanted[word ^ room.wanted[place]]:
                is_near = True
                break
        if is_near:
            continue
        lacking += 1
        free = 0
        for place in range(count):
            half = word ^ room.wanted[place]
            if not is_barred[half]:
                halves[half] += 1
                free += 1
        if free < fewest:
            fewest, chosen = free, word
    most = 0
    for word in range(POINTS):
        most = max(most, halves[word])
    between = helpers * (helpers - 1) // 2  # sums of two helpers
    least = lacking - between - (helpers - 1) * most  # a helper that is half of fewer is one too many
    if least > most:
        return 0
    first, many = 0, 0
    for word in range(POINTS):
        if halves[word] >= least and not is_wanted[word] and not is_barred[word]:
            first += within[word]
            many += halves[word] * helpers >= lacking - between
    is_first = helpers == 1 or first <= min(many, fewest + PAIRS)
    is_many = not is_first and many <= fewest + PAIRS
    moves = 0
    for word in range(POINTS):
        if halves[word] < least or is_wanted[word] or is_barred[word]:
            continue
        if is_first:
            is_move = within[word] != 0
        elif is_many:
            is_move = halves[word] * helpers >= lacking - between
        else:
            is_move = is_wanted[word ^ chosen] != 0
        if is_move:
            room.moves[level, moves] = word
            moves += 1
    if not is_first and not is_many:
        for one in range(POINTS):
            other = one ^ chosen
            if one > other or is_wanted[one] or is_wanted[other] or is_barred[one] or is_barred[other]:
                continue
            if halves[one] + halves[other] + (helpers - 2) * most + between < lacking:
                continue
            if helpers == 2 and not (within[one] or within[other]):
                continue
            room.moves[level, moves] = one + POINTS * other
            moves += 1
    return moves
