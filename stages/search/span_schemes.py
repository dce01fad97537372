"""The agent's own schemes over Z2 that windows in spans rewrite: what each costs, and its energy (compiled).

Factors are words, bit i the i-th entry. The energy of a scheme is the number of its distinct factors, mode by mode.

Of a square target a scheme may be kept as moves of the cyclic game (`game.moves`): each stands for its orbit, at cost
3, or is a cube, at cost 1. Modulo 2 the three turns of a cube sum to the cube. So whatever the moves, the target is the
sum of their three turns. A cyclic scheme is lower by its cost, not by its number of moves, and its factors are all of
one mode.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.game.support import pack_factors
from stages.search.starts import standard_terms


class Schemes(NamedTuple):
    """The schemes in play.

    Attributes:
      terms: [members, most, 3] words; zero beyond the rank. Of a cyclic scheme they are moves.
      rank: [members] number of terms, or of moves.
      target: [members] index of each scheme's target; does not change.
    """

    terms: np.ndarray
    rank: np.ndarray
    target: np.ndarray


class Children(NamedTuple):
    """Of each scheme the best one of lower cost that a window of it led to.

    Attributes:
      terms, rank: as in `Schemes`.
      cost: [members] the rank of each, its moves in full; where there is none `NO_RANK`.
      energy: [members] of each.
    """

    terms: np.ndarray
    rank: np.ndarray
    cost: np.ndarray
    energy: np.ndarray


NO_RANK = np.iinfo(np.int64).max


def no_children(schemes: Schemes) -> Children:
    """None of any scheme."""
    none, zero = np.full_like(schemes.rank, NO_RANK), np.zeros_like(schemes.rank)
    return Children(np.zeros_like(schemes.terms), zero, none, zero.copy())


def standard_schemes(targets: tuple[str, ...], members: int, symmetry: str = "none") -> Schemes:
    """`members` standard algorithms of each target, with room for as many moves as they have terms."""
    terms, ranks = standard_terms(targets)
    words = pack_factors(terms, np.int64)
    if symmetry == "cyclic":
        for index in range(len(targets)):
            every = [tuple(term) for term in words[index, : ranks[index]].tolist()]
            moves = [(u, v, w) for u, v, w in every if (u, v, w) == min((u, v, w), (v, w, u), (w, u, v))]
            words[index], ranks[index] = 0, len(moves)
            words[index, : len(moves)] = moves
    target = np.repeat(np.arange(len(targets)), members)
    return Schemes(words[target], ranks[target], target)


@compiled
def cost(terms: np.ndarray, rank: int, is_cyclic: bool) -> int:
    """The number of terms of a scheme [most, 3], its moves in full."""
    total = 0
    for term in range(rank):
        u, v, w = terms[term]
        total += 1 if not is_cyclic or u == v == w else 3
    return total


@compiled
def energy(terms: np.ndarray, rank: int, is_cyclic: bool) -> int:
    """The number of distinct factors of a scheme [most, 3], mode by mode; of a cyclic one in all modes together."""
    return unshared(terms[:rank], np.zeros(rank, np.bool_), terms[:rank], rank, is_cyclic)


@compiled
def unshared(terms: np.ndarray, is_kept: np.ndarray, added: np.ndarray, count: int, is_cyclic: bool) -> int:
    """How many distinct factors the first `count` of `added` have that no kept term has."""
    found = 0
    for mode in range(3):
        first, end = (0, 3) if is_cyclic else (mode, mode + 1)
        for one in range(count):
            word, is_new = added[one, mode], True
            for place in range(first, mode + 1):
                for other in range(count if place < mode else one):
                    if added[other, place] == word:
                        is_new = False
                        break
            for place in range(first, end):
                if not is_new:
                    break
                for term in range(len(terms)):
                    if is_kept[term] and terms[term, place] == word:
                        is_new = False
                        break
            found += is_new
    return found


@compiled
def keep_child(children: Children, member: int, child: np.ndarray, rank: int, is_cyclic: bool) -> None:
    """Keeps a scheme of lower cost in place of the child of a member, if it is the better one."""
    price, lowest = cost(child, rank, is_cyclic), energy(child, rank, is_cyclic)
    if price < children.cost[member] or (price == children.cost[member] and lowest < children.energy[member]):
        children.terms[member], children.rank[member] = child, rank
        children.cost[member], children.energy[member] = price, lowest
