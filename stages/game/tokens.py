"""Actions as tokens: the 3S entries of an action, `entries` of them per token (AlphaTensor, Methods, «Policy head»).

A token's symbol is the number whose digits, least significant first, index the coefficients. Only canonical actions
are spelled: no zero factor, and over Z the first non-zero entry of u and of v is positive (w carries the sign).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from stages.game.rules import Rules


class Alphabet(NamedTuple):
    """How actions are spelled; hashable.

    Attributes:
      rules: of the game.
      entries: factor entries per token; divides S.
    """

    rules: Rules
    entries: int

    @property
    def per_factor(self) -> int:
        return self.rules.length // self.entries

    @property
    def num_tokens(self) -> int:
        return 3 * self.per_factor

    @property
    def num_symbols(self) -> int:
        return len(self.rules.coefficients) ** self.entries


def symbols(alphabet: Alphabet) -> Int[np.ndarray, "symbols entries"]:
    """The entries that each symbol stands for."""
    coefficients = np.array(alphabet.rules.coefficients, np.int32)
    base = len(coefficients)
    digits = np.arange(alphabet.num_symbols)[:, None] // base ** np.arange(alphabet.entries)[None, :] % base
    return coefficients[digits]


def leading(alphabet: Alphabet) -> Int[np.ndarray, " symbols"]:
    """Sign of the first non-zero entry of each symbol; 0 for the symbol of zeros."""
    table = symbols(alphabet)
    first = np.take_along_axis(table, (table != 0).argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.sign(first).astype(np.int32)


def canonical(action: Int[Array, "3 s"]) -> Int[Array, "3 s"]:
    """The same rank-one term with the first non-zero entry of u and of v positive; w carries the sign."""
    first = jnp.argmax(action != 0, axis=-1, keepdims=True)
    sign = jnp.where(jnp.take_along_axis(action, first, axis=-1) < 0, -1, 1)  # [3, 1]
    return action * jnp.stack([sign[0], sign[1], sign[0] * sign[1]]).astype(action.dtype)


def encode(action: Int[Array, "3 s"], alphabet: Alphabet) -> Int[Array, " tokens"]:
    """Tokens of an action: u, v, w one after another."""
    base = len(alphabet.rules.coefficients)
    digits = action.astype(jnp.int32).reshape(alphabet.num_tokens, alphabet.entries) - alphabet.rules.coefficients[0]
    return digits @ jnp.asarray(base ** np.arange(alphabet.entries), jnp.int32)


def decode(tokens: Int[Array, " tokens"], alphabet: Alphabet) -> Int[Array, "3 s"]:
    """The action of `encode`'s tokens."""
    return jnp.asarray(symbols(alphabet))[tokens].reshape(3, alphabet.rules.length)


def allowed(position: int, is_blank: Bool[Array, ""], alphabet: Alphabet) -> Bool[Array, " symbols"]:
    """Which symbols keep the action canonical at `position`.

    Args:
      position: index of the token, a Python integer.
      is_blank: whether all earlier tokens of the same factor are zeros.
    """
    sign = leading(alphabet)
    factor, place = divmod(position, alphabet.per_factor)
    fits_blank = np.ones(len(sign), bool)
    if place == alphabet.per_factor - 1:
        fits_blank &= sign != 0
    if factor < 2:
        fits_blank &= sign >= 0
    return jnp.where(is_blank, jnp.asarray(fits_blank), True)


def starts_blank(position: int, alphabet: Alphabet) -> bool:
    """Whether `position` is the first token of its factor."""
    return position % alphabet.per_factor == 0
