"""The light torso: a residual MLP on the observation. Small enough that a CPU can feed it."""

from __future__ import annotations

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray


class Block(eqx.Module):
    """x + W2 relu(W1 norm(x))."""

    norm: eqx.nn.LayerNorm
    widen: eqx.nn.Linear
    narrow: eqx.nn.Linear

    def __init__(self, width: int, *, key: PRNGKeyArray) -> None:
        widen_key, narrow_key = jax.random.split(key)
        self.norm = eqx.nn.LayerNorm(width)
        self.widen = eqx.nn.Linear(width, width, key=widen_key)
        self.narrow = eqx.nn.Linear(width, width, key=narrow_key)

    def __call__(self, x: Float[Array, " width"]) -> Float[Array, " width"]:
        return x + self.narrow(jax.nn.relu(self.widen(self.norm(x))))


class Torso(eqx.Module):
    """Observation to an embedding of the position."""

    embed: eqx.nn.Linear
    blocks: tuple[Block, ...]
    norm: eqx.nn.LayerNorm

    def __init__(self, num_features: int, width: int, num_blocks: int, *, key: PRNGKeyArray) -> None:
        embed_key, *block_keys = jax.random.split(key, num_blocks + 1)
        self.embed = eqx.nn.Linear(num_features, width, key=embed_key)
        self.blocks = tuple(Block(width, key=block_key) for block_key in block_keys)
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, features: Float[Array, " features"]) -> Float[Array, " width"]:
        x = self.embed(features)
        for block in self.blocks:
            x = block(x)
        return jax.nn.relu(self.norm(x))
