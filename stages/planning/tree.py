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
from stages.planning.plan import Plan, Sampling, expand

SHARP_VISITS = 100  # the paper's Nbar, as OpenAlphaTensor has it

Embedding = tuple[State, Int[Array, "batch candidates 3 s"]]


def _root(network: AgentNetwork, states: State, key: PRNGKeyArray, expand_fn: Callable):
    keys = jax.random.split(key, states.is_over.shape[0])
    nodes = jax.vmap(partial(expand_fn, network))(states, keys)
    root = mctx.RootFnOutput(prior_logits=nodes.prior_logits, value=nodes.value, embedding=(states, nodes.actions))
    return root, nodes


def _recurrent_fn(expand_fn: Callable) -> Callable:
    """mctx's transition: plays the numbered candidate and expands the state it leads to."""

    def recurrent(network: AgentNetwork, key: PRNGKeyArray, action: Int[Array, " batch"], embedding: Embedding):
        states, actions = embedding
        played = jax.vmap(lambda options, index: options[index])(actions, action)
        children, rewards = jax.vmap(partial(advance, network))(states, played)
        keys = jax.random.split(key, action.shape[0])
        nodes = jax.vmap(partial(expand_fn, network))(children, keys)
        output = mctx.RecurrentFnOutput(
            reward=rewards,
            discount=jnp.where(children.is_over, 0.0, 1.0),
            prior_logits=nodes.prior_logits,
            value=nodes.value,
        )
        return output, (children, nodes.actions)

    return recurrent


def puct(
    network: AgentNetwork,
    states: State,
    key: PRNGKeyArray,
    sampling: Sampling,
    simulations: int,
) -> Plan:
    """See `plan.Planner`. Descent by Q + c(s) prior sqrt(sum N) / (1 + N), improved policy from the visits N.

    c(s) = 1.25 + log((1 + 19652 + sum N) / 19652), and Q is in moves, unscaled: that of the best line in the tree. A
    game has one player and no chance, so the mean of lines, of which most are worse, would punish what is visited
    (measured). An action without a visit counts as its node does, so that a good first child does not keep the others
    from being seen. No root noise: the sampled candidates explore. The improved policy is N^(1/tau), normalised. Played
    is the action with the best line: a draw by visits (AlphaTensor, Methods, «Acting») needs hundreds of them.
    """
    root_key, search_key = jax.random.split(key)
    expand_fn = partial(expand, sampling=sampling)
    root, nodes = _root(network, states, root_key, expand_fn)
    output = mctx.muzero_policy(
        network,
        search_key,
        root,
        _recurrent_fn(expand_fn),
        num_simulations=simulations,
        invalid_actions=nodes.is_copy,
        qtransform=_q_of_best_lines,
        dirichlet_fraction=0.0,
        pb_c_init=1.25,
        pb_c_base=19652,
    )
    visits = output.search_tree.summary().visit_counts
    # Scaled first, so that no power overflows.
    weights = (visits / jnp.max(visits, axis=-1, keepdims=True)) ** (1 / temperature(simulations))
    weights = weights / jnp.sum(weights, axis=-1, keepdims=True)
    values = jax.vmap(partial(_q_of_best_lines, node=mctx.Tree.ROOT_INDEX))(output.search_tree)
    return Plan(nodes.actions, weights, jnp.argmax(jnp.where(visits > 0, values, -jnp.inf), axis=-1))


def _q_of_best_lines(tree: mctx.Tree, node: Int[Array, ""] | int) -> Float[Array, " candidates"]:
    """Q of a node's actions by the best line below each; the node's own best where an action has no visit.

    A node is worth what the network says or what its best action leads to, if that is more: most of its actions are not
    in the tree. A parent has a smaller index than its children.
    """

    def back(step: Int[Array, ""], best: Float[Array, " nodes"]) -> Float[Array, " nodes"]:
        child = len(best) - 1 - step
        parent, action = tree.parents[child], tree.action_from_parent[child]
        through = tree.children_rewards[parent, action] + tree.children_discounts[parent, action] * best[child]
        # Nodes that are not made yet have no parent; writes beyond the end are dropped.
        return best.at[jnp.where(parent >= 0, parent, len(best))].max(through, mode="drop")

    best = jax.lax.fori_loop(0, len(tree.raw_values) - 1, back, tree.raw_values)
    through = tree.children_rewards[node] + tree.children_discounts[node] * best[tree.children_index[node]]
    return jnp.where(tree.children_visits[node] > 0, through, best[node])


def temperature(visits: int) -> float:
    """The paper's tau of a root with `visits` visits: log N / log 100 beyond 100 visits, else 1."""
    return max(1.0, math.log(visits) / math.log(SHARP_VISITS))


def sequential_halving(
    network: AgentNetwork,
    states: State,
    key: PRNGKeyArray,
    sampling: Sampling,
    simulations: int,
    gumbel_scale: float,
    value_scale: float,
) -> Plan:
    """See `plan.Planner`. Sequential halving at the root as in Gumbel MuZero (Danihelka et al. 2022).

    With 16 simulations mctx's defaults solved nothing here; `gumbel_scale` 0, which is no noise, and `value_scale` 1 do
    (measured).
    """
    root_key, search_key = jax.random.split(key)
    expand_fn = partial(expand, sampling=sampling)
    root, nodes = _root(network, states, root_key, expand_fn)
    output = mctx.gumbel_muzero_policy(
        network,
        search_key,
        root,
        _recurrent_fn(expand_fn),
        num_simulations=simulations,
        max_num_considered_actions=sampling.candidates,
        invalid_actions=nodes.is_copy,
        qtransform=partial(mctx.qtransform_completed_by_mix_value, value_scale=value_scale),
        gumbel_scale=gumbel_scale,
    )
    return Plan(nodes.actions, output.action_weights, output.action)
