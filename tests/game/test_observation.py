"""The observation: its size, its ranks against the exact algebra, the number of combinations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.algebra.rings import ranks_modulo
from stages.game.observation import combinations, num_features, observe
from stages.game.rules import Rules
from stages.game.tensor_game import start


@pytest.mark.parametrize(
    ("length", "most", "prime", "count"),
    [(4, 4, 2, 15), (4, 1, 2, 4), (4, 4, 3, 40), (9, 2, 2, 9 + 36), (3, 2, 3, 3 + 2 * 3)],
)
def test_number_of_combinations(length, most, prime, count):
    rows = combinations(length, most, prime)
    assert len({tuple(row) for row in rows}) == len(rows) == count
    assert (np.count_nonzero(rows, axis=1) <= most).all()


@pytest.mark.parametrize(("ring", "prime"), [("Z2", 2), ("Z", 3)])
def test_rank_features_are_the_ranks_of_slice_combinations(ring, prime):
    rules, most = Rules(ring, 4, 8), 4
    lowest, above = (0, 2) if ring == "Z2" else (-3, 4)
    residual = np.random.default_rng(0).integers(lowest, above, (4, 4, 4))
    state = start(jnp.asarray(residual), jnp.int32(8), history=0)
    features = np.asarray(jax.jit(lambda state: observe(state, rules, most))(state))
    assert features.shape == (num_features(rules, most, history=0),)
    mix = combinations(4, most, prime)
    expected = [ranks_modulo(np.einsum("cl,lab->cab", mix, np.moveaxis(residual, mode, 0)), prime) for mode in range(3)]
    one_hot = features[-1 - 3 * len(mix) * 5 : -1].reshape(3, len(mix), 5)
    np.testing.assert_array_equal(one_hot.argmax(-1), expected)
    np.testing.assert_array_equal(one_hot.sum(-1), 1)
    assert features[-1] == 1.0  # all 8 of 8 moves are left


def test_a_change_of_basis_of_one_mode_only_permutes_its_ranks():
    rules = Rules("Z2", 4, 8)
    residual = np.random.default_rng(1).integers(0, 2, (4, 4, 4))
    matrix = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]])  # unit triangular: invertible
    changed = np.einsum("xi,ijk->xjk", matrix, residual) % 2

    def ranks(tensor):
        features = jax.jit(lambda t: observe(start(t, jnp.int32(8), history=0), rules, 4))(jnp.asarray(tensor))
        return np.asarray(features)[-1 - 3 * 15 * 5 : -1].reshape(3, 15, 5).argmax(-1)

    before, after = ranks(residual), ranks(changed)
    np.testing.assert_array_equal(np.sort(before[0]), np.sort(after[0]))


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_the_last_actions_are_seen_and_nothing_else_changes(ring):
    rules, most = Rules(ring, 2, 4), 1
    blank = start(jnp.zeros((2, 2, 2), jnp.int32), jnp.int32(3), history=2)
    history = jnp.arange(12, dtype=jnp.int32).reshape(2, 3, 2)
    features = jax.jit(lambda state: observe(state, rules, most))
    before, after = (np.asarray(features(state)) for state in (blank, blank._replace(history=history)))
    assert before.shape == after.shape == (num_features(rules, most, history=2),)
    np.testing.assert_array_equal(after[-13:-1], np.arange(12))
    np.testing.assert_array_equal(np.delete(after, range(-13, -1)), np.delete(before, range(-13, -1)))
    assert after[-1] == 3 / 4  # 3 of at most 4 moves are left
