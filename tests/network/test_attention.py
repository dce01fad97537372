"""The paper's torso: cells of the grids, sets along shared modes, no order beyond the input maps, everything alive."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.network.attention import AttentionTorso, SelfAttention, attentive_modes, fibres
from tests.agents import filled

LENGTH, HISTORY, WIDTH, BLOCKS = 3, 2, 32, 1

embed = jax.jit(lambda network, tensors, scalars: network(tensors, scalars))


def skeleton(length=LENGTH, history=HISTORY, width=WIDTH, blocks=BLOCKS):
    return jax.eval_shape(lambda: AttentionTorso(length, history, width, blocks, head_size=16, key=jax.random.key(0)))


def position():
    tensors = np.random.default_rng(1).integers(-1, 2, (HISTORY + 1, LENGTH, LENGTH, LENGTH))
    return jnp.asarray(tensors, jnp.float32), jnp.array([0.5])


def order_blind(network):
    """The same torso, but each input map sums the fibre of each tensor, and all cells of the planes are one number."""

    def blind(weight):
        by_tensor = weight[:, :-1].reshape(WIDTH, HISTORY + 1, LENGTH)
        mean = jnp.broadcast_to(by_tensor.mean(-1, keepdims=True), by_tensor.shape)
        return jnp.concatenate([mean.reshape(WIDTH, -1), weight[:, -1:]], axis=1)

    flat = jax.tree.map(lambda leaf: jnp.full_like(leaf, leaf.mean()), network.planes)
    inputs = tuple(eqx.tree_at(lambda linear: linear.weight, linear, blind(linear.weight)) for linear in network.inputs)
    return eqx.tree_at(lambda whole: (whole.planes, whole.inputs), network, (flat, inputs))


# Widths 8 and 40 are not made of whole heads.
@pytest.mark.parametrize(("length", "history", "width", "blocks"), [(4, 0, 64, 2), (3, 2, 8, 1), (9, 7, 40, 0)])
def test_embedding_is_a_float32_vector(length, history, width, blocks):
    network = skeleton(length, history, width, blocks)
    assert {leaf.dtype for leaf in jax.tree.leaves(network)} == {jnp.dtype("float32")}
    tensors = jax.ShapeDtypeStruct((history + 1, length, length, length), jnp.float32)
    embedding = jax.eval_shape(embed, network, tensors, jax.ShapeDtypeStruct((1,), jnp.float32))
    assert (embedding.shape, embedding.dtype) == ((width,), jnp.float32)


def test_a_batch_changes_nothing():
    network, (tensors, scalars) = filled(skeleton()), position()
    batch = tensors * jnp.array([1.0, 2.0, 0.0])[:, None, None, None, None]
    embeddings = jax.jit(jax.vmap(network, in_axes=(0, None)))(batch, scalars)
    for row in range(3):
        np.testing.assert_allclose(embeddings[row], embed(network, batch[row], scalars), rtol=1e-4, atol=1e-5)
    assert np.asarray(embeddings).std(0).max() > 1e-2


def test_cells_hold_the_fibres_along_the_missing_mode():
    tensors = jnp.arange(2 * 27, dtype=jnp.float32).reshape(2, 3, 3, 3)
    cells = fibres(tensors)
    np.testing.assert_array_equal(cells[0, 1, 2], tensors[:, 1, 2, :].reshape(-1))  # u = 1, v = 2
    np.testing.assert_array_equal(cells[1, 1, 2], tensors[:, 2, :, 1].reshape(-1))  # w = 1, u = 2
    np.testing.assert_array_equal(cells[2, 1, 2], tensors[:, :, 1, 2].reshape(-1))  # v = 1, w = 2
    # A cyclic transposition of the tensors moves whole grids.
    np.testing.assert_array_equal(fibres(tensors.transpose(0, 3, 1, 2)), np.roll(cells, -1, axis=0))


def test_attention_sees_a_set_through_heads_of_the_size_given():
    network = jax.eval_shape(lambda: SelfAttention(40, 16, key=jax.random.key(0)))
    assert network.queries_keys_values.weight.shape == (3 * 2 * 16, 40)
    assert skeleton(width=8).blocks[0].merge.weight.shape == (8, 16)
    attention = jax.jit(filled(network).__call__)
    elements = jnp.asarray(np.random.default_rng(1).normal(size=(6, 40)), jnp.float32)
    order = np.array([3, 0, 5, 1, 4, 2])
    np.testing.assert_allclose(attention(elements[order]), attention(elements)[order], rtol=1e-4, atol=1e-5)
    change = np.abs(attention(elements.at[2, 0].add(1.0)) - attention(elements)).max(-1)
    assert change.min() > 1e-4


def test_a_block_joins_grids_along_the_mode_they_share():
    # Cell v = 1, w = 2 of the third grid (V, W) changes. The first stage leaves that grid out; the second joins its
    # row v = 1 with column v = 1 of the first grid (U, V), whose last stage this is; the third spreads it over every w.
    block = jax.jit(partial(attentive_modes, filled(skeleton()).blocks[0]))
    grids = jnp.asarray(np.random.default_rng(1).normal(size=(3, LENGTH, LENGTH, WIDTH)), jnp.float32)
    change = np.abs(block(grids.at[2, 1, 2, 0].add(1.0)) - block(grids)).max(-1)
    assert change[0, :, 1].min() > 1e-4
    assert change[0, :, [0, 2]].max() == 0
    assert change[1:].min() > 1e-5


def test_no_order_of_slices_beyond_the_input_maps():
    whole, (tensors, scalars) = filled(skeleton()), position()
    blind = order_blind(whole)
    u, v, w = np.ix_([1, 2, 0], [0, 2, 1], [2, 1, 0])  # another permutation for each mode
    permuted = tensors[:, u, v, w]
    expected = embed(blind, tensors, scalars)
    np.testing.assert_allclose(embed(blind, permuted, scalars), expected, rtol=1e-4, atol=1e-5)
    # It still tells positions apart, and the torso with its own input maps does see the order.
    assert np.abs(embed(blind, tensors.at[0, 0, 0, 0].add(1.0), scalars) - expected).max() > 1e-3
    assert np.abs(embed(whole, permuted, scalars) - embed(whole, tensors, scalars)).max() > 1e-3


def test_every_input_and_every_weight_counts():
    network, (tensors, scalars) = filled(skeleton()), position()
    weights = jnp.asarray(np.random.default_rng(2).normal(size=WIDTH), jnp.float32)
    slopes = jax.jit(jax.grad(lambda inputs: weights @ embed(*inputs)))((network, tensors, scalars))
    assert np.abs(slopes[1]).min() > 1e-6  # each entry of the residual and of each played tensor
    for place, leaf in jax.tree_util.tree_leaves_with_path(slopes):
        assert np.isfinite(leaf).all(), jax.tree_util.keystr(place)
        assert np.abs(leaf).max() > 1e-6, jax.tree_util.keystr(place)
