"""The whole network of one agent, and its parameters as rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from stages.contract import tables
from stages.contract.rows.agents import PARAMETERS, ParameterRow
from stages.errors import TableError
from stages.game.observation import RAW_LIMIT, num_features, observe, share_left
from stages.game.rules import Rules, rules_for
from stages.game.tensor_game import State, term
from stages.game.tokens import Alphabet
from stages.network.attention import AttentionTorso
from stages.network.dynamics import CellDynamics
from stages.network.policy import PolicyHead
from stages.network.spans import SpansNetwork
from stages.network.torso import Torso
from stages.network.value import ValueHead
from stages.params.agents import Agent, EntriesAgent, SpanAgent
from stages.params.networks import LearnedModel, RanksNetwork

Tree = TypeVar("Tree")


class AgentNetwork(eqx.Module):
    """Torso, heads and, where planners use a learned model, its dynamics. All leaves are float32 arrays."""

    torso: Torso | AttentionTorso
    policy: PolicyHead
    value: ValueHead
    dynamics: CellDynamics | None
    rules: Rules = eqx.field(static=True)
    history: int = eqx.field(static=True)
    combinations: int | None = eqx.field(static=True)

    def __init__(self, agent: EntriesAgent, *, key: PRNGKeyArray) -> None:
        sizes = agent.network
        torso_key, policy_key, value_key = jax.random.split(key, 3)
        self.rules = rules_for(agent.ring, agent.window)
        self.history = sizes.history
        alphabet = Alphabet(self.rules, sizes.entries_per_token)
        if isinstance(sizes, RanksNetwork):
            self.combinations = sizes.combinations
            features = num_features(self.rules, sizes.combinations, sizes.history)
            self.torso = Torso(features, sizes.width, sizes.blocks, key=torso_key)
        else:
            self.combinations = None
            self.torso = AttentionTorso(
                self.rules.length, sizes.history, sizes.width, sizes.blocks, sizes.head_size, key=torso_key
            )
        self.policy = PolicyHead(alphabet, sizes.width, key=policy_key)
        self.value = ValueHead(sizes.width, sizes.quantiles, key=value_key)
        self.dynamics = None
        if isinstance(sizes.model, LearnedModel):
            self.dynamics = CellDynamics(sizes.model.width, sizes.model.unroll, key=jax.random.fold_in(key, 3))

    def embed(self, state: State) -> Float[Array, " width"]:
        """Embedding of one position; both heads read it."""
        if self.combinations is not None:
            return self.torso(observe(state, self.rules, self.combinations))
        tensors = jnp.concatenate([state.residual[None], jax.vmap(term)(state.history)])
        tensors = jnp.clip(tensors, -RAW_LIMIT, RAW_LIMIT).astype(jnp.float32)
        return self.torso(tensors, share_left(state, self.rules))


Network = AgentNetwork | SpansNetwork


def fresh(agent: Agent, key: PRNGKeyArray) -> Network:
    """A network of random weights for an agent of either kind."""
    return SpansNetwork(agent, key=key) if isinstance(agent, SpanAgent) else AgentNetwork(agent, key=key)


def write_parameters(path: Path, tree: object) -> None:
    """Writes the leaves of a network, or of the state of its optimiser, as a table."""
    rows = [
        ParameterRow(
            path=jax.tree_util.keystr(place),
            shape=np.array(leaf.shape, np.int32),
            dtype=str(leaf.dtype),
            bytes=np.asarray(leaf).astype(leaf.dtype.newbyteorder("<")).tobytes(),
        )
        for place, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]
    tables.write(path, PARAMETERS, rows)


def read_parameters(path: Path, agent: Agent) -> Network:
    """Rebuilds the network of `agent` from its table.

    Raises:
      TableError: leaves are missing, unknown, or of another shape or type than the agent's network has.
    """
    return read_leaves(path, jax.eval_shape(lambda: fresh(agent, jax.random.key(0))))


def read_leaves(path: Path, skeleton: Tree) -> Tree:
    """Rebuilds what `write_parameters` wrote, shaped like `skeleton`. Raises TableError as `read_parameters` does."""
    rows = {row.path: row for row in tables.read(path, PARAMETERS)}
    places, structure = jax.tree_util.tree_flatten_with_path(skeleton)
    expected = {jax.tree_util.keystr(place): (list(leaf.shape), str(leaf.dtype)) for place, leaf in places}
    got = {name: (row.shape.tolist(), row.dtype) for name, row in rows.items()}
    for name in [*expected, *got]:
        if expected.get(name) != got.get(name):
            raise TableError(f"{path}: parameter {name}: expected {expected.get(name)}, got {got.get(name)}")
    leaves = []
    for name, (shape, dtype) in expected.items():
        raw = rows[name].bytes
        if len(raw) != np.dtype(dtype).itemsize * int(np.prod(shape)):
            raise TableError(f"{path}: parameter {name}: expected {shape} of {dtype}, got {len(raw)} bytes")
        leaves.append(jnp.asarray(np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).reshape(shape)))
    return jax.tree_util.tree_unflatten(structure, leaves)
