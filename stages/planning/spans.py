"""Candidates and values of states of the games that are played in spans, for the beam: what is compiled by whom.

Features are NumPy arrays from `game.spans`; the network is JAX, compiled once for a fixed number of blocks of vectors
(`game.layout`), of which the last may be left over.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from stages.game import spans
from stages.game.layout import BLOCK, count_blocks, lay_out
from stages.game.support import compress_all, restore
from stages.network.spans import SpansNetwork
from stages.network.value import risk_seeking
from stages.planning.sampling import draw

_VALUES = 256  # states whose values one call of the network takes
_BLOCKS = 64  # blocks of vectors of the states for which one call proposes terms


@partial(jax.jit, static_argnames=("risk",))
def _values(network: SpansNetwork, wholes: Float[Array, "batch features"], risk: float) -> Float[Array, " batch"]:
    return jax.vmap(partial(risk_seeking, risk=risk))(network.quantiles(network.embed(wholes)))


@jax.jit
def _first(network: SpansNetwork, wholes, points, layout):
    trunk = network.embed(wholes)
    embedded = network.embed_points(trunk, points, layout)
    is_cube = jax.nn.sigmoid(network.is_cube.weight @ trunk.T + network.is_cube.bias[:, None])[0]
    return trunk, embedded, jnp.exp(network.choose_first(embedded, layout)), is_cube


@partial(jax.jit, static_argnames=("candidates",))
def _second(network: SpansNetwork, trunk, embedded, first, layout, u, pairs, candidates):
    trunk, first = (jnp.repeat(each, candidates, axis=0) for each in (trunk, first))
    return jnp.exp(network.choose_second(trunk, embedded, first, layout, u, pairs))


@partial(jax.jit, static_argnames=("candidates",))
def _third(network: SpansNetwork, trunk, embedded, first, layout, u, v, of_u, of_v, candidates):
    trunk, first = (jnp.repeat(each, candidates, axis=0) for each in (trunk, first))
    pairs = jnp.concatenate([of_u, of_v], axis=-1)
    return jnp.exp(network.choose_third(trunk, embedded, first, layout, u, v, pairs))


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
    uniform = rng.random((len(residuals), candidates, 4), np.float32)
    # Spread evenly over the distribution of u, and in its order, so that equal ones stand side by side.
    uniform[..., 0] = (np.arange(candidates) + uniform[:, :1, 0]) / candidates
    drawn, ends, start = np.empty((len(residuals), candidates, 3), np.int64), np.cumsum(count_blocks(dims)), 0
    while start < len(residuals):
        before = ends[start - 1] if start else 0
        some = slice(start, np.searchsorted(ends, before + _BLOCKS, side="right"))
        drawn[some] = _propose(network, residuals[some], dims[some], wholes[some], uniform[some])
        start = some.stop
    return restore(drawn, bases)


def _propose(network, residuals, dims, wholes, uniform):
    is_cyclic, (count, candidates) = network.is_cyclic, uniform.shape[:2]
    layout, choices = lay_out(dims, _BLOCKS), lay_out(dims.repeat(candidates, axis=0), _BLOCKS * candidates)
    first = layout.first[:count, None]
    at = choices.first[: count * candidates].reshape(count, candidates)
    sizes = 2**dims

    def pairs(given: np.ndarray, sources: list[int], images: list[int]) -> np.ndarray:
        seen = np.zeros((_BLOCKS * candidates * BLOCK, len(sources) * spans.PAIR_FEATURES), np.float32)
        spans.see_pairs(residuals, is_cyclic, given, np.array(sources), np.array(images), at, seen)
        return seen

    def flat(given: np.ndarray) -> np.ndarray:
        return _padded(given.reshape(-1).astype(np.int32), _BLOCKS * candidates)

    seen = np.zeros((1 if is_cyclic else 3, _BLOCKS * BLOCK, spans.POINT_FEATURES), np.float32)
    spans.see_points(residuals, is_cyclic, layout.first, seen)
    trunk, embedded, of_first, is_cube = _first(network, _padded(wholes, _BLOCKS), seen, layout)
    of_first, is_cube = np.asarray(of_first), np.asarray(is_cube)
    state = (network, trunk, embedded, layout.first, choices)
    u, v, w = (np.zeros((count, candidates), np.int64) for _ in range(3))
    draw(of_first[0], first, sizes[:, 0], uniform[:, :, 0], u)
    of_u = pairs(u, *(([0, 0], [1, 2]) if is_cyclic else ([0], [1])))
    of_second = _second(*state, flat(u), of_u, candidates=candidates)
    draw(np.asarray(of_second), at, sizes[:, 1], uniform[:, :, 1], v)
    if not is_cyclic:
        of_u = pairs(u, [0], [2])
    of_v = pairs(v, *(([0, 0], [1, 2]) if is_cyclic else ([1], [2])))
    of_third = _third(*state, flat(u), flat(v), of_u, of_v, candidates=candidates)
    draw(np.asarray(of_third), at, sizes[:, 2], uniform[:, :, 2], w)
    terms = np.stack([u, v, w], axis=-1)
    if is_cyclic:
        cubes = np.zeros((count, candidates), np.int64)
        draw(of_first[1], first, sizes[:, 0], uniform[:, ::-1, 0], cubes)
        wants = uniform[..., 3] < is_cube[:count, None]
        terms = np.where(wants[..., None], cubes[..., None], terms)
    return terms
