"""Candidates and values of states of the games that are played in spans, for the beam: what is compiled by whom.

Features are NumPy arrays from `game.spans`; the network is JAX, compiled once for each D and a fixed number of rows, so
states are taken by their largest dimension and the last rows of a batch may be padding.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from stages.game import spans
from stages.game.support import LEAST_DIMENSIONS, compress_all, restore
from stages.network.spans import SpansNetwork
from stages.network.value import risk_seeking
from stages.planning.sampling import draw

_VALUES = 256  # states whose values one call of the network takes


def _rows_of(dimensions: int) -> int:
    """States that one call of the network takes: about the same memory for any D."""
    return min(128, 2 ** (13 - dimensions))


@partial(jax.jit, static_argnames=("risk",))
def _values(network: SpansNetwork, wholes: Float[Array, "batch features"], risk: float) -> Float[Array, " batch"]:
    return jax.vmap(partial(risk_seeking, risk=risk))(network.quantiles(network.embed(wholes)))


@jax.jit
def _first(network: SpansNetwork, wholes, points, dims):
    trunk = network.embed(wholes)
    embedded = network.embed_points(trunk, points)
    is_cube = jax.nn.sigmoid(network.is_cube.weight @ trunk.T + network.is_cube.bias[:, None])[0]
    return trunk, embedded, jnp.exp(network.choose_first(embedded, dims)), is_cube


@jax.jit
def _second(network: SpansNetwork, trunk, embedded, dims, u, pairs):
    return jnp.exp(network.choose_second(trunk, embedded, dims, u, pairs))


@jax.jit
def _third(network: SpansNetwork, trunk, embedded, dims, u, v, of_u, of_v):
    return jnp.exp(network.choose_third(trunk, embedded, dims, u, v, jnp.concatenate([of_u, of_v], axis=-1)))


def assess(network: SpansNetwork, residuals: np.ndarray, risk: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of states and the largest of their dimensions; no state is zero."""
    wholes = _wholes(network, residuals)
    dimensions = compress_all(residuals)[0].max(axis=1, initial=0)
    values = np.empty(len(residuals), np.float32)
    for start in range(0, len(residuals), _VALUES):
        some = slice(start, start + _VALUES)
        values[some] = np.asarray(_values(network, _padded(wholes[some], _VALUES), risk))[: len(wholes[some])]
    # A tensor of d dimensions needs d terms at least.
    return np.minimum(values, -dimensions), dimensions


def _padded(given: np.ndarray, rows: int) -> np.ndarray:
    return np.concatenate([given, np.zeros((rows - len(given), *given.shape[1:]), given.dtype)])


def _wholes(network: SpansNetwork, residuals: np.ndarray) -> np.ndarray:
    seen = np.zeros((len(residuals), (1 if network.is_cyclic else 3) * spans.MODE_FEATURES), np.float32)
    spans.see_wholes(residuals, network.is_cyclic, seen)
    return seen


def propose(network: SpansNetwork, residuals: np.ndarray, rng: np.random.Generator, candidates: int) -> np.ndarray:
    """Draws terms for each state from the policy: [states, candidates, 3] vectors of the target's own modes."""
    (dims, bases), wholes = compress_all(residuals), _wholes(network, residuals)
    most = np.maximum(dims.max(axis=1), LEAST_DIMENSIONS)
    uniform = rng.random((len(residuals), candidates, 4), np.float32)
    # Spread evenly over the distribution of u, and in its order, so that equal ones stand side by side.
    uniform[..., 0] = (np.arange(candidates) + uniform[:, :1, 0]) / candidates
    drawn = np.empty((len(residuals), candidates, 3), np.int64)
    for dimensions in np.unique(most):
        members, rows = np.flatnonzero(most == dimensions), _rows_of(int(dimensions))
        for start in range(0, len(members), rows):
            some = members[start : start + rows]
            drawn[some] = _propose(network, residuals[some], dims[some], wholes[some], uniform[some], int(dimensions))
    return restore(drawn, bases)


def _propose(network, residuals, dims, wholes, uniform, dimensions):
    count, rows, points, candidates = len(residuals), _rows_of(dimensions), 2**dimensions, uniform.shape[1]
    is_cyclic = network.is_cyclic

    def pairs(given: np.ndarray, sources: list[int], images: list[int]) -> np.ndarray:
        seen = np.zeros((rows, candidates, points, len(sources) * spans.PAIR_FEATURES), np.float32)
        spans.see_pairs(residuals, is_cyclic, given, np.array(sources), np.array(images), seen)
        return seen

    seen = np.zeros((rows, 1 if is_cyclic else 3, points, spans.POINT_FEATURES), np.float32)
    spans.see_points(residuals, is_cyclic, seen)
    dims = _padded(dims, rows).astype(np.int32)
    trunk, embedded, first, is_cube = _first(network, _padded(wholes, rows), seen, dims)
    first, is_cube = np.asarray(first), np.asarray(is_cube)
    u, v, w = (np.zeros((rows, candidates), np.int64) for _ in range(3))
    draw(first[:count, :1], uniform[:, :, 0], u)
    of_u = pairs(u[:count], *(([0, 0], [1, 2]) if is_cyclic else ([0], [1])))
    u32 = u.astype(np.int32)
    draw(np.asarray(_second(network, trunk, embedded, dims, u32, of_u))[:count], uniform[:, :, 1], v)
    if not is_cyclic:
        of_u = pairs(u[:count], [0], [2])
    of_v = pairs(v[:count], *(([0, 0], [1, 2]) if is_cyclic else ([1], [2])))
    draw(
        np.asarray(_third(network, trunk, embedded, dims, u32, v.astype(np.int32), of_u, of_v))[:count],
        uniform[:, :, 2],
        w,
    )
    terms = np.stack([u, v, w], axis=-1)[:count]
    if is_cyclic:
        cubes = np.zeros((count, candidates), np.int64)
        draw(first[:count, 1:], uniform[:, ::-1, 0], cubes)
        wants = uniform[..., 3] < is_cube[:count, None]
        terms = np.where(wants[..., None], cubes[..., None], terms)
    return terms
