"""Learning what window games bring, from the agent's own alone."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from stages.network.chance import OUTCOMES, ChanceNetwork, Windows

_STEPS = 64  # Adam's, after each batch of games
_BATCH = 128
_KEPT = 8192  # last games that are learnt from
_OPTIMISER = optax.adamw(0.003, weight_decay=0.001)


class Chance(NamedTuple):
    """The model and what it learns from.

    Attributes:
      network, optimiser: after the last batch.
      windows: that were played, as they were before.
      outcomes: of each, as `network.chance` numbers them.
    """

    network: ChanceNetwork
    optimiser: optax.OptState
    windows: Windows
    outcomes: np.ndarray

    @property
    def base_rates(self) -> np.ndarray:
        """Of the outcomes, as if each had come once before."""
        counts = np.bincount(self.outcomes, minlength=OUTCOMES) + 1
        return counts / counts.sum()


def no_chance(quantiles: int, seed: int) -> Chance:
    """Random weights, nothing played; `quantiles` are those of the agent's value head."""
    network = ChanceNetwork(quantiles, key=jax.random.key(seed))
    features, none = network.hidden.in_features - 2, np.zeros(0, np.int64)
    windows = Windows(np.zeros((0, features), np.float32), none, none)
    return Chance(network, _OPTIMISER.init(network), windows, none)


def learn_outcomes(chance: Chance, played: Windows, outcomes: np.ndarray, rng: np.random.Generator) -> Chance:
    """Adds games, the oldest ones leave, and trains on random ones of them."""

    def added(before: np.ndarray, new: np.ndarray) -> np.ndarray:
        return np.concatenate([before, new])[-_KEPT:]

    windows, outcomes = jax.tree.map(added, (chance.windows, chance.outcomes), (played, outcomes))
    rows = rng.integers(len(outcomes), size=(_STEPS, _BATCH))
    batches = jax.tree.map(lambda field: field[rows], (windows, outcomes))
    return Chance(*_train(chance.network, chance.optimiser, *batches), windows, outcomes)


def log_losses(
    network: ChanceNetwork, windows: Windows, outcomes: Int[Array | np.ndarray, " windows"]
) -> Float[Array, " windows"]:
    """-log of what the model gave each outcome, in nats."""
    return -jnp.take_along_axis(network(windows), outcomes[:, None], axis=1)[:, 0]


@jax.jit
def _train(
    network: ChanceNetwork,
    optimiser: optax.OptState,
    windows: Windows,
    outcomes: Int[Array | np.ndarray, "steps batch"],
):
    def body(state, batch):
        network, optimiser = state
        gradient = jax.grad(lambda network: log_losses(network, *batch).mean())(network)
        updates, optimiser = _OPTIMISER.update(gradient, optimiser, network)
        return (optax.apply_updates(network, updates), optimiser), None

    return jax.lax.scan(body, (network, optimiser), (windows, outcomes))[0]
