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
    improved_policy: str,
) -> Plan:
    """See `plan.Planner`. The improved policy is the best candidate alone.

    With `prior_exp_q` it is the prior times exp(Q), normalised, with Q in moves (as in MPO, Abdolmaleki et al. 2018, at
    a temperature of one move). Played is the best candidate all the same.
    """
    keys = jax.random.split(key, states.is_over.shape[0])
    nodes = jax.vmap(partial(expand, network, sampling=sampling))(states, keys)
    scores = jax.vmap(partial(_scores, network, risk=sampling.risk))(states, nodes)  # [B, K]
    choice = jnp.argmax(jnp.where(nodes.is_copy, -jnp.inf, scores), axis=-1)
    if improved_policy == "prior_exp_q":
        weights = jax.nn.softmax(jnp.where(nodes.is_copy, -jnp.inf, nodes.prior_logits + scores))
    else:
        weights = jax.nn.one_hot(choice, sampling.candidates)
    return Plan(nodes.actions, weights, choice)


def _scores(network: AgentNetwork, state: State, node: Node, risk: float) -> Float[Array, " candidates"]:
    children, rewards = jax.vmap(partial(advance, network, state))(node.actions)
    values = jax.vmap(lambda child: risk_seeking(network.value(network.embed(child)), risk))(children)
    return rewards + jnp.where(children.is_over, 0.0, values)
