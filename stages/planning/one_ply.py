"""The 1-ply planner: sample K actions, advance the model by each, take the one with the best reward plus value.

On small compute it solves more games per CPU second than a tree (measured in the field's prototypes and here).
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from stages.game.tensor_game import State
from stages.network.agent import AgentNetwork
from stages.network.value import risk_seeking
from stages.planning.model import advance
from stages.planning.plan import Node, Plan, Sampling, expand


def one_ply(
    network: AgentNetwork,
    states: State,
    key: PRNGKeyArray,
    sampling: Sampling,
    is_soft: bool,
) -> Plan:
    """See `plan.Planner`. The improved policy is the best candidate alone.

    Where `is_soft`, it is the prior times exp(Q), normalised, with Q in moves (Grill et al. 2020, regularised policy
    optimisation, at a weight of one). Played is the best candidate all the same.
    """
    keys = jax.random.split(key, states.is_over.shape[0])
    nodes = jax.vmap(partial(expand, network, sampling=sampling))(states, keys)
    scores = jax.vmap(partial(_scores, network, risk=sampling.risk))(states, nodes)  # [B, K]
    choice = jnp.argmax(jnp.where(nodes.is_copy, -jnp.inf, scores), axis=-1)
    soft = jax.nn.softmax(jnp.where(nodes.is_copy, -jnp.inf, nodes.prior_logits + scores))
    return Plan(nodes.actions, soft if is_soft else jax.nn.one_hot(choice, sampling.candidates), choice)


def _scores(network: AgentNetwork, state: State, node: Node, risk: float) -> Float[Array, " candidates"]:
    children, rewards = jax.vmap(partial(advance, network, state))(node.actions)
    values = jax.vmap(lambda child: risk_seeking(network.value(network.embed(child)), risk))(children)
    return rewards + jnp.where(children.is_over, 0.0, values)
