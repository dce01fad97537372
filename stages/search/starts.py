"""Start positions: targets in random bases, and the way back (AlphaTensor, Methods, «Change of basis»)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from stages.algebra import basis
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, leading_signs, standard
from stages.algebra.targets import Target, parse_size, parse_target
from stages.errors import SchemeError
from stages.game.rules import Rules
from stages.learning.positions import Terms
from stages.params.agents import Agent, EntriesAgent


def standard_terms(
    targets: Sequence[str],
) -> tuple[Int[np.ndarray, "targets most 3 l"], Int[np.ndarray, " targets"]]:
    """The terms of the standard algorithms, zero beyond their rank and beyond their target's axes; and their ranks."""
    sizes = [parse_target(name) for name in targets]
    ranks = np.array([size.naive_rank for size in sizes])
    terms = np.zeros((len(sizes), ranks.max(), 3, max(max(size.modes) for size in sizes)), np.int8)
    for index, size in enumerate(sizes):
        for mode, matrix in enumerate(standard(size).factors):
            terms[index, : size.naive_rank, mode, : size.modes[mode]] = matrix.T
    return terms, ranks


class Bases(NamedTuple):
    """One change of basis per game and mode; the identity on the axes beyond the target's own.

    Attributes:
      matrices: unimodular; canonical basis to the game's.
      inverses: the way back.
    """

    matrices: Int[np.ndarray, "games 3 s s"]
    inverses: Int[np.ndarray, "games 3 s s"]

    def of(self, games: np.ndarray) -> Bases:
        """The bases of some of the games."""
        return Bases(self.matrices[games], self.inverses[games])


def modes_of(agent: EntriesAgent, target: Int[np.ndarray, " games"]) -> Int[np.ndarray, "games 3"]:
    """Axis lengths of the target of each game, given its index in `agent.targets`."""
    return np.array([parse_size(name).modes for name in agent.targets])[target]


def draw_bases(rng: np.random.Generator, rules: Rules, modes: Int[np.ndarray, "games 3"], density: float) -> Bases:
    """Draws a basis for each game, given its axis lengths; equal axes share a matrix."""
    unit = np.tile(np.eye(rules.length, dtype=np.int64), (len(modes), 3, 1, 1))
    bases = Bases(unit, unit.copy())
    for length in np.unique(modes):
        is_long = modes == length
        games = np.flatnonzero(is_long.any(axis=1))
        drawn = basis.draw_unimodular(rng, games.size, int(length), rules.ring, density)
        for mode in range(3):
            rows = is_long[games, mode]
            for stack, matrices in zip(bases, drawn, strict=True):
                stack[games[rows], mode, :length, :length] = matrices[rows]
    return bases


def start_tensors(
    agent: EntriesAgent, rules: Rules, target: Int[np.ndarray, " games"], bases: Bases
) -> Int[np.ndarray, "games s s s"]:
    """The targets, padded with zeros to [S, S, S], each in its game's basis."""
    tensors = np.zeros((len(target), *[rules.length] * 3), np.int64)
    for name in agent.whole:
        games = np.flatnonzero(target == agent.targets.index(name))
        matmul = parse_target(name).tensor
        padded = np.pad(matmul, [(0, rules.length - axis) for axis in matmul.shape])
        tensors[games] = basis.transform(padded, tuple(bases.matrices[games, mode] for mode in range(3)), agent.ring)
    return tensors.astype(np.int32)


def change_terms(
    terms: Int[np.ndarray, "games max_rank 3 s"], matrices: Int[np.ndarray, "games 3 t s"], rules: Rules
) -> Int[np.ndarray, "games max_rank 3 t"]:
    """Terms written in other bases, with canonical signs (game.tokens)."""
    # As one product of matrices for each game and mode: [g, m, r, s] x [g, m, s, t].
    changed = np.moveaxis(np.moveaxis(terms.astype(np.int64), 2, 1) @ matrices.swapaxes(-1, -2), 1, 2)
    if rules.ring == "Z2":
        return changed % 2
    length = changed.shape[-1]
    signs = [leading_signs(changed[:, :, mode].reshape(-1, length).T).reshape(terms.shape[:2]) for mode in (0, 1)]
    return changed * np.stack([*signs, signs[0] * signs[1]], axis=-1)[..., None]


def cut_to_target(
    terms: Int[np.ndarray, "games max_rank 3 s"], target: Int[np.ndarray, " games"], agent: EntriesAgent
) -> Terms:
    """Solved games without what lies beyond their target's own axes, where the terms cancel each other.

    A term with nothing else is dropped; the others move up in order.
    """
    is_own = np.arange(terms.shape[-1]) < modes_of(agent, target)[:, None, :, None]
    cut = np.where(is_own, terms, 0)
    is_term = (cut != 0).any(axis=-1).all(axis=-1)  # [games, max_rank]
    order = np.argsort(~is_term, axis=1, kind="stable")
    cut = np.take_along_axis(np.where(is_term[..., None, None], cut, 0), order[..., None, None], axis=1)
    return Terms(cut, is_term.sum(axis=1))


def scheme_of_terms(terms: Int[np.ndarray, "rank 3 s"], target: Target, agent: Agent) -> Scheme:
    """The scheme of terms in the canonical basis; checked exactly.

    Raises:
      SchemeError: the check fails, so a game or a way back is wrong.
    """
    factors = Factors(*(terms[:, mode, :length].T for mode, length in enumerate(target.modes)))
    scheme = Scheme(target, agent.ring, factors)
    if wrong := check(scheme):
        raise SchemeError(f"a scheme of {target.name} over {agent.ring} from games is no decomposition: {wrong}")
    return scheme
