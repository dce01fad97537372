"""The paper's torso: attention over three grids of fibres (AlphaTensor, Methods and Extended Data 3-4).

Kept: one grid per pair of modes, from the three cyclic transpositions of the tensors; a cell's feature is the fibre
along the missing mode over all tensors, beside a plane projected from the scalars; blocks of three stages, one per pair
of grids, with axial attention along the mode they share; pre-norm transformer layers whose MLP widens 4 times. Changed:
one pooled embedding, and heads of `head_size` features. Weights, whose sharing the main text leaves open: one input map
per grid, one attention for all rows and stages of a block.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

# Modes (U, V, W = 0, 1, 2) along the rows, the columns and the fibres of each grid.
_GRIDS = ((0, 1, 2), (2, 0, 1), (1, 2, 0))
# Pairs of grids, one per stage of a block: the rows of the first and the columns of the second are the same mode.
_PAIRS = ((0, 1), (2, 0), (1, 2))

_WIDENING = 4
_NUM_SCALARS = 1  # the share of moves left


def fibres(tensors: Float[Array, "tensors s s s"]) -> Float[Array, "3 s s tensors*s"]:
    """The cells of the three grids: the fibres of all tensors along the mode the grid lacks."""
    length = tensors.shape[1]
    transposed = [tensors.transpose(1 + rows, 1 + columns, 0, 1 + along) for rows, columns, along in _GRIDS]
    return jnp.stack(transposed).reshape(3, length, length, -1)


def _each(linear: eqx.nn.Linear, x: Float[Array, "*sets inputs"]) -> Float[Array, "*sets outputs"]:
    """`linear` on the last axis, as one matrix product: a third faster than nested vmaps of it on a CPU (measured)."""
    return x @ linear.weight.T + linear.bias


class SelfAttention(eqx.Module):
    """One transformer layer on a set of elements: x + attention(norm(x)), then x + MLP(norm(x))."""

    attention_norm: eqx.nn.LayerNorm
    queries_keys_values: eqx.nn.Linear
    merge: eqx.nn.Linear
    mlp_norm: eqx.nn.LayerNorm
    widen: eqx.nn.Linear
    narrow: eqx.nn.Linear
    head_size: int = eqx.field(static=True)

    def __init__(self, width: int, head_size: int, *, key: PRNGKeyArray) -> None:
        qkv_key, merge_key, widen_key, narrow_key = jax.random.split(key, 4)
        heads_size = max(1, width // head_size) * head_size
        self.head_size = head_size
        self.attention_norm = eqx.nn.LayerNorm(width)
        # No bias: that of the keys would cancel in the softmax.
        self.queries_keys_values = eqx.nn.Linear(width, 3 * heads_size, use_bias=False, key=qkv_key)
        self.merge = eqx.nn.Linear(heads_size, width, key=merge_key)
        self.mlp_norm = eqx.nn.LayerNorm(width)
        self.widen = eqx.nn.Linear(width, _WIDENING * width, key=widen_key)
        self.narrow = eqx.nn.Linear(_WIDENING * width, width, key=narrow_key)

    def __call__(self, x: Float[Array, "elements width"]) -> Float[Array, "elements width"]:
        projected = jax.vmap(self.attention_norm)(x) @ self.queries_keys_values.weight.T
        split = projected.reshape(len(x), 3, -1, self.head_size)  # [elements, 3, heads, head size]
        mixed = jax.nn.dot_product_attention(split[:, 0], split[:, 1], split[:, 2])
        x = x + _each(self.merge, mixed.reshape(len(x), -1))
        return x + _each(self.narrow, jax.nn.gelu(_each(self.widen, jax.vmap(self.mlp_norm)(x))))


def attentive_modes(attention: SelfAttention, grids: Float[Array, "3 s s width"]) -> Float[Array, "3 s s width"]:
    """One block: joins each pair of grids along its shared mode, for S independent attentions over 2S cells each."""
    cells = list(grids)
    for first, second in _PAIRS:
        joined = jnp.concatenate([cells[first], cells[second].swapaxes(0, 1)], axis=1)  # [S, 2S, width]
        rows, columns = jnp.split(jax.vmap(attention)(joined), 2, axis=1)
        cells[first], cells[second] = rows, columns.swapaxes(0, 1)
    return jnp.stack(cells)


class AttentionTorso(eqx.Module):
    """Tensors and scalars to an embedding of the position. All leaves are float32 arrays.

    The pooling deviates: the paper's policy decoder cross-attends to the 3 S^2 cells, here the heads read one vector,
    the mean of the normed cells mapped once more. Attention and pooling see sets; the order of slices enters only
    through `planes` (scalars to one number a cell) and `inputs` (per grid, fibres and plane to the width).
    """

    planes: eqx.nn.Linear
    inputs: tuple[eqx.nn.Linear, ...]
    blocks: tuple[SelfAttention, ...]
    norm: eqx.nn.LayerNorm
    pool: eqx.nn.Linear

    def __init__(
        self, length: int, history: int, width: int, num_blocks: int, head_size: int, *, key: PRNGKeyArray
    ) -> None:
        planes_key, inputs_key, blocks_key, pool_key = jax.random.split(key, 4)
        cell_size = (history + 1) * length + 1
        self.planes = eqx.nn.Linear(_NUM_SCALARS, len(_GRIDS) * length**2, key=planes_key)
        self.inputs = tuple(eqx.nn.Linear(cell_size, width, key=k) for k in jax.random.split(inputs_key, len(_GRIDS)))
        self.blocks = tuple(SelfAttention(width, head_size, key=k) for k in jax.random.split(blocks_key, num_blocks))
        self.norm = eqx.nn.LayerNorm(width)
        self.pool = eqx.nn.Linear(width, width, key=pool_key)

    def __call__(
        self, tensors: Float[Array, "tensors s s s"], scalars: Float[Array, " scalars"]
    ) -> Float[Array, " width"]:
        """Embeds one position.

        Args:
          tensors: the residual, then the last `history` rank-one tensors played.
          scalars: the share of moves left.
        """
        cells = fibres(tensors)  # [3, S, S, tensors * S]
        cells = jnp.concatenate([cells, self.planes(scalars).reshape(*cells.shape[:3], 1)], axis=-1)
        grids = jnp.stack([_each(embed, grid) for embed, grid in zip(self.inputs, cells, strict=True)])
        for attention in self.blocks:
            grids = attentive_modes(attention, grids)
        pooled = jax.vmap(self.norm)(grids.reshape(-1, grids.shape[-1])).mean(axis=0)
        return jax.nn.relu(self.pool(pooled))
