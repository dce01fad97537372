"""The network in spans: its distributions are over the vectors of a mode, and turn with the basis."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.support import compress_all, pack
from stages.network.spans import _turn
from tests.agents import span_agent, untrained
from tests.spans import policy


def turned(matrices, tensor):
    return np.einsum("ai,bj,ck,ijk->abc", *matrices, tensor) % 2


def unimodular(rng, dims):
    lower, upper = (np.tril(rng.integers(0, 2, (dims, dims)), -1) + np.eye(dims, dtype=int) for _ in range(2))
    return (lower @ upper.T % 2)[rng.permutation(dims)]


def places(matrix):
    """Where a change of basis takes each vector."""
    dims = len(matrix)
    return (np.arange(2**dims)[:, None] >> np.arange(dims) & 1) @ matrix.T % 2 @ (1 << np.arange(dims))


@pytest.mark.parametrize("symmetry", ["none", "cyclic"])
def test_the_policy_turns_with_the_basis(symmetry):
    rng = np.random.default_rng(0)
    network = untrained(span_agent("2x2x2", symmetry=symmetry))
    terms = np.concatenate([np.eye(4, dtype=int)[:, None].repeat(3, axis=1), rng.integers(0, 2, (3, 3, 4))])
    if symmetry == "cyclic":
        terms = np.concatenate([np.roll(terms, turn, axis=1) for turn in range(3)])
        matrices = [unimodular(rng, 4)] * 3
    else:
        matrices = [unimodular(rng, 4) for _ in range(3)]
    tensor = np.einsum("ri,rj,rk->ijk", *np.moveaxis(terms, 1, 0)) % 2
    assert (compress_all(pack(tensor)[None])[0] == 4).all()
    moved = [places(matrix) for matrix in matrices]
    before = policy(network, tensor, 3, 6)
    after = policy(network, turned(matrices, tensor), moved[0][3], moved[1][6])
    for mode in range(3):
        assert np.exp(before[mode]).sum() == pytest.approx(1, abs=1e-5)
        assert np.exp(before[mode][0]) == 0
        assert np.ptp(before[mode][1:16]) > 1e-3
        assert np.exp(before[mode][16:]).max() == 0
        np.testing.assert_allclose(after[mode][moved[mode]], before[mode][:16], atol=1e-3)
    np.testing.assert_allclose(after[3], before[3], rtol=1e-4)


def test_vectors_beyond_the_dimensions_of_a_mode_are_never_chosen():
    network = untrained(span_agent("2x2x2"))
    tensor = np.zeros((4, 3, 2), int)
    tensor[[0, 1, 2, 3], [0, 1, 2, 0], [0, 0, 1, 1]] = 1
    first, second, third, *_ = policy(network, tensor, 1, 1)
    assert np.exp(first[1:16]).min() > 0
    assert np.exp(second[8:]).max() == 0
    assert np.exp(third[4:]).max() == 0


def test_the_gradient_of_turned_vectors_is_that_of_a_gather():
    rng = np.random.default_rng(0)
    table, weights = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((8, 3), (8, 2, 3)))
    places = jnp.arange(8)[:, None] ^ jnp.array([0, 5])

    def gradient(take):
        return jax.grad(lambda given: jnp.sum(weights * take(given)))(table)

    plain, turned = (gradient(lambda given, take=take: take(given, places)) for take in (lambda t, p: t[p], _turn))
    np.testing.assert_allclose(turned, plain, rtol=1e-6)
