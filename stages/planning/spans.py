"""Candidates and values of states of the games that are played in spans.

Features are NumPy arrays from `game.spans`. What depends on a whole state is computed by JAX, compiled for a fixed
number of states; what depends on its vectors by `planning.terms`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float

from stages.game import spans
from stages.game.support import compress_all, restore
from stages.network.spans import SpansNetwork
from stages.network.value import risk_seeking
from stages.planning.terms import Contexts, draw_terms, heads

_STATES = 256  # that one call of the network takes


@partial(jax.jit, static_argnames=("risk",))
def _values(network: SpansNetwork, wholes: Float[Array, "batch features"], risk: float) -> Float[Array, " batch"]:
    return jax.vmap(partial(risk_seeking, risk=risk))(network.quantiles(network.embed(wholes)))


@jax.jit
def _contexts(network: SpansNetwork, wholes: Float[Array, "batch features"]) -> tuple[Float[Array, "batch _"], ...]:
    return network.contexts(network.embed(wholes))


def assess(network: SpansNetwork, residuals: np.ndarray, risk: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of states and the largest of their dimensions; no state is zero."""
    wholes = _wholes(network, residuals)
    dimensions = compress_all(residuals)[0].max(axis=1, initial=0)
    (values,) = _in_batches(lambda some: (_values(network, some, risk),), wholes)
    # A tensor of d dimensions needs d terms at least.
    return np.minimum(values, -dimensions), dimensions


def _in_batches(call: Callable[[np.ndarray], tuple[Array, ...]], rows: np.ndarray) -> list[np.ndarray]:
    """What a function compiled for `_STATES` rows says of all rows."""
    parts = []
    for start in range(0, max(1, len(rows)), _STATES):  # of no rows, shapes
        some = rows[start : start + _STATES]
        padded = np.concatenate([some, np.zeros((_STATES - len(some), *rows.shape[1:]), rows.dtype)])
        parts.append([np.asarray(each)[: len(some)] for each in call(padded)])
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _wholes(network: SpansNetwork, residuals: np.ndarray) -> np.ndarray:
    seen = np.zeros((len(residuals), (1 if network.is_cyclic else 3) * spans.MODE_FEATURES), np.float32)
    spans.see_wholes(residuals, network.is_cyclic, seen)
    return seen


def propose(network: SpansNetwork, residuals: np.ndarray, rng: np.random.Generator, candidates: int) -> np.ndarray:
    """Draws terms for each state from the policy: [states, candidates, 3] vectors of the target's own modes."""
    uniform = rng.random((len(residuals), candidates, 4), np.float32)
    # Spread evenly over the distribution of u, and in its order, so that equal ones stand side by side.
    uniform[..., 0] = (np.arange(candidates) + uniform[:, :1, 0]) / candidates
    chance, points, second, third = _in_batches(partial(_contexts, network), _wholes(network, residuals))
    modes = 1 if network.is_cyclic else 3
    contexts = Contexts(chance[:, 0], points.reshape(len(points), modes, -1), second, third)
    drawn = draw_terms(residuals, network.is_cyclic, heads(network), contexts, uniform)
    return restore(drawn, compress_all(residuals)[1])
