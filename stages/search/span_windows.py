"""Windows in spans: a few terms of one of the agent's own schemes over Z2, rewritten in as many or fewer (compiled).

Factors are words, bit i the i-th entry. A window is its tensor in the reduced echelon bases of its three spans. What
the agent has found for that tensor before (`search.rewrites`) is put back at once; else the network is to play it
(`search.window_games`). The energy of a scheme is the number of its distinct factors, mode by mode.

`search.windows` is the same for agents that spell: over Z too, where there are no words and no such bases, and with a
game of each window, since there no memory answers millions of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.game.support import MOST_DIMENSIONS, add_term, compress, pack_factors
from stages.search.rewrites import KEPT, Rewrites, find
from stages.search.starts import standard_terms


class Schemes(NamedTuple):
    """The schemes in play.

    Attributes:
      terms: [members, most, 3] words; zero beyond the rank.
      rank: [members] number of terms.
      target: [members] index of each scheme's target; does not change.
    """

    terms: np.ndarray
    rank: np.ndarray
    target: np.ndarray


class Children(NamedTuple):
    """Of each scheme the best one of lower rank that a window of it led to.

    Attributes:
      terms, rank: as in `Schemes`; where there is none the rank is `NO_RANK`.
      energy: [members] of each.
    """

    terms: np.ndarray
    rank: np.ndarray
    energy: np.ndarray


NO_RANK = np.iinfo(np.int64).max


def no_children(schemes: Schemes) -> Children:
    """None of any scheme."""
    return Children(np.zeros_like(schemes.terms), np.full_like(schemes.rank, NO_RANK), np.zeros_like(schemes.rank))


def standard_schemes(targets: tuple[str, ...], members: int) -> Schemes:
    """`members` standard algorithms of each target."""
    terms, ranks = standard_terms(targets)
    target = np.repeat(np.arange(len(targets)), members)
    return Schemes(pack_factors(terms, np.int64)[target], ranks[target], target)


@compiled
def energy(terms: np.ndarray, rank: int) -> int:
    """The number of distinct factors, mode by mode, of a scheme [most, 3]."""
    return _unshared(terms[:rank], np.zeros(rank, np.bool_), terms[:rank], rank)


@compiled
def _unshared(terms: np.ndarray, is_kept: np.ndarray, added: np.ndarray, count: int) -> int:
    """How many distinct factors the first `count` of `added` have that no kept term has."""
    found = 0
    for mode in range(3):
        for one in range(count):
            word, is_new = added[one, mode], True
            for other in range(one):
                if added[other, mode] == word:
                    is_new = False
                    break
            if is_new:
                for term in range(len(terms)):
                    if is_kept[term] and terms[term, mode] == word:
                        is_new = False
                        break
            found += is_new
    return found


@compiled
def take(
    terms: np.ndarray,
    rank: int,
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
      terms: [most, 3] words.
      shares: relative probability of a term by the number of modes in which it adds a dimension, 0..3.
      is_taken: receives which terms.
      bases: receives [3, 9], reduced echelon bases of the spans, lowest pivot first.
      dims: receives their three dimensions.
    Returns:
      How many were taken.
    """
    rest = terms[:rank].copy()
    score = np.empty(rank)
    is_taken[:] = False
    dims[:] = 0
    for count in range(wanted):
        total = 0.0
        for term in range(rank):
            score[term] = 0.0
            if not is_taken[term]:
                added, fits = 0, True
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
        for term in range(rank):
            if score[term] > 0.0:
                chosen = term
                left -= score[term]
                if left < 0.0:
                    break
        is_taken[chosen] = True
        for mode in range(3):
            word = rest[chosen, mode]
            if not word:
                continue
            pivot = word & -word
            for term in range(rank):
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
    bases: np.ndarray,
    dims: np.ndarray,
    tensor: np.ndarray,
    spans: np.ndarray,
    inside: np.ndarray,
) -> bool:
    """Writes the sum of the taken terms in bases of its own spans.

    Args:
      terms, is_taken, bases, dims: as `take` left them.
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
            add_term(residual, inside[row, 0], inside[row, 1], inside[row, 2])
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
def put_back(terms: np.ndarray, rank: int, is_taken: np.ndarray, rewritten: np.ndarray, count: int) -> int:
    """Replaces the taken terms of a scheme [most, 3] by `count` others, in place; returns the new rank."""
    row = 0
    for term in range(rank):
        if not is_taken[term]:
            terms[row] = terms[term]
            row += 1
    terms[row : row + count] = rewritten[:count]
    terms[row + count : rank] = 0
    return row + count


class Settings(NamedTuple):
    """How windows are taken.

    Attributes:
      terms: least and most terms of a window.
      dims: most dimensions of a mode.
      shares: of `take`.
      plays: how often the network plays windows of one tensor.
    """

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
      count: [members, some] how many.
      known: [members, some] length of the shortest rewrite that is known, these terms among them.
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

    A rewrite as long is drawn from the Boltzmann distribution of the energy, among those that are known and the terms
    as they are. One that is shorter leads to a child, and the scheme goes on as it is.

    Args:
      children: the best child so far of each scheme, in place.
      temperatures: [members].
      windows: of each scheme.
      met: receives the first windows of each scheme that may be played, as many as it has room for.
    """
    most, size = schemes.terms.shape[1], settings.terms[1]
    is_taken = np.empty(most, np.bool_)
    bases, dims = np.zeros((3, MOST_DIMENSIONS), np.int64), np.empty(3, np.int64)
    tensor = np.empty((MOST_DIMENSIONS, MOST_DIMENSIONS), np.uint16)
    spans = np.empty((3, MOST_DIMENSIONS), np.int64)
    inside = np.empty((size, 3), np.int64)
    child = np.empty((most, 3), np.int64)
    given, energies = np.empty((KEPT + 1, size, 3), np.int64), np.empty(KEPT + 1)
    for member in range(len(schemes.rank)):
        met.is_met[member], filled = False, 0
        terms = schemes.terms[member]
        for _ in range(windows):
            rank = schemes.rank[member]
            wanted = settings.terms[0] + int(rng.random() * (size - settings.terms[0] + 1))
            count = take(terms, rank, wanted, settings.dims, settings.shares, rng, is_taken, bases, dims)
            is_inside = write(terms, is_taken[:rank], bases, dims, tensor, spans, inside)
            length, choices = 0, 1
            if np.any(tensor):
                entry = find(rewrites, tensor)
                is_open = filled < met.is_met.shape[1] and (entry < 0 or rewrites.plays[entry] < settings.plays)
                if is_open and _is_new(tensor, met.tensors[member, :filled]):
                    met.is_met[member, filled] = True
                    met.tensors[member, filled] = tensor
                    met.terms[member, filled] = 0
                    if is_inside:
                        met.terms[member, filled, :count] = inside[:count]
                    met.count[member, filled] = met.known[member, filled] = count
                    met.plays[member, filled] = 0
                    if entry >= 0:
                        met.known[member, filled] = min(count, rewrites.length[entry])
                        met.plays[member, filled] = rewrites.plays[entry]
                    filled += 1
                if entry < 0 or rewrites.length[entry] > count:
                    continue
                length, choices = rewrites.length[entry], rewrites.count[entry]
                _restore(rewrites.terms[entry, :choices], length, spans, given)
            as_it_is = -1
            if length == count:  # the terms as they are stay a choice
                given[choices, :count] = terms[:rank][is_taken[:rank]]
                as_it_is = 0
                while not _are_same(given[as_it_is], given[choices], count):
                    as_it_is += 1
                choices = max(choices, as_it_is + 1)
            for choice in range(choices):
                energies[choice] = _unshared(terms[:rank], ~is_taken[:rank], given[choice], length)
            chosen = _draw(energies[:choices], temperatures[member], rng)
            if length < count:
                child[:] = terms
                lower = put_back(child, rank, is_taken, given[chosen], length)
                _keep_child(children, member, child, lower)
            elif chosen != as_it_is:
                put_back(terms, rank, is_taken, given[chosen], length)


