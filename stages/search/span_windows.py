"""Windows in spans: a few terms of one of the agent's own schemes over Z2, rewritten in as many or fewer (compiled).

A window of a scheme in play (`search.span_schemes`) is its tensor in the reduced echelon bases of its three spans. What
the agent has found for that tensor before (`search.rewrites`) is put back at once; else the network is to play it
(`search.generations`).

The target of a cyclic scheme is the sum of the three turns of its moves. Two kinds of windows leave it as it is:

- *of turned moves*: each move is turned as it fits. Any terms with the same sum have turns with the same sum, so a
  window is one of a scheme without symmetry. Cubes among the terms are cheaper by two.
- *in one span*: all factors of the moves lie in one space, and the sum of their orbits is a cyclic tensor there. A
  rewrite is by moves; one by other terms would not be cyclic.

`search.windows` is the same for agents that spell: over Z too, where there are no words and no such bases, and with a
game of each window, since there no memory answers millions of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.game.moves import add_move
from stages.game.support import MOST_DIMENSIONS, compress
from stages.search.rewrites import KEPT, Rewrites, count_terms, find
from stages.search.span_schemes import Children, Schemes, cost, keep_child, unshared


class Kind(NamedTuple):
    """What windows of a batch are.

    Attributes:
      is_cyclic: whether schemes are kept as moves.
      is_one: whether a window lies in one span, and its tensor is cyclic.
    """

    is_cyclic: bool
    is_one: bool


KINDS = {"none": (Kind(False, False),), "cyclic": (Kind(True, False), Kind(True, True))}  # by the schemes' symmetry


@compiled
def turn(terms: np.ndarray, rank: int, kind: Kind, turned: np.ndarray) -> int:
    """All that windows of a kind may take of a scheme: its terms, or one after another the three turns of its moves.

    Args:
      turned: receives them.
    Returns:
      How many they are, `rank` times the number of turns.
    """
    turns = 3 if kind.is_cyclic and not kind.is_one else 1
    for one in range(turns):
        for term in range(rank):
            for mode in range(3):
                turned[one * rank + term, mode] = terms[term, (mode + one) % 3]
    return turns * rank


@compiled
def take(
    terms: np.ndarray,
    rank: int,
    is_one: bool,
    wanted: int,
    most_dims: int,
    shares: np.ndarray,
    rng: np.random.Generator,
    is_taken: np.ndarray,
    bases: np.ndarray,
    dims: np.ndarray,
) -> int:
    """Takes up to `wanted` terms of a scheme, one after another at random, whose factors span few dimensions.

    Args:
      terms: [rank or more, 3] words; rows that are `rank` apart are turns of one move, of which one is taken at most.
      is_one: whether the factors of all modes are to lie in one span.
      shares: relative probability of a term by the number of modes in which it adds a dimension, 0..3.
      is_taken: receives which terms.
      bases: receives [3, 9], reduced echelon bases of the spans, lowest pivot first.
      dims: receives their three dimensions.
    Returns:
      How many were taken.
    """
    rest = terms.copy()
    score = np.empty(len(rest))
    is_gone = np.zeros(len(rest), np.bool_)
    is_taken[:] = False
    dims[:] = 0
    for count in range(wanted):
        total = 0.0
        for term in range(len(rest)):
            score[term] = 0.0
            if not is_gone[term]:
                added, fits = 0, True
                if is_one:
                    u, v, w = rest[term]
                    added = (u != 0) + (v != 0 and v != u) + (w != 0 and w != u and w != v and w != u ^ v)
                    fits = dims[0] + added <= most_dims
                else:
                    for mode in range(3):
                        if rest[term, mode]:
                            added += 1
                            fits &= dims[mode] < most_dims
                if fits:
                    score[term] = shares[added]
            total += score[term]
        if total == 0.0:
            return count
        left, chosen = rng.random() * total, -1
        for term in range(len(rest)):
            if score[term] > 0.0:
                chosen = term
                left -= score[term]
                if left < 0.0:
                    break
        is_taken[chosen] = True
        for same in range(chosen % rank, len(rest), rank):
            is_gone[same] = True
        for factor in range(3):
            word = rest[chosen, factor]
            if not word:
                continue
            pivot = word & -word
            first, end = (0, 3) if is_one else (factor, factor + 1)
            for mode in range(first, end):
                for term in range(len(rest)):
                    if rest[term, mode] & pivot:
                        rest[term, mode] ^= word
                place = dims[mode]
                for known in range(dims[mode]):
                    if bases[mode, known] & pivot:
                        bases[mode, known] ^= word
                while place and (bases[mode, place - 1] & -bases[mode, place - 1]) > pivot:
                    bases[mode, place] = bases[mode, place - 1]
                    place -= 1
                bases[mode, place] = word
                dims[mode] += 1
    return wanted


@compiled
def write(
    terms: np.ndarray,
    is_taken: np.ndarray,
    is_one: bool,
    bases: np.ndarray,
    dims: np.ndarray,
    tensor: np.ndarray,
    spans: np.ndarray,
    inside: np.ndarray,
) -> bool:
    """Writes the sum of the taken terms, or in one span of their orbits, in bases of its own spans.

    Args:
      terms, is_taken, is_one, bases, dims: as `take` left them.
      tensor: receives [9, 9] words.
      spans: receives [3, 9], the words that its unit vectors stand for; zero beyond its dimensions.
      inside: receives [taken, 3], the taken terms in its coordinates.
    Returns:
      Whether the taken terms lie in its spans; they need not where they cancel each other in part.
    """
    residual = np.zeros((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    row = 0
    for term in range(len(is_taken)):
        if is_taken[term]:
            for mode in range(3):
                inside[row, mode] = 0
                for place in range(dims[mode]):
                    if terms[term, mode] & bases[mode, place] & -bases[mode, place]:
                        inside[row, mode] |= 1 << place
            add_move(residual, inside[row, 0], inside[row, 1], inside[row, 2], is_one)
            row += 1
    oriented = np.empty((3, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    own_dims, own = np.empty(3, np.int64), np.zeros((3, MOST_DIMENSIONS), np.uint16)
    compress(residual, oriented, own_dims, own)
    tensor[:] = oriented[2]
    spans[:] = 0
    is_inside = True
    for mode in range(3):
        for place in range(own_dims[mode]):
            for known in range(dims[mode]):
                if own[mode, place] >> known & 1:
                    spans[mode, place] ^= bases[mode, known]
        for term in range(row):
            word, back, coordinate = inside[term, mode], 0, 0
            for place in range(own_dims[mode]):
                basis = np.int64(own[mode, place])
                if word & basis & -basis:
                    back ^= basis
                    coordinate |= 1 << place
            is_inside &= back == word
            inside[term, mode] = coordinate
    return is_inside


@compiled
def put_back(terms: np.ndarray, rank: int, is_kept: np.ndarray, rewritten: np.ndarray, count: int) -> int:
    """Replaces the other terms of a scheme [most, 3] by `count` new ones, in place; returns the new rank."""
    row = 0
    for term in range(rank):
        if is_kept[term]:
            terms[row] = terms[term]
            row += 1
    terms[row : row + count] = rewritten[:count]
    terms[row + count : rank] = 0
    return row + count


class Settings(NamedTuple):
    """How windows are taken.

    Attributes:
      kind: of all of them.
      terms: least and most terms of a window.
      dims: most dimensions of a mode.
      shares: of `take`.
      plays: how often the network plays windows of one tensor.
    """

    kind: Kind
    terms: tuple[int, int]
    dims: int
    shares: np.ndarray
    plays: int


class Met(NamedTuple):
    """Windows that may be played, the first ones that each scheme meets; those of one scheme are distinct tensors.

    Attributes:
      is_met: [members, some]; the rest is filled for these.
      tensors: [members, some, 9, 9] words.
      terms: [members, some, most, 3], the taken terms in the coordinates of the tensor.
      count: [members, some] how many, or of one span what they cost; what a game may cost.
      known: [members, some] cost of the cheapest rewrite that is known, these terms among them.
      plays: [members, some] how often the tensor was played.
    """

    is_met: np.ndarray
    tensors: np.ndarray
    terms: np.ndarray
    count: np.ndarray
    known: np.ndarray
    plays: np.ndarray


def met_windows(schemes: Schemes, most: int, some: int = 1) -> Met:
    """Room for `some` windows of at most `most` terms of each scheme."""
    rows = len(schemes.rank), some
    return Met(
        np.zeros(rows, np.bool_),
        np.zeros((*rows, MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16),
        np.zeros((*rows, most, 3), np.int64),
        *np.zeros((3, *rows), np.int64),
    )


@compiled
def walk(
    schemes: Schemes,
    children: Children,
    rewrites: Rewrites,
    temperatures: np.ndarray,
    settings: Settings,
    windows: int,
    rng: np.random.Generator,
    met: Met,
) -> None:
    """Rewrites windows of each scheme by what is known, in place.

    A rewrite at the same cost is drawn from the Boltzmann distribution of the energy, among those that are known and
    the terms as they are. A cheaper one leads to a child, and the scheme goes on as it is.

    Args:
      children: the best child so far of each scheme, in place.
      temperatures: [members].
      windows: of each scheme.
      met: receives the first windows of each scheme that may be played, as many as it has room for.
    """
    most, size, kind = schemes.terms.shape[1], settings.terms[1], settings.kind
    room, is_room_taken = np.empty((3 * most, 3), np.int64), np.empty(3 * most, np.bool_)
    bases, dims = np.zeros((3, MOST_DIMENSIONS), np.int64), np.empty(3, np.int64)
    tensor = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    spans = np.empty((3, MOST_DIMENSIONS), np.int64)
    inside = np.empty((size, 3), np.int64)
    child = np.empty((most, 3), np.int64)
    given, lengths = np.empty((KEPT + 1, size, 3), np.int64), np.zeros(KEPT + 1, np.int64)
    costs, energies, cheapest = np.empty(KEPT + 1, np.int64), np.empty(KEPT + 1), np.empty(KEPT + 1, np.int64)
    for member in range(len(schemes.rank)):
        met.is_met[member], filled = False, 0
        terms = schemes.terms[member]
        for _ in range(windows):
            rank = schemes.rank[member]
            wanted = settings.terms[0] + int(rng.random() * (size - settings.terms[0] + 1))
            num = turn(terms, rank, kind, room)
            turned, is_taken = room[:num], is_room_taken[:num]
            count = take(turned, rank, kind.is_one, wanted, settings.dims, settings.shares, rng, is_taken, bases, dims)
            is_inside = write(turned, is_taken, kind.is_one, bases, dims, tensor, spans, inside)
            given[0, :count] = turned[is_taken]
            price = cost(given[0], count, kind.is_one)
            choices = 1
            if np.any(tensor):
                entry = find(rewrites, tensor)
                is_open = filled < met.is_met.shape[1] and (entry < 0 or rewrites.plays[entry] < settings.plays)
                if is_open and _is_new(tensor, met.tensors[member, :filled]):
                    met.is_met[member, filled] = True
                    met.tensors[member, filled] = tensor
                    met.terms[member, filled] = 0
                    if is_inside:
                        met.terms[member, filled, :count] = inside[:count]
                    met.count[member, filled] = met.known[member, filled] = price
                    met.plays[member, filled] = 0
                    if entry >= 0:
                        met.known[member, filled] = min(price, rewrites.cost[entry])
                        met.plays[member, filled] = rewrites.plays[entry]
                    filled += 1
                if entry < 0 or rewrites.cost[entry] > price:
                    continue
                choices = rewrites.count[entry]
                _restore(rewrites.terms[entry, :choices], spans, given, lengths)
            else:
                lengths[0] = 0
            # The terms as they are stay a choice.
            given[choices, :count], lengths[choices] = turned[is_taken], count
            as_it_is = 0
            while lengths[as_it_is] != count or not _are_same(given[as_it_is], given[choices], count, kind.is_one):
                as_it_is += 1
            choices = max(choices, as_it_is + 1)
            is_kept = np.ones(rank, np.bool_)
            for term in range(num):
                if is_taken[term]:
                    is_kept[term % rank] = False
            for choice in range(choices):
                costs[choice] = cost(given[choice], lengths[choice], kind.is_cyclic)
            lowest, num_cheapest = costs[:choices].min(), 0
            for choice in range(choices):
                if costs[choice] == lowest:
                    energies[num_cheapest] = unshared(
                        terms[:rank], is_kept, given[choice], lengths[choice], kind.is_cyclic
                    )
                    cheapest[num_cheapest] = choice
                    num_cheapest += 1
            chosen = cheapest[_draw(energies[:num_cheapest], temperatures[member], rng)]
            if lowest < costs[as_it_is]:
                child[:] = terms
                lower = put_back(child, rank, is_kept, given[chosen], lengths[chosen])
                keep_child(children, member, child, lower, kind.is_cyclic)
            elif chosen != as_it_is:
                schemes.rank[member] = put_back(terms, rank, is_kept, given[chosen], lengths[chosen])


@compiled
def _is_new(tensor: np.ndarray, others: np.ndarray) -> bool:
    for other in others:  # noqa: SIM110 - Numba compiles no generator
        if np.array_equal(other, tensor):
            return False
    return True


@compiled
def _restore(coordinates: np.ndarray, spans: np.ndarray, given: np.ndarray, lengths: np.ndarray) -> None:
    """The words of the spans that have these coordinates, [rewrites, most, 3], into `given`, and how many terms."""
    for one in range(len(coordinates)):
        lengths[one] = count_terms(coordinates[one])
        for term in range(lengths[one]):
            for mode in range(3):
                word = 0
                for place in range(MOST_DIMENSIONS):
                    if coordinates[one, term, mode] >> place & 1:
                        word ^= spans[mode, place]
                given[one, term, mode] = word


@compiled
def _are_same(some: np.ndarray, others: np.ndarray, count: int, is_one: bool) -> bool:
    """Whether the first `count` of some terms, all of them distinct, are the same as of others in any order.

    In one span the turns of a move are the same.
    """
    for one in range(count):
        u, v, w = some[one]
        is_there = False
        for other in range(count):
            x, y, z = others[other]
            is_there |= u == x and v == y and w == z
            if is_one:
                is_there |= (u == y and v == z and w == x) or (u == z and v == x and w == y)
        if not is_there:
            return False
    return True


@compiled
def _draw(energies: np.ndarray, temperature: float, rng: np.random.Generator) -> int:
    """A choice from the Boltzmann distribution."""
    weights = np.exp((energies.min() - energies) / temperature)
    left, chosen = rng.random() * weights.sum(), 0
    while chosen < len(weights) - 1 and left >= weights[chosen]:
        left -= weights[chosen]
        chosen += 1
    return chosen
