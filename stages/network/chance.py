"""A model of chance: what the game of a window brings, foretold from what no change of basis alters.

Stochastic MuZero (Antonoglou et al. 2022) has decisions, afterstates and chance. Here a decision is which window to
play, the afterstate is the tensor of that window, and chance is how its game ends. The outcomes are known, so no codes
of them are learnt.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from stages.game.spans import MODE_FEATURES, see_wholes
from stages.game.support import compress_all
from stages.network.spans import SpansNetwork

FAILED, SAME, NEW, LOWER = range(4)  # no rewrite; none that is kept; one as short as those known; a shorter one
OUTCOMES = 4
_WIDTH = 32
_SCALE = 8.0  # of numbers of terms and of dimensions


class Windows(NamedTuple):
    """Windows as the model sees them; of the three only `seen` stays as it is when they are played.

    Attributes:
      seen: [*windows, features] of the tensor and of the number of terms.
      known: [*windows] length of the shortest rewrite that is known.
      plays: [*windows] how often the tensor was played.
    """

    seen: np.ndarray
    known: np.ndarray
    plays: np.ndarray


class ChanceNetwork(eqx.Module):
    """One hidden layer."""

    hidden: eqx.nn.Linear
    outcome: eqx.nn.Linear

    def __init__(self, quantiles: int, *, key: PRNGKeyArray) -> None:
        hidden_key, outcome_key = jax.random.split(key)
        features = 3 * MODE_FEATURES + quantiles + 4 + 2
        self.hidden = eqx.nn.Linear(features, _WIDTH, key=hidden_key)
        self.outcome = eqx.nn.Linear(_WIDTH, OUTCOMES, key=outcome_key)

    def __call__(self, windows: Windows) -> Float[Array, "*windows outcomes"]:
        """Log-probabilities of the outcomes."""
        numbers = jnp.stack([windows.known / _SCALE, windows.plays / _SCALE], axis=-1)
        x = jnp.concatenate([windows.seen, numbers], axis=-1)
        x = jax.nn.relu(x @ self.hidden.weight.T + self.hidden.bias)
        return jax.nn.log_softmax(x @ self.outcome.weight.T + self.outcome.bias)


@jax.jit
def _quantiles(network: SpansNetwork, wholes: Float[Array, "windows features"]) -> Float[Array, "windows quantiles"]:
    return network.quantiles(network.embed(wholes))


def see_windows(network: SpansNetwork, tensors: np.ndarray, count: np.ndarray) -> np.ndarray:
    """What is seen of windows: ranks of contractions, the value's quantiles, dimensions, number of terms.

    Args:
      tensors: [windows, 9, 9] words.
      count: [windows] terms of each.
    """
    wholes = np.zeros((len(tensors), 3 * MODE_FEATURES), np.float32)
    see_wholes(tensors, False, wholes)
    dims = np.sort(compress_all(tensors)[0], axis=1)
    numbers = [np.asarray(_quantiles(network, wholes)), dims, count[:, None]]
    return np.concatenate([wholes, *(each / _SCALE for each in numbers)], axis=1, dtype=np.float32)
