"""Sampled AlphaZero on mctx: PUCT as in the paper, and Gumbel MuZero's sequential halving.

mctx numbers actions 0..K-1; the K sampled actions of a node travel in its embedding and are drawn anew by the
network at each node it expands. mctx has no transposition table and keeps no subtree between moves, so neither has
this search.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial

# mctx imports the tests of its libraries, which look for a folder of theirs; on a full disk they find none.
os.environ.setdefault("TEST_TMPDIR", os.curdir)

import jax
import jax.numpy as jnp
import mctx
from jaxtyping import Array, Float, Int, PRNGKeyArray

from stages.game.tensor_game import State
from stages.network.agent import AgentNetwork
from stages.planning.model import advance
from stages.planning.plan import Plan, expand

SHARP_VISITS = 100  # the paper's Nbar, as OpenAlphaTensor has it

Embedding = tuple[State, Int[Array, "batch candidates 3 s"]]


def _root(network: AgentNetwork, states: State, key: PRNGKeyArray, candidates: int, risk: float):
    keys = jax.random.split(key, states.is_over.shape[0])
    nodes = jax.vmap(partial(expand, network, candidates=candidates, risk=risk))(states, keys)
    root = mctx.RootFnOutput(prior_logits=nodes.prior_logits, value=nodes.value, embedding=(states, nodes.actions))
    return root, nodes


def _recurrent_fn(candidates: int, risk: float) -> Callable:
    """mctx's transition: plays the numbered candidate and expands the state it leads to."""

    def recurrent(network: AgentNetwork, key: PRNGKeyArray, action: Int[Array, " batch"], embedding: Embedding):
        states, actions = embedding
        played = jax.vmap(lambda options, index: options[index])(actions, action)
        children, rewards = jax.vmap(partial(advance, network))(states, played)
        keys = jax.random.split(key, action.shape[0])
        nodes = jax.vmap(partial(expand, network, candidates=candidates, risk=risk))(children, keys)
        output = mctx.RecurrentFnOutput(
            reward=rewards,
            discount=jnp.where(children.is_over, 0.0, 1.0),
            prior_logits=nodes.prior_logits,
            value=nodes.value,
        )
        return output, (children, nodes.actions)

    return recurrent


def puct(
    network: AgentNetwork, states: State, key: PRNGKeyArray, candidates: int, risk: float, simulations: int
) -> Plan:
    """See `plan.Planner`. Descent by Q + c(s) prior sqrt(sum N) / (1 + N), improved policy from the visits N.

    c(s) = 1.25 + log((1 + 19652 + sum N) / 19652), and Q is in moves, unscaled. An action without a visit counts as its
    node does, so that a good first child does not keep the others from being seen. No root noise: the sampled
    candidates explore. The improved policy is N^(1/tau), normalised. Played is a draw from it, less the actions whose
    value is below that of the most visited one (AlphaTensor, Methods, «Acting»).
    """
    root_key, search_key, choice_key = jax.random.split(key, 3)
    root, nodes = _root(network, states, root_key, candidates, risk)
    output = mctx.muzero_policy(
        network,
        search_key,
        root,
        _recurrent_fn(candidates, risk),
        num_simulations=simulations,
        invalid_actions=nodes.is_copy,
        qtransform=_q_in_moves,
        dirichlet_fraction=0.0,
        pb_c_init=1.25,
        pb_c_base=19652,
    )
    summary = output.search_tree.summary()
    visits = summary.visit_counts
    # Scaled first, so that no power overflows.
    weights = (visits / jnp.max(visits, axis=-1, keepdims=True)) ** (1 / temperature(simulations))
    weights = weights / jnp.sum(weights, axis=-1, keepdims=True)
    favourite = jnp.take_along_axis(summary.qvalues, jnp.argmax(visits, axis=-1, keepdims=True), axis=-1)
    playable = jnp.where(summary.qvalues >= favourite, weights, 0.0)
    keys = jax.random.split(choice_key, len(playable))
    choice = jax.vmap(lambda key, weights: jax.random.categorical(key, jnp.log(weights)))(keys, playable)
    return Plan(nodes.actions, weights, choice)


def _q_in_moves(tree: mctx.Tree, node: Int[Array, ""]) -> Float[Array, " candidates"]:
    """Q of a node's actions, unscaled; the node's mean value where an action has no visit."""
    return jnp.where(tree.children_visits[node] > 0, tree.qvalues(node), tree.node_values[node])


def temperature(visits: int) -> float:
    """The paper's tau of a root with `visits` visits: log N / log 100 beyond 100 visits, else 1."""
    return max(1.0, math.log(visits) / math.log(SHARP_VISITS))


def sequential_halving(
    network: AgentNetwork,
    states: State,
    key: PRNGKeyArray,
    candidates: int,
    risk: float,
    simulations: int,
    gumbel_scale: float,
    value_scale: float,
) -> Plan:
    """See `plan.Planner`. Sequential halving at the root as in Gumbel MuZero (Danihelka et al. 2022).

    With 16 simulations mctx's defaults solved nothing here; `gumbel_scale` 0, which is no noise, and `value_scale` 1 do
    (measured).
    """
    root_key, search_key = jax.random.split(key)
    root, nodes = _root(network, states, root_key, candidates, risk)
    output = mctx.gumbel_muzero_policy(
        network,
        search_key,
        root,
        _recurrent_fn(candidates, risk),
        num_simulations=simulations,
        max_num_considered_actions=candidates,
        invalid_actions=nodes.is_copy,
        qtransform=partial(mctx.qtransform_completed_by_mix_value, value_scale=value_scale),
        gumbel_scale=gumbel_scale,
    )
    return Plan(nodes.actions, output.action_weights, output.action)
