"""Start positions: targets in random bases, and the way back (AlphaTensor, Methods, «Change of basis»)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.algebra import basis
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import matmul_target, parse_size
from stages.contract.params import Agent, Search
from stages.errors import SchemeError
from stages.game.rules import Rules
from stages.search.selfplay import pad


class Starts(NamedTuple):
    """One batch of start positions.

    Attributes:
      tensors: int32 [games, S, S, S], padded with zeros.
      target: index into the agent's targets, [games].
      inverses: per target that was drawn, the inverse bases of its games in order: three stacks [count, axis, axis].
    """

    tensors: np.ndarray
    target: np.ndarray
    inverses: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]


def draw_starts(rng: np.random.Generator, agent: Agent, settings: Search, rules: Rules) -> Starts:
    """Draws a target and a basis for each game; axes of equal length share a matrix."""
    chosen = rng.integers(len(agent.targets), size=settings.games)
    tensors = np.zeros((settings.games, *[rules.length] * 3), np.int32)
    inverses = {}
    for index, name in enumerate(agent.targets):
        games = np.flatnonzero(chosen == index)
        if not games.size:
            continue
        size = parse_size(name)
        drawn = {
            length: basis.draw_unimodular(rng, games.size, length, agent.ring, settings.basis_density)
            for length in sorted(set(size.modes))
        }
        bases = tuple(drawn[length][0] for length in size.modes)
        inverses[index] = tuple(drawn[length][1] for length in size.modes)
        tensors[games] = pad(basis.transform(matmul_target(size), bases, agent.ring), rules)
    return Starts(tensors, chosen.astype(np.int32), inverses)


def scheme_of_game(starts: Starts, game: int, terms: np.ndarray, agent: Agent) -> Scheme:
    """The scheme, in the canonical basis, of a solved game's terms [R, 3, S]; checked exactly.

    Entries beyond the target's own axes only cancel each other, and a term that has no others is dropped.

    Raises:
      SchemeError: the check fails, so the game or the way back is wrong.
    """
    index = int(starts.target[game])
    size = parse_size(agent.targets[index])
    place = int((starts.target[:game] == index).sum())
    inverses = tuple(stack[place] for stack in starts.inverses[index])
    cut = [terms[:, mode, :length].T.astype(np.int64) for mode, length in enumerate(size.modes)]
    is_term = np.logical_and.reduce([(factor != 0).any(axis=0) for factor in cut])
    factors = basis.map_back(Factors(*(factor[:, is_term] for factor in cut)), inverses, agent.ring)
    scheme = Scheme(size, agent.ring, factors)
    if wrong := check(scheme):
        raise SchemeError(f"a solved game of {size.name} over {agent.ring} is no decomposition: {wrong}")
    return scheme
