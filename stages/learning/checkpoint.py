"""State of a JAX stage as named arrays for `contract.resume`: a pytree of arrays beside JSON notes."""

from __future__ import annotations

import json
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

Tree = TypeVar("Tree")
_NOTES = "notes"


def pack(tree: object, notes: dict) -> dict[str, np.ndarray]:
    """Leaves of `tree` by their path, and `notes` as bytes of JSON."""
    leaves = {
        jax.tree_util.keystr(place): np.asarray(leaf) for place, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }
    return leaves | {_NOTES: np.frombuffer(json.dumps(notes).encode(), np.uint8)}


def unpack(saved: dict[str, np.ndarray], like: Tree) -> tuple[Tree, dict]:
    """A tree shaped like `like`, on the device, and the notes. NumPy leaves of `like` come back as NumPy."""

    def restore(place: tuple, leaf: object) -> object:
        value = saved[jax.tree_util.keystr(place)]
        return value if isinstance(leaf, np.ndarray) else jnp.asarray(value)

    notes = json.loads(saved[_NOTES].tobytes())
    return jax.tree_util.tree_map_with_path(restore, like), notes
