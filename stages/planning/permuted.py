"""Planning through a random signed permutation of the slices (AlphaTensor, Methods, «Data augmentation»).

TensorGame is the same game after a permutation of each axis, over Z with signs too. The network need not know: each
state is shown through a random one, and the candidates are turned back. One is drawn per state and move, so all
queries of one search share it (the paper draws one of 100 per query).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from stages.game.rules import Rules
from stages.game.tensor_game import State
from stages.game.tokens import canonical
from stages.network.agent import AgentNetwork
from stages.planning.plan import Plan, Planner


def permuted(planner: Planner, network: AgentNetwork, states: State, key: PRNGKeyArray) -> Plan:
    """`planner`, asked about permuted states."""
    turn_key, plan_key = jax.random.split(key)
    keys = jax.random.split(turn_key, states.is_over.shape[0])
    turns = jax.vmap(lambda key: draw_turn(key, network.rules))(keys)
    plan = planner(network, jax.vmap(turn_state)(turns, states), plan_key)
    back = jnp.swapaxes(turns, -1, -2)  # the inverse of a signed permutation
    actions = jax.vmap(lambda turn, actions: jax.vmap(canonical)(turn_factors(turn, actions)))(back, plan.actions)
    return plan._replace(actions=actions)


def draw_turn(key: PRNGKeyArray, rules: Rules) -> Int[Array, "3 s s"]:
    """A uniform signed permutation matrix for each mode; without signs over Z2, where they say nothing."""
    order_key, sign_key = jax.random.split(key)
    orders = jax.vmap(lambda key: jax.random.permutation(key, rules.length))(jax.random.split(order_key, 3))
    signs = jax.random.rademacher(sign_key, (3, rules.length, 1), jnp.int32) if rules.ring == "Z" else 1
    return jax.nn.one_hot(orders, rules.length, dtype=jnp.int32) * signs


def turn_factors(turn: Int[Array, "3 s s"], factors: Int[Array, "*any 3 s"]) -> Int[Array, "*any 3 s"]:
    """The factors of each mode through its matrix."""
    return jnp.einsum("mts,...ms->...mt", turn, factors)


def turn_state(turn: Int[Array, "3 s s"], state: State) -> State:
    """The position through the matrices of the three modes."""
    residual = jnp.einsum("ai,bj,ck,ijk->abc", *turn, state.residual)
    return state._replace(residual=residual, history=turn_factors(turn, state.history))
