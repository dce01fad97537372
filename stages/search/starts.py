"""Start positions: targets in random bases, and the way back (AlphaTensor, Methods, «Change of basis»)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from stages.algebra import basis
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, leading_signs
from stages.algebra.targets import matmul_target, parse_size
from stages.contract.params import Agent
from stages.errors import SchemeError
from stages.game.rules import Rules
from stages.learning.positions import Terms


class Bases(NamedTuple):
    """One change of basis per game and mode; the identity on the axes beyond the target's own.

    Attributes:
      matrices: unimodular; canonical basis to the game's.
      inverses: the way back.
    """

    matrices: Int[np.ndarray, "games 3 s s"]
    inverses: Int[np.ndarray, "games 3 s s"]


def draw_bases(
    rng: np.random.Generator, agent: Agent, rules: Rules, target: Int[np.ndarray, " games"], density: float
) -> Bases:
    """Draws a basis for each game, given the index of its target; modes of equal length share a matrix."""
    unit = np.tile(np.eye(rules.length, dtype=np.int64), (len(target), 3, 1, 1))
    bases = Bases(unit, unit.copy())
    for index, name in enumerate(agent.targets):
        games = np.flatnonzero(target == index)
        modes = parse_size(name).modes
        for length in sorted(set(modes)):
            drawn = basis.draw_unimodular(rng, games.size, length, agent.ring, density)
            for mode in (mode for mode in range(3) if modes[mode] == length):
                for stack, matrices in zip(bases, drawn, strict=True):
                    stack[games, mode, :length, :length] = matrices
    return bases


def start_tensors(
    agent: Agent, rules: Rules, target: Int[np.ndarray, " games"], bases: Bases
) -> Int[np.ndarray, "games s s s"]:
    """The targets, padded with zeros to [S, S, S], each in its game's basis."""
    tensors = np.zeros((len(target), *[rules.length] * 3), np.int64)
    for index, name in enumerate(agent.targets):
        games = np.flatnonzero(target == index)
        matmul = matmul_target(parse_size(name))
        padded = np.pad(matmul, [(0, rules.length - axis) for axis in matmul.shape])
        tensors[games] = basis.transform(padded, tuple(bases.matrices[games, mode] for mode in range(3)), agent.ring)
    return tensors.astype(np.int32)


def change_terms(
    terms: Int[np.ndarray, "games max_rank 3 s"], matrices: Int[np.ndarray, "games 3 s s"], agent: Agent
) -> Int[np.ndarray, "games max_rank 3 s"]:
    """Terms written in other bases, with canonical signs (game.tokens)."""
    changed = np.einsum("gmxs,grms->grmx", matrices, terms.astype(np.int64))
    if agent.ring == "Z2":
        return changed % 2
    length = terms.shape[-1]
    signs = [leading_signs(changed[:, :, mode].reshape(-1, length).T).reshape(terms.shape[:2]) for mode in (0, 1)]
    return changed * np.stack([*signs, signs[0] * signs[1]], axis=-1)[..., None]


def cut_to_target(
    terms: Int[np.ndarray, "games max_rank 3 s"], target: Int[np.ndarray, " games"], agent: Agent
) -> Terms:
    """Solved games without what lies beyond their target's own axes, where the terms cancel each other.

    A term with nothing else is dropped; the others move up in order.
    """
    modes = np.array([parse_size(name).modes for name in agent.targets])[target]  # [games, 3]
    is_own = np.arange(terms.shape[-1]) < modes[:, None, :, None]
    cut = np.where(is_own, terms, 0)
    is_term = (cut != 0).any(axis=-1).all(axis=-1)  # [games, max_rank]
    order = np.argsort(~is_term, axis=1, kind="stable")
    cut = np.take_along_axis(np.where(is_term[..., None, None], cut, 0), order[..., None, None], axis=1)
    return Terms(cut, is_term.sum(axis=1))


def scheme_of_terms(terms: Int[np.ndarray, "rank 3 s"], target: str, agent: Agent) -> Scheme:
    """The scheme of a solved game's terms in the canonical basis; checked exactly.

    Raises:
      SchemeError: the check fails, so the game or the way back is wrong.
    """
    size = parse_size(target)
    factors = Factors(*(terms[:, mode, :length].T for mode, length in enumerate(size.modes)))
    scheme = Scheme(size, agent.ring, factors)
    if wrong := check(scheme):
        raise SchemeError(f"a solved game of {target} over {agent.ring} is no decomposition: {wrong}")
    return scheme
