"""Signed permutations: the game is the same through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.rules import Rules
from stages.game.signed_permutations import draw_signed_permutation, permute_actions, permute_state
from stages.game.tensor_game import step
from stages.game.tokens import canonical
from tests.positions import BATCH, HISTORY, LENGTH, draw_states


@pytest.fixture(scope="module", params=["Z2", "Z"])
def rules(request):
    return Rules(request.param, LENGTH, 8)


@pytest.fixture(scope="module")
def permutations(rules):
    return jax.jit(jax.vmap(lambda key: draw_signed_permutation(key, rules)))(
        jax.random.split(jax.random.key(0), BATCH)
    )


def test_they_are_signed_permutations_of_their_own(rules, permutations):
    permutations = np.asarray(permutations)
    assert permutations.shape == (BATCH, 3, LENGTH, LENGTH)
    np.testing.assert_array_equal(np.abs(permutations).sum(-1), 1)
    np.testing.assert_array_equal(np.abs(permutations).sum(-2), 1)
    assert set(np.unique(permutations)) == ({0, 1} if rules.ring == "Z2" else {-1, 0, 1})
    orders = np.abs(permutations).argmax(-1).reshape(-1, LENGTH)
    assert len(np.unique(orders, axis=0)) == 6  # of 3 slices, among 120 draws
    assert (orders.reshape(BATCH, 3, LENGTH)[:, 0] != orders.reshape(BATCH, 3, LENGTH)[:, 1]).any()


def test_stepping_and_permuting_commute(rules, permutations):
    states = draw_states(rules, np.random.default_rng(0))
    actions = np.random.default_rng(1).choice(np.array(rules.coefficients), (BATCH, 3, LENGTH))
    actions = jnp.asarray(actions, jnp.int32)

    @jax.jit
    @jax.vmap
    def both(permutation, state, action):
        stepped, reward = step(state, action, rules)
        (permuted,) = permute_actions(permutation, action[None])
        return step(permute_state(permutation, state), permuted, rules), (permute_state(permutation, stepped), reward)

    permuted_first, permuted_last = both(permutations, states, actions)
    jax.tree.map(np.testing.assert_array_equal, permuted_first, permuted_last)
    assert not np.asarray(permuted_last[0].is_over).all()


def test_what_was_played_stays_canonical(rules, permutations):
    # The network has seen no other history: over Z signs would change u or v of most actions.
    history = jax.vmap(jax.vmap(canonical))(draw_states(rules, np.random.default_rng(0)).history)
    states = draw_states(rules, np.random.default_rng(0))._replace(history=history.at[:, -1].set(0))
    permuted = np.asarray(jax.vmap(permute_state)(permutations, states).history)
    np.testing.assert_array_equal(permuted, jax.vmap(jax.vmap(canonical))(permuted))
    assert not permuted[:, -1].any()  # a move that was not made
    assert (permuted[:, 0] != np.asarray(history)[:, 0]).any((1, 2)).mean() > 0.5
    assert permuted.shape == (BATCH, HISTORY, 3, LENGTH)


def test_a_network_without_history_has_nothing_to_permute(rules, permutations):
    states = draw_states(rules, np.random.default_rng(0))
    blank = states._replace(history=states.history[:, :0])
    assert jax.vmap(permute_state)(permutations, blank).history.shape == (BATCH, 0, 3, LENGTH)
