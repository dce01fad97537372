"""What a planner says about a state behind a signed permutation comes back to the state's frame."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.tokens import canonical
from stages.planning.permuted import permuted
from stages.planning.plan import Plan
from tests.agents import agent, untrained
from tests.positions import BATCH, HISTORY, draw_states, terms_of


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_actions_come_back_through_the_inverse_permutation(ring):
    # This planner answers with the history that it is shown, whose terms make up the residual that it is shown.
    network = untrained(agent(ring, "1x1x3", history=HISTORY))
    rules = network.rules
    states = draw_states(rules, np.random.default_rng(0))
    totals = terms_of(states.history).sum(1)
    states = states._replace(residual=jnp.asarray(totals % 2 if ring == "Z2" else totals, jnp.int32))
    shown = []

    def oracle(network, states, key):
        shown.append(states)
        weights = jnp.full((BATCH, HISTORY), 1 / HISTORY)
        return Plan(states.history, weights, jnp.ones(BATCH, jnp.int32))

    plan = permuted(oracle, network, states, jax.random.key(0))
    expected = jax.vmap(jax.vmap(canonical))(states.history)
    np.testing.assert_array_equal(plan.actions, expected)
    np.testing.assert_array_equal(plan.choice, 1)

    (seen,) = shown
    totals = terms_of(seen.history).sum(1)
    np.testing.assert_array_equal(seen.residual, totals % 2 if ring == "Z2" else totals)
    is_permuted = (np.asarray(seen.residual) != np.asarray(states.residual)).any((1, 2, 3))
    assert is_permuted.mean() > 0.5
