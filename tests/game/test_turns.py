"""Signed permutations: the game is the same through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.rules import Rules
from stages.game.tensor_game import step
from stages.game.tokens import canonical
from stages.game.turns import draw_turn, turn_actions, turn_state
from tests.positions import BATCH, HISTORY, LENGTH, draw_states


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


def test_stepping_and_turning_commute(rules, turns):
    states = draw_states(rules, np.random.default_rng(0))
    actions = np.random.default_rng(1).choice(np.array(rules.coefficients), (BATCH, 3, LENGTH))
    actions = jnp.asarray(actions, jnp.int32)

    @jax.jit
    @jax.vmap
    def both(turn, state, action):
        stepped, reward = step(state, action, rules)
        (turned,) = turn_actions(turn, action[None])
        return step(turn_state(turn, state), turned, rules), (turn_state(turn, stepped), reward)

    turned_first, turned_last = both(turns, states, actions)
    jax.tree.map(np.testing.assert_array_equal, turned_first, turned_last)
    assert not np.asarray(turned_last[0].is_over).all()


def test_what_was_played_stays_canonical(rules, turns):
    # The network has seen no other history: over Z signs would turn u or v of most actions.
    history = jax.vmap(jax.vmap(canonical))(draw_states(rules, np.random.default_rng(0)).history)
    states = draw_states(rules, np.random.default_rng(0))._replace(history=history.at[:, -1].set(0))
    turned = np.asarray(jax.vmap(turn_state)(turns, states).history)
    np.testing.assert_array_equal(turned, jax.vmap(jax.vmap(canonical))(turned))
    assert not turned[:, -1].any()  # a move that was not made
    assert (turned[:, 0] != np.asarray(history)[:, 0]).any((1, 2)).mean() > 0.5
    assert turned.shape == (BATCH, HISTORY, 3, LENGTH)


def test_a_network_without_history_has_nothing_to_turn(rules, turns):
    states = draw_states(rules, np.random.default_rng(0))
    blank = states._replace(history=states.history[:, :0])
    assert jax.vmap(turn_state)(turns, blank).history.shape == (BATCH, 0, 3, LENGTH)
