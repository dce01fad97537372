"""The one planner signature, and what every planner starts from: a node with its sampled candidates.

A planner maps (network, states [B], key) to a `Plan`. The key is consumed. It never looks at the target, only at the
states; all randomness comes from the key, row by row independent of the rest of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from stages.game import tokens as token_lib
from stages.game.tensor_game import State
from stages.network.agent import AgentNetwork
from stages.network.value import risk_seeking


class Plan(NamedTuple):
    """What a planner says about a batch of states.

    Attributes:
      actions: the candidates.
      action_weights: the improved policy over them; sums to 1, zero on duplicates.
      choice: index of the candidate to play.
    """

    actions: Int[Array, "batch candidates 3 s"]
    action_weights: Float[Array, "batch candidates"]
    choice: Int[Array, " batch"]


Planner = Callable[[AgentNetwork, State, PRNGKeyArray], Plan]


class Sampling(NamedTuple):
    """How planners of a move sample and value.

    Attributes:
      candidates: K, actions that are sampled from a node's policy.
      risk: values are means of the upper quantiles, of this share.
      temperature: of the distribution that is sampled.
    """

    candidates: int
    risk: float
    temperature: float


class Node(NamedTuple):
    """A state as a search sees it (Sampled MuZero; AlphaTensor, Methods, «Sample-based MCTS»).

    Attributes:
      actions: K actions sampled from the policy.
      prior_logits: log of each distinct action's share of the samples; later copies of an action get `is_copy`.
      is_copy: whether the same action stands at a smaller index.
      value: risk-seeking value; 0 where the game is over.
    """

    actions: Int[Array, "candidates 3 s"]
    prior_logits: Float[Array, " candidates"]
    is_copy: Bool[Array, " candidates"]
    value: Float[Array, ""]


COPY_LOGIT = -1e9  # finite: mctx subtracts logits


def expand(network: AgentNetwork, state: State, key: PRNGKeyArray, sampling: Sampling) -> Node:
    """Evaluates one state and samples its candidates; equal samples are merged and their priors added.

    The samples are of a distribution beta, which is the policy pi where the temperature is 1. The prior of an action is
    (its share of the samples / beta) pi (Hubert et al. 2021, Sampled MuZero).
    """
    embedding = network.embed(state)
    sample = partial(network.policy.sample, embedding, temperature=sampling.temperature)
    tokens, log_pi, log_beta = jax.vmap(sample)(jax.random.split(key, sampling.candidates))
    is_equal = jnp.all(tokens[:, None] == tokens[None, :], axis=-1)  # [K, K]
    is_copy = jnp.argmax(is_equal, axis=1) < jnp.arange(sampling.candidates)
    share = jnp.mean(is_equal, axis=1)
    value = risk_seeking(network.value(embedding), sampling.risk)
    return Node(
        jax.vmap(partial(token_lib.decode, alphabet=network.policy.alphabet))(tokens),
        jnp.where(is_copy, COPY_LOGIT, jnp.log(share) + log_pi - log_beta),
        is_copy,
        jnp.where(state.is_over, 0.0, value),
    )
