"""Losses as pure functions of one position."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from stages.game import tokens as token_lib
from stages.learning.positions import Position
from stages.network.agent import AgentNetwork
from stages.network.dynamics import CellDynamics
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


def unrolled_loss(
    dynamics: CellDynamics, actions: Int[Array, "moves 3 s"], residuals: Int[Array, "moves+1 s s s"]
) -> Float[Array, ""]:
    """Cross-entropy (nats) of the cells that a learned model foresees, a mean over moves and cells.

    The model goes on from its own probabilities (MuZero's unrolled loss). Its latent is the residual itself, so this is
    EfficientZero's consistency loss too, and no heads are learnt on foreseen positions.
    """
    cells, losses = residuals[0].astype(jnp.float32), []
    for action, following in zip(actions, residuals[1:], strict=True):
        logits = dynamics(cells, action)
        losses.append(jnp.mean(optax.sigmoid_binary_cross_entropy(logits, following.astype(jnp.float32))))
        cells = jax.nn.sigmoid(logits)
    return jnp.mean(jnp.stack(losses))


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
