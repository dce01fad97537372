"""The policy head: a factored autoregressive distribution over action tokens (AlphaTensor, Methods, «Policy head»).

p(action | position) = prod_t p(token_t | position, token_<t). Token t sees the embedding of the position plus the
sum of the embeddings of the tokens before it, each by its place. Symbols that would leave the canonical actions have
probability zero (game.tokens.allowed).
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from stages.game import tokens as token_lib
from stages.game.tokens import Alphabet

_FORBIDDEN = -1e9  # finite, so that a softmax over it has no NaN gradient


class PolicyHead(eqx.Module):
    """Attributes: embeddings [T, symbols, width]; hidden and logits: one layer each per token."""

    alphabet: Alphabet = eqx.field(static=True)
    embeddings: Float[Array, "tokens symbols width"]
    hidden: tuple[eqx.nn.Linear, ...]
    logits: tuple[eqx.nn.Linear, ...]

    def __init__(self, alphabet: Alphabet, width: int, *, key: PRNGKeyArray) -> None:
        embed_key, hidden_key, logits_key = jax.random.split(key, 3)
        count, symbols = alphabet.num_tokens, alphabet.num_symbols
        self.alphabet = alphabet
        self.embeddings = jax.random.normal(embed_key, (count, symbols, width)) / jnp.sqrt(width)
        self.hidden = tuple(eqx.nn.Linear(width, width, key=k) for k in jax.random.split(hidden_key, count))
        self.logits = tuple(eqx.nn.Linear(width, symbols, key=k) for k in jax.random.split(logits_key, count))

    def token_log_probs(
        self, embedding: Float[Array, " width"], context: Float[Array, " width"], position: int, is_blank: Array
    ) -> Float[Array, " symbols"]:
        """Log-probabilities of token `position`, given the summed embeddings of the tokens before it."""
        logits = self.logits[position](jax.nn.relu(self.hidden[position](embedding + context)))
        keep = token_lib.allowed(position, is_blank, self.alphabet)
        return jax.nn.log_softmax(jnp.where(keep, logits, _FORBIDDEN))

    def log_prob(self, embedding: Float[Array, " width"], tokens: Int[Array, " tokens"]) -> Float[Array, ""]:
        """Log-probability of an action (teacher forcing)."""
        zero = jnp.asarray(token_lib.leading(self.alphabet) == 0)
        context, total, is_blank = jnp.zeros_like(embedding), jnp.zeros(()), jnp.array(True)
        for position in range(self.alphabet.num_tokens):
            is_blank = is_blank | token_lib.starts_blank(position, self.alphabet)
            log_probs = self.token_log_probs(embedding, context, position, is_blank)
            total = total + log_probs[tokens[position]]
            context = context + self.embeddings[position, tokens[position]]
            is_blank = is_blank & zero[tokens[position]]
        return total

    def sample(
        self, embedding: Float[Array, " width"], key: PRNGKeyArray, temperature: float = 1.0
    ) -> tuple[Int[Array, " tokens"], Float[Array, ""], Float[Array, ""]]:
        """Draws an action, each token from its distribution to the power of 1 / temperature. The key is consumed.

        One uniform number per token, through the inverse of the cumulative distribution: cheaper than one per symbol.

        Returns:
          Its tokens, its log-probability, and that under the distribution that it was drawn from.
        """
        zero = jnp.asarray(token_lib.leading(self.alphabet) == 0)
        uniform = jax.random.uniform(key, (self.alphabet.num_tokens,))
        context, total, drawn, is_blank = jnp.zeros_like(embedding), jnp.zeros(()), jnp.zeros(()), jnp.array(True)
        chosen = []
        for position in range(self.alphabet.num_tokens):
            is_blank = is_blank | token_lib.starts_blank(position, self.alphabet)
            log_probs = self.token_log_probs(embedding, context, position, is_blank)
            drawn_from = log_probs if temperature == 1 else jax.nn.log_softmax(log_probs / temperature)
            cumulative = jnp.cumsum(jnp.exp(drawn_from))
            # Scaled by the last entry, which is 1 but for rounding; `<=` skips symbols of probability zero.
            token = jnp.sum(cumulative <= uniform[position] * cumulative[-1])
            token = jnp.minimum(token, self.alphabet.num_symbols - 1)
            chosen.append(token)
            total, drawn = total + log_probs[token], drawn + drawn_from[token]
            context = context + self.embeddings[position, token]
            is_blank = is_blank & zero[token]
        return jnp.stack(chosen), total, drawn
