"""Planning through a random signed permutation of the slices (AlphaTensor, Methods, «Data augmentation»).

The network need not know: each state is shown through a random one, and the candidates are taken back. One is drawn
per state and move, so all queries of one search share it (the paper draws one of 100 per query).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from stages.game.signed_permutations import draw_signed_permutation, permute_actions, permute_state
from stages.game.tensor_game import State
from stages.network.agent import AgentNetwork
from stages.planning.plan import Plan, Planner


def permuted(planner: Planner, network: AgentNetwork, states: State, key: PRNGKeyArray) -> Plan:
    """`planner`, asked about permuted states."""
    permutation_key, plan_key = jax.random.split(key)
    keys = jax.random.split(permutation_key, states.is_over.shape[0])
    permutations = jax.vmap(lambda key: draw_signed_permutation(key, network.rules))(keys)
    plan = planner(network, jax.vmap(permute_state)(permutations, states), plan_key)
    back = jnp.swapaxes(permutations, -1, -2)  # the inverse of a signed permutation
    return plan._replace(actions=jax.vmap(permute_actions)(back, plan.actions))
