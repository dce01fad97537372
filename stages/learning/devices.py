"""Games and batches over all devices that JAX shows: each holds the network and an even part of the rows."""

from __future__ import annotations

from typing import TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from stages.errors import TrainingError

Tree = TypeVar("Tree")


def spread(rows: Tree, axis: int = 0) -> Tree:
    """The same arrays, split along one axis; within `jax.jit` all that is computed from them is split alike.

    On one device nothing changes. On several, sums over a batch are added in another order, so that bits depend on
    their number; a game by itself is played as on one.

    Raises:
      TrainingError: the devices do not divide the length of the axis.
    """
    devices = jax.devices()
    if len(devices) == 1:
        return rows
    length = jax.tree.leaves(rows)[0].shape[axis]
    if length % len(devices):
        raise TrainingError(
            f"games, batches and positions searched again: expected multiples of the {len(devices)} devices that JAX "
            f"shows, got {length}"
        )
    sharding = NamedSharding(Mesh(np.array(devices), ("rows",)), PartitionSpec(*[None] * axis, "rows"))
    return jax.tree.map(lambda array: jax.lax.with_sharding_constraint(array, sharding), rows)
