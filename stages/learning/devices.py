"""Games and batches over all devices that JAX shows: each holds the network and an even part of the rows.

The devices may be those of several processes, on one host or on several. Then each process runs the whole stage: what
the host computes is the same in all of them, by the same keys, and the first process alone writes.
"""

from __future__ import annotations

import os
from typing import TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from stages.errors import TrainingError
from stages.params.agents import Agent, SpanAgent

Tree = TypeVar("Tree")


def join(agent: Agent) -> bool:
    """Joins the processes that `srun` has started as one step, if any; says whether this one is the first of them.

    Call it before JAX is asked for devices. JAX reads the rest of SLURM's variables.

    Raises:
      TrainingError: several processes, and an agent whose games and batches are not split.
    """
    processes = int(os.environ.get("SLURM_STEP_NUM_TASKS", 1))
    if processes == 1:
        return True
    if isinstance(agent, SpanAgent):
        raise TrainingError(f"processes of this step: expected 1 for an agent in spans, got {processes}")
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM for itself
    jax.distributed.initialize()
    return jax.process_index() == 0


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
    return _placed(rows, PartitionSpec(*[None] * axis, "rows"))


def gather(results: Tree) -> Tree:
    """What is computed from spread rows within `jax.jit`, whole on every device: so each process can read it."""
    return results if jax.device_count() == 1 else _placed(results, PartitionSpec())


def everywhere(state: Tree) -> Tree:
    """The same arrays on every device, as `gather` gives them back: so nothing is compiled for both."""
    return state if jax.device_count() == 1 else jax.jit(gather)(state)


def _placed(arrays: Tree, spec: PartitionSpec) -> Tree:
    sharding = NamedSharding(Mesh(np.array(jax.devices()), ("rows",)), spec)
    return jax.tree.map(lambda array: jax.lax.with_sharding_constraint(array, sharding), arrays)
