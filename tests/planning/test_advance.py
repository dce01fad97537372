"""The learned model beside the rules: a rule set by hand is exact, a fresh one learns it, planners take either."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from stages.game.tensor_game import step
from stages.learning.losses import unrolled_loss
from stages.learning.positions import Terms, draw_residuals
from stages.network.dynamics import CellDynamics
from stages.planning.model import advance
from stages.planning.one_ply import one_ply
from stages.planning.plan import Sampling
from tests.agents import agent, untrained
from tests.examples import strassen
from tests.positions import BATCH, HISTORY, draw_states

MOVES = 3
STRASSEN = Terms(jnp.asarray(np.stack([matrix.T for matrix in strassen().factors], axis=1) % 2, jnp.int8), jnp.int32(7))


@pytest.fixture(scope="module")
def networks():
    """A network that foresees by the rules, the same with a learned rule, and with that rule set by hand."""
    exact, learned = (
        untrained(agent("Z2", "1x1x3", history=HISTORY, model=model))
        for model in ({"name": "exact"}, {"name": "learned", "width": 4, "unroll": MOVES})
    )
    # Seen are t, u, v, w as -1 or 1. The hidden features are t, u v w, t u v w (1 where all are 1) and 0; their logit
    # 2 t + 4 uvw - 8 tuvw - 1 is positive where t and u v w differ.
    dynamics = learned.dynamics
    leaves = (
        jnp.array([[1.0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]),
        jnp.array([0.0, -2, -3, 0]),
        jnp.array([[2.0, 4, -8, 0]]) * 20,
        jnp.array([-20.0]),
    )
    by_hand = eqx.tree_at(
        lambda rule: (rule.hidden.weight, rule.hidden.bias, rule.logit.weight, rule.logit.bias), dynamics, leaves
    )
    return exact, learned, eqx.tree_at(lambda network: network.dynamics, learned, by_hand)


def test_a_rule_set_by_hand_is_the_rule_of_the_game(networks):
    exact, learned, by_hand = networks
    states = draw_states(exact.rules, np.random.default_rng(0))
    actions = jnp.asarray(np.random.default_rng(1).integers(0, 2, (BATCH, 3, 3)), jnp.int32)
    expected = jax.vmap(partial(step, rules=exact.rules))(states, actions)
    jax.tree.map(np.testing.assert_array_equal, jax.vmap(partial(advance, by_hand))(states, actions), expected)
    foreseen, _ = jax.vmap(partial(advance, learned))(states, actions)
    assert (foreseen.residual != expected[0].residual).any()


def test_a_planner_plans_alike_in_the_game_and_in_its_model(networks):
    exact, learned, by_hand = networks
    states = draw_states(exact.rules, np.random.default_rng(0))
    plan = jax.jit(partial(one_ply, sampling=Sampling(8, 0.5, 1.0), improved_policy="best"))
    expected, same, other = (plan(network, states, jax.random.key(0)) for network in (exact, by_hand, learned))
    jax.tree.map(np.testing.assert_array_equal, same, expected)
    np.testing.assert_array_equal(other.actions, expected.actions)
    assert (other.choice != expected.choice).any()


def test_moves_in_a_row_lead_from_residual_to_residual():
    keys = jax.random.split(jax.random.key(0), 64)
    actions, residuals = map(np.asarray, jax.vmap(partial(draw_residuals, STRASSEN, moves=MOVES))(keys))
    terms = np.einsum("bti,btj,btk->btijk", *np.moveaxis(actions, 2, 0))
    np.testing.assert_array_equal(residuals[:, 1:], (residuals[:, :-1] + terms) % 2)
    is_zero = ~residuals.any((2, 3, 4))
    assert not is_zero[:, 0].any()
    assert 0 < is_zero[:, -1].mean() < 1  # games that end, and games that go on


def test_the_unrolled_loss_teaches_the_rule(networks):
    *_, by_hand = networks
    optimiser = optax.adam(0.01)

    def loss(rule, key):
        games = jax.vmap(partial(draw_residuals, STRASSEN, moves=MOVES))(jax.random.split(key, 32))
        return jnp.mean(jax.vmap(partial(unrolled_loss, rule))(*games))

    def learn(carry, key):
        rule, state = carry
        gradient = jax.grad(loss)(rule, key)
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(rule, updates), state), None

    rule = CellDynamics(32, MOVES, key=jax.random.key(1))
    keys = jax.random.split(jax.random.key(3), 300)
    (learnt, _), _ = jax.jit(partial(jax.lax.scan, learn))((rule, optimiser.init(rule)), keys)
    measure = jax.jit(loss)
    first, last = (float(measure(one, jax.random.key(2))) for one in (rule, learnt))
    assert last < 0.05 < 0.3 < first
    assert float(measure(by_hand.dynamics, jax.random.key(2))) < 1e-3
