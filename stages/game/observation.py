"""What the light torso sees of a position: slice combinations over a prime field with their matrix ranks.

A plain network learns parity badly; handed the ranks of linear combinations of slices it needs a sixth of the
training. Over Z2 the field is F_2; over Z it is F_3, where the coefficients -1, 0, 1 stay distinct, beside the raw
entries of the residual.
"""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from stages.game.ranks import rank_modulo, rank_of_words, words
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
    prime = 2 if rules.ring == "Z2" else 3
    mix = combinations(rules.length, most, prime)
    slices = jnp.stack([state.residual, jnp.moveaxis(state.residual, 1, 0), jnp.moveaxis(state.residual, 2, 0)])
    if prime == 2:
        rows = words(slices)  # [3, S, S]
        mixed = jnp.zeros((3, len(mix), rules.length), jnp.uint32)
        for place in range(rules.length):
            mixed = mixed ^ jnp.where(mix[None, :, place, None] == 1, rows[:, None, place], 0)
        ranks = rank_of_words(mixed)  # [3, combinations]
        entries = (mixed[..., None] >> jnp.arange(rules.length, dtype=jnp.uint32)) & 1
    else:
        ranks = rank_modulo(jnp.einsum("cl,mlab->mcab", mix, slices), prime)
        entries = jnp.clip(state.residual, -RAW_LIMIT, RAW_LIMIT)
    one_hot = ranks[..., None] == jnp.arange(rules.length + 1)
    parts = [entries.reshape(-1), one_hot.reshape(-1), state.history.reshape(-1), share_left(state, rules)]
    return jnp.concatenate([part.astype(jnp.float32) for part in parts])


def share_left(state: State, rules: Rules) -> Float[Array, " scalars=1"]:
    """The one scalar that a network sees: moves left, as a share of the longest game."""
    return state.moves_left.astype(jnp.float32)[None] / rules.max_rank


def num_features(rules: Rules, most: int, history: int) -> int:
    """Length of `observe`'s vector."""
    prime = 2 if rules.ring == "Z2" else 3
    count, length = len(combinations(rules.length, most, prime)), rules.length
    entries = 3 * count * length**2 if rules.ring == "Z2" else length**3
    return entries + 3 * count * (length + 1) + 3 * history * length + 1
