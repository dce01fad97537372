"""Losses as pure functions of one position."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from stages.game import tokens as token_lib
from stages.learning.positions import Position
from stages.network.agent import AgentNetwork
from stages.network.value import levels

HUBER_DELTA = 1.0  # as in the paper: where the loss goes over from square to linear


def quantile_huber(quantiles: Float[Array, " quantiles"], target: Float[Array, ""]) -> Float[Array, ""]:
    """Quantile regression with Huber's loss, averaged over the levels (AlphaTensor, Methods; Dabney et al. 2018).

    |tau - 1[target < quantile]| * huber(target - quantile), delta = 1.
    """
    delta = target - quantiles
    size = jnp.abs(delta)
    huber = jnp.where(size <= HUBER_DELTA, 0.5 * delta**2, HUBER_DELTA * (size - 0.5 * HUBER_DELTA))
    return jnp.mean(jnp.abs(levels(quantiles.shape[0]) - (delta < 0)) * huber)


def position_losses(network: AgentNetwork, position: Position) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Policy loss (nats, -log p of the position's action; 0 where that is no solution's) and value loss.

    The action of a game's position is drawn from the search's improved policy, so the first is an unbiased sample of
    the cross-entropy to it, which differs from the paper's KL by a constant. Whether games that failed teach
    the policy is up to the search (`learn_failed`): with few simulations their actions are noise.
    """
    embedding = network.embed(position.state)
    tokens = token_lib.encode(position.action, network.policy.alphabet)
    policy = -network.policy.log_prob(embedding, tokens)
    return jnp.where(position.is_solution, policy, 0.0), quantile_huber(network.value(embedding), position.value)
