"""What can follow a state in spans: the planners of whole games share it.

Over Z2 a residual is [9, 9] words. Over Z it is integers, [s, s, s]: the network sees it modulo 2 and proposes terms
modulo 2, and these get the signs that fit the residual best.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.game.moves import play_moves
from stages.game.signs import play_signed
from stages.game.support import pack
from stages.network.spans import SpansNetwork
from stages.planning.spans import propose

_CUBE_SHARE = 0.25  # of the terms of a network that knows no cubes


class Successors(NamedTuple):
    """Of each state, one child for each candidate.

    Attributes:
      terms: that were played, [states, candidates, 3] words; over Z factors, [states, candidates, 3, s].
      after: what is left.
      prices: what each term costs, [states, candidates].
      is_zero: whether nothing is left, [states, candidates].
    """

    terms: np.ndarray
    after: np.ndarray
    prices: np.ndarray
    is_zero: np.ndarray


def successors(
    network: SpansNetwork,
    residuals: np.ndarray,
    rng: np.random.Generator,
    candidates: int,
    *,
    is_cyclic: bool = False,
) -> Successors:
    """Draws terms for each state from the policy and plays them; no state is zero modulo 2.

    Args:
      is_cyclic: to play a symmetric game by a network of ordinary ones. It knows no cubes, so some terms are made ones.
    """
    drawn = propose(network, seen(residuals), rng, candidates)
    if is_cyclic and not network.is_cyclic:
        drawn = np.where(rng.random(drawn.shape[:2])[..., None] < _CUBE_SHARE, drawn[..., :1], drawn)
    if _is_over_z(residuals):
        (after, terms), prices = play_signed(residuals, drawn, rng), np.ones(drawn.shape[:2], np.int64)
    else:
        (after, prices), terms = play_moves(residuals, drawn, network.is_cyclic or is_cyclic), drawn
    return Successors(terms, after, prices, ~after.any(axis=tuple(range(2, after.ndim))))


def seen(residuals: np.ndarray) -> np.ndarray:
    """What the network sees of residuals, [..., 9, 9]: themselves modulo 2, as words."""
    return pack(residuals) if _is_over_z(residuals) else residuals


def _is_over_z(residuals: np.ndarray) -> bool:
    return residuals.dtype == np.int8
