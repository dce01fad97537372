"""Rank features, which the light torso sees of a position: slice combinations over a prime field with their ranks.

A plain network learns parity badly; handed the ranks of linear combinations of slices it needs a sixth of the
training. Over Z2 the field is F_2; over Z it is F_3, where the coefficients -1, 0, 1 stay distinct, beside the raw
entries of the residual.
"""

from __future__ import annotations

import itertools
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt

from stages.game.ranks import Ternary, add, rank_modulo_2, rank_modulo_3, scale, ternary, words
from stages.game.rules import Rules
from stages.game.tensor_game import State

RAW_LIMIT = 4  # raw entries over Z are clipped here: larger ones are rare and all mean «far away»


def combinations(length: int, most: int, prime: int) -> Int[np.ndarray, "combinations length"]:
    """All vectors over F_prime with 1..most non-zeros whose first non-zero is 1, the fewest non-zeros first."""
    rows = []
    for count in range(1, min(most, length) + 1):
        for places in itertools.combinations(range(length), count):
            for rest in itertools.product(range(1, prime), repeat=count - 1):
                row = np.zeros(length, np.int32)
                row[list(places)] = (1, *rest)
                rows.append(row)
    return np.stack(rows)


def observe(state: State, rules: Rules, most: int) -> Float[Array, " features"]:
    """Features of one position.

    For each mode and each combination of at most `most` slices: its entries (over Z2 only; over Z the raw residual
    stands for them) and its rank as one-hot; then the last actions and the share of moves left.
    """
    slices = jnp.stack([state.residual, jnp.moveaxis(state.residual, 1, 0), jnp.moveaxis(state.residual, 2, 0)])
    if rules.ring == "Z2":
        mixed = _combined_modulo_2(slices, combinations(rules.length, most, 2))
        ranks = rank_modulo_2(mixed)  # [3, combinations]
        rows = jnp.stack(mixed, axis=-1)
        entries = (rows[..., None] >> jnp.arange(rules.length, dtype=rows.dtype)) & 1
    else:
        ranks = rank_modulo_3(_combined_modulo_3(slices, combinations(rules.length, most, 3)))
        entries = jnp.clip(state.residual, -RAW_LIMIT, RAW_LIMIT)
    one_hot = ranks[..., None] == jnp.arange(rules.length + 1)
    parts = [entries.reshape(-1), one_hot.reshape(-1), state.history.reshape(-1), share_left(state, rules)]
    return jnp.concatenate([part.astype(jnp.float32) for part in parts])


def _combined_modulo_2(
    slices: Int[Array, "3 s s s"], mix: Int[np.ndarray, "combinations s"]
) -> list[UInt[Array, "3 combinations"]]:
    """Each row of all combinations over F_2."""
    packed = words(slices & 1 == 1)  # [3, slice, row]
    places = range(mix.shape[1])
    return [
        reduce(jnp.bitwise_xor, (jnp.where(mix[:, place], packed[:, place, row, None], 0) for place in places))
        for row in places
    ]


def _combined_modulo_3(slices: Int[Array, "3 s s s"], mix: Int[np.ndarray, "combinations s"]) -> list[Ternary]:
    """Each row of all combinations over F_3; its words are [3, combinations]."""
    packed = ternary(slices)  # words [3, slice, row]
    every = ~jnp.zeros((), packed.ones.dtype)
    is_one, is_two = (jnp.where(mix == coefficient, every, 0) for coefficient in (1, 2))
    places = range(mix.shape[1])

    def share(place: int, row: int) -> Ternary:
        return scale(Ternary(*(word[:, place, row, None] for word in packed)), is_one[:, place], is_two[:, place])

    return [reduce(add, (share(place, row) for place in places)) for row in places]


def share_left(state: State, rules: Rules) -> Float[Array, " scalars=1"]:
    """The one scalar that a network sees: moves left, as a share of the longest game."""
    return state.moves_left.astype(jnp.float32)[None] / rules.max_rank


def num_features(rules: Rules, most: int, history: int) -> int:
    """Length of `observe`'s vector."""
    prime = 2 if rules.ring == "Z2" else 3
    count, length = len(combinations(rules.length, most, prime)), rules.length
    entries = 3 * count * length**2 if rules.ring == "Z2" else length**3
    return entries + 3 * count * (length + 1) + 3 * history * length + 1