@compiled
def _is_new(tensor: np.ndarray, others: np.ndarray) -> bool:
    for other in others:  # noqa: SIM110 - Numba compiles no generator
        if np.array_equal(other, tensor):
            return False
    return True


@compiled
def _keep_child(children: Children, member: int, child: np.ndarray, rank: int) -> None:
    lowest = energy(child, rank)
    if rank < children.rank[member] or (rank == children.rank[member] and lowest < children.energy[member]):
        children.terms[member] = child
        children.rank[member], children.energy[member] = rank, lowest


@compiled
def _restore(coordinates: np.ndarray, length: int, spans: np.ndarray, given: np.ndarray) -> None:
    """The words of the spans that have these coordinates: [rewrites, most, 3], into `given`."""
    for one in range(len(coordinates)):
        for term in range(length):
            for mode in range(3):
                word = 0
                for place in range(MOST_DIMENSIONS):
                    if coordinates[one, term, mode] >> place & 1:
                        word ^= spans[mode, place]
                given[one, term, mode] = word


@compiled
def _are_same(some: np.ndarray, others: np.ndarray, count: int) -> bool:
    """Whether the first `count` of some terms, all of them distinct, are the same as of others in any order."""
    for one in range(count):
        is_there = False
        for other in range(count):
            is_there |= np.array_equal(some[one], others[other])
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
