"""Signed permutations: the game is the same through them, and what a planner says comes back to the state's frame."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.rules import Rules
from stages.game.tensor_game import State, step
from stages.game.tokens import canonical
from stages.planning.permuted import draw_turn, permuted, turn_factors, turn_state
from stages.planning.plan import Plan
from tests.agents import agent, untrained

BATCH, LENGTH, HISTORY = 40, 3, 2


def draw_states(rules, rng):
    lowest = rules.coefficients[0]
    residual = rng.integers(3 * lowest, 3 * rules.coefficients[-1] + 1, (BATCH, LENGTH, LENGTH, LENGTH))
    history = rng.choice(np.array(rules.coefficients), (BATCH, HISTORY, 3, LENGTH))
    residual = residual % 2 if rules.ring == "Z2" else residual
    return State(
        jnp.asarray(residual, jnp.int32),
        jnp.arange(BATCH, dtype=jnp.int32) % 3 + 1,
        jnp.zeros(BATCH, bool),
        jnp.asarray(history, jnp.int32),
    )


@pytest.fixture(scope="module", params=["Z2", "Z"])
def rules(request):
    return Rules(request.param, LENGTH, 8)


@pytest.fixture(scope="module")
def turns(rules):
    return jax.jit(jax.vmap(lambda key: draw_turn(key, rules)))(jax.random.split(jax.random.key(0), BATCH))


def test_turns_are_signed_permutations_of_their_own(rules, turns):
    turns = np.asarray(turns)
    assert turns.shape == (BATCH, 3, LENGTH, LENGTH)
    np.testing.assert_array_equal(np.abs(turns).sum(-1), 1)
    np.testing.assert_array_equal(np.abs(turns).sum(-2), 1)
    assert set(np.unique(turns)) == ({0, 1} if rules.ring == "Z2" else {-1, 0, 1})
    orders = np.abs(turns).argmax(-1).reshape(-1, LENGTH)
    assert len(np.unique(orders, axis=0)) == 6  # of 3 slices, among 120 draws
    assert (orders.reshape(BATCH, 3, LENGTH)[:, 0] != orders.reshape(BATCH, 3, LENGTH)[:, 1]).any()


def terms_of(factors):
    """The rank-one tensors of factors, which do not depend on how signs are spread over u, v and w."""
    return np.einsum("...i,...j,...k->...ijk", *np.moveaxis(np.asarray(factors), -2, 0))


def test_stepping_and_turning_commute(rules, turns):
    states = draw_states(rules, np.random.default_rng(0))
    actions = np.random.default_rng(1).choice(np.array(rules.coefficients), (BATCH, 3, LENGTH))
    actions = jnp.asarray(actions, jnp.int32)

    @jax.jit
    @jax.vmap
    def both(turn, state, action):
        stepped, reward = step(state, action, rules)
        return step(turn_state(turn, state), turn_factors(turn, action), rules), (turn_state(turn, stepped), reward)

    (turned_first, reward), (turned_last, same_reward) = both(turns, states, actions)
    np.testing.assert_array_equal(reward, same_reward)
    for field in ("residual", "moves_left", "is_over"):
        np.testing.assert_array_equal(getattr(turned_first, field), getattr(turned_last, field))
    np.testing.assert_array_equal(terms_of(turned_first.history), terms_of(turned_last.history))
    assert not np.asarray(turned_last.is_over).all()


def test_actions_come_back_through_the_inverse_turn(rules):
    # This planner answers with the history that it is shown, whose terms make up the residual that it is shown.
    network = untrained(agent(rules.ring, "1x1x3", history=HISTORY))
    states = draw_states(rules, np.random.default_rng(0))
    totals = terms_of(states.history).sum(1)
    states = states._replace(residual=jnp.asarray(totals % 2 if rules.ring == "Z2" else totals, jnp.int32))
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
    np.testing.assert_array_equal(seen.residual, totals % 2 if rules.ring == "Z2" else totals)
    is_turned = (np.asarray(seen.residual) != np.asarray(states.residual)).any((1, 2, 3))
    assert is_turned.mean() > 0.5
