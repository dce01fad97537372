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

from stages.game.ranks import rank_modulo
from stages.game.rules import Rules
from stages.game.tensor_game import State

_RAW_LIMIT = 4  # raw entries over Z are clipped here: larger ones are rare and all mean «far away»


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
    stands for them) and its rank as one-hot; then the share of moves left.
    """
    prime = 2 if rules.ring == "Z2" else 3
    mix = jnp.asarray(combinations(rules.length, most, prime))
    residual = state.residual
    slices = jnp.stack([residual, jnp.moveaxis(residual, 1, 0), jnp.moveaxis(residual, 2, 0)])  # [3, S, S, S]
    mixed = jnp.einsum("cl,mlab->mcab", mix, slices) % prime  # [3, combinations, S, S]
    ranks = rank_modulo(mixed, prime)  # [3, combinations]
    one_hot = ranks[..., None] == jnp.arange(rules.length + 1)
    if rules.ring == "Z2":
        entries = mixed.reshape(-1).astype(jnp.float32)
    else:
        entries = jnp.clip(residual, -_RAW_LIMIT, _RAW_LIMIT).reshape(-1).astype(jnp.float32)
    moves_left = state.moves_left.astype(jnp.float32)[None] / rules.max_rank
    return jnp.concatenate([entries, one_hot.reshape(-1).astype(jnp.float32), moves_left])


def num_features(rules: Rules, most: int) -> int:
    """Length of `observe`'s vector."""
    prime = 2 if rules.ring == "Z2" else 3
    count, length = len(combinations(rules.length, most, prime)), rules.length
    entries = 3 * count * length**2 if rules.ring == "Z2" else length**3
    return entries + 3 * count * (length + 1) + 1
