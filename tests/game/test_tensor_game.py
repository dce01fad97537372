"""Rules of the game: known schemes played to the end, laws of the return, the bound on the residual's rank."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import TypeCheckError

from stages.algebra.targets import parse_size
from stages.game.rules import Rules, rules_for
from stages.game.tensor_game import State, rank_bound, start, step
from tests.examples import strassen

TARGET = parse_size("2x2x2").target.tensor


STEP = jax.jit(step, static_argnames="rules")


def test_a_wrong_shape_is_refused_wherever_shapes_are_named():
    """Not by the rules, but by what conftest.py installs for all tests."""
    with pytest.raises(TypeCheckError, match="target"):
        start(jnp.zeros((4, 4, 5), jnp.int32), jnp.int32(8), 0)


def _play(terms, ring, limit, history=0):
    rules = rules_for(ring, "2x2x2")
    state, total, states = start(jnp.asarray(TARGET), jnp.int32(limit), history), 0.0, []
    for action in terms:
        state, reward = STEP(state, jnp.asarray(action), rules)
        total += float(reward)
        states.append(state)
    return state, total, states


def _strassen_terms(ring):
    factors = strassen().factors
    terms = np.stack([matrix.T for matrix in factors], axis=1)  # [7, 3, 4]
    return terms % 2 if ring == "Z2" else terms


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_strassen_played_ends_the_game_with_return_minus_seven(ring):
    state, total, states = _play(_strassen_terms(ring), ring, limit=8)
    assert bool(state.is_over)
    assert not np.asarray(state.residual).any()
    assert total == -7.0
    assert not any(bool(earlier.is_over) for earlier in states[:-1])


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_moves_after_the_end_change_nothing_and_cost_nothing(ring):
    terms = _strassen_terms(ring)
    state, _, _ = _play(terms, ring, limit=8)
    after, reward = STEP(state, jnp.asarray(terms[0]), rules_for(ring, "2x2x2"))
    assert float(reward) == 0.0
    jax.tree.map(np.testing.assert_array_equal, after, state)


def test_the_limit_charges_the_bound_with_a_negative_sign():
    # After 6 of Strassen's 7 terms one rank-one tensor is left; each of its slices has rank 0 or 1.
    terms = _strassen_terms("Z")
    state, total, _ = _play(terms[:6], "Z", limit=6)
    left = np.einsum("i,j,k->ijk", *terms[6])
    bound = min(sum(np.linalg.matrix_rank(part) for part in np.moveaxis(left, mode, 0)) for mode in range(3))
    assert bool(state.is_over)
    assert bound >= 1
    assert total == -6.0 - bound


def test_residual_is_the_target_less_the_terms_played():
    terms = _strassen_terms("Z")[:3]
    state, _, _ = _play(terms, "Z", limit=8)
    expected = TARGET - np.einsum("ri,rj,rk->ijk", terms[:, 0], terms[:, 1], terms[:, 2])
    np.testing.assert_array_equal(state.residual, expected)
    modulo_two, _, _ = _play(terms % 2, "Z2", limit=8)
    np.testing.assert_array_equal(modulo_two.residual, expected % 2)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_history_holds_the_last_actions_newest_first(ring):
    terms = _strassen_terms(ring)
    final, _, states = _play(terms, ring, limit=8, history=3)
    assert not np.asarray(start(jnp.asarray(TARGET), jnp.int32(8), 3).history).any()
    for played, state in enumerate(states, start=1):
        newest = np.zeros((3, 3, 4), int)
        newest[: min(played, 3)] = terms[:played][::-1][:3]
        np.testing.assert_array_equal(state.history, newest)
    after, _ = STEP(final, jnp.asarray(terms[0]), rules_for(ring, "2x2x2"))
    np.testing.assert_array_equal(after.history, final.history)  # the game is over


def test_the_core_gives_the_axes_and_the_longest_game():
    # 2x3x4: modes 6, 12, 8 and 24 products.
    assert rules_for("Z2", "2x3x4") == Rules("Z2", 12, 24)


@pytest.mark.parametrize(("ring", "expected"), [("Z2", 8), ("Z", 8)])
def test_bound_of_the_matmul_tensor_is_its_naive_rank(ring, expected):
    # Each of the 4 slices of the 2x2x2 tensor is a 0/1 matrix of rank 2, along every mode.
    bound = jax.jit(rank_bound, static_argnames="rules")
    assert float(bound(jnp.asarray(TARGET, jnp.int32), rules_for(ring, "2x2x2"))) == expected


def test_a_zero_target_is_over_at_once():
    assert bool(start(jnp.zeros((4, 4, 4), jnp.int32), jnp.int32(8), history=0).is_over)


def test_step_is_the_same_jitted_and_batched():
    rules = Rules("Z", 2, 8)
    rng = np.random.default_rng(0)
    residuals = jnp.asarray(rng.integers(-3, 4, (5, 2, 2, 2)), jnp.int32)
    actions = jnp.asarray(rng.integers(-2, 3, (5, 3, 2)), jnp.int32)
    states = State(residuals, jnp.arange(5) + 1, jnp.zeros(5, bool), jnp.zeros((5, 2, 3, 2), jnp.int32))
    batched, rewards = jax.jit(jax.vmap(partial(step, rules=rules)))(states, actions)
    row = 0  # one unjitted row: the limit ends its game, and it is slow
    single, reward = step(State(*(field[row] for field in states)), actions[row], rules)
    assert float(reward) == float(rewards[row])
    jax.tree.map(np.testing.assert_array_equal, single, State(*(field[row] for field in batched)))
