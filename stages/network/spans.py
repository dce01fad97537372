"""A network that no change of basis can confuse: one small network, shared by all vectors, on what `game.spans` sees.

The policy chooses u, then v given u, then w given both, each among all vectors of its mode; in a symmetric game it
first says whether the term is a cube u (x) u (x) u. Vectors of modes of fewer dimensions are padded to 2^D points.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from stages.game.spans import MODE_FEATURES, PAIR_FEATURES, POINT_FEATURES
from stages.network.value import ValueHead
from stages.params.agents import SpanAgent

_VALUE_SCALE = 10.0  # of the quantiles: ranks are learnt in fewer steps than in units of one
_FORBIDDEN = -1e9  # finite, so that a softmax over it has no NaN gradient


def _each(linear: eqx.nn.Linear, x: Float[Array, "*sets inputs"]) -> Float[Array, "*sets outputs"]:
    """`linear` on the last axis, as one matrix product."""
    return x @ linear.weight.T + (0 if linear.bias is None else linear.bias)


def _take(
    points: Float[Array, "batch points size"], index: Int[Array, " batch *some"]
) -> Float[Array, " batch *some size"]:
    """Rows of each state's points."""
    return jax.vmap(lambda rows, at: rows[at])(points, index)


class _Choice(eqx.Module):
    """Logits of one factor given those before it: one hidden layer, shared by all vectors."""

    pairs: eqx.nn.Linear
    point: eqx.nn.Linear
    context: eqx.nn.Linear
    logit: eqx.nn.Linear

    def __init__(self, pair_size: int, point_size: int, context_size: int, hidden: int, *, key: PRNGKeyArray) -> None:
        pairs_key, point_key, context_key, logit_key = jax.random.split(key, 4)
        self.pairs = eqx.nn.Linear(pair_size, hidden, use_bias=False, key=pairs_key)
        self.point = eqx.nn.Linear(point_size, hidden, use_bias=False, key=point_key)
        self.context = eqx.nn.Linear(context_size, hidden, key=context_key)
        self.logit = eqx.nn.Linear(hidden, 1, use_bias=False, key=logit_key)

    def __call__(
        self,
        pairs: Float[Array, "batch candidates points features"],
        point: Float[Array, " batch #candidates points size"],
        context: Float[Array, "batch candidates given"],
    ) -> Float[Array, "batch candidates points"]:
        hidden = _each(self.pairs, pairs) + _each(self.point, point) + _each(self.context, context)[:, :, None]
        return _each(self.logit, jax.nn.relu(hidden))[..., 0]


class SpansNetwork(eqx.Module):
    """All leaves are float32 arrays."""

    trunk: tuple[eqx.nn.Linear, eqx.nn.Linear]
    value: ValueHead
    point_features: eqx.nn.Linear
    point_trunk: eqx.nn.Linear
    point: eqx.nn.Linear
    first: eqx.nn.Linear
    cube: eqx.nn.Linear
    is_cube: eqx.nn.Linear
    second: _Choice
    third: _Choice
    is_cyclic: bool = eqx.field(static=True)

    def __init__(self, agent: SpanAgent, *, key: PRNGKeyArray) -> None:
        sizes, self.is_cyclic = agent.network, agent.symmetry == "cyclic"
        keys = iter(jax.random.split(key, 10))
        modes, sides, sums = (1, 2, 2) if self.is_cyclic else (3, 1, 1)
        width, hidden, size = sizes.width, sizes.point_width, sizes.point_size
        self.trunk = (
            eqx.nn.Linear(modes * MODE_FEATURES, width, key=next(keys)),
            eqx.nn.Linear(width, width, key=next(keys)),
        )
        self.value = ValueHead(width, sizes.quantiles, key=next(keys))
        self.point_features = eqx.nn.Linear(POINT_FEATURES, hidden, use_bias=False, key=next(keys))
        self.point_trunk = eqx.nn.Linear(width, modes * hidden, key=next(keys))
        self.point = eqx.nn.Linear(hidden, size, key=next(keys))
        first_key, cube_key = jax.random.split(next(keys))
        self.first = eqx.nn.Linear(size, 1, use_bias=False, key=first_key)
        self.cube = eqx.nn.Linear(size, 1, use_bias=False, key=cube_key)
        self.is_cube = eqx.nn.Linear(width, 1, key=next(keys))
        given = sides * PAIR_FEATURES
        self.second = _Choice(given, sums * size, width + size, hidden, key=next(keys))
        self.third = _Choice(2 * given, sums**2 * size, width + 2 * size, hidden, key=next(keys))

    def embed(self, wholes: Float[Array, "batch features"]) -> Float[Array, "batch width"]:
        """Embeddings of states; all heads read them."""
        x = wholes
        for linear in self.trunk:
            x = jax.nn.relu(_each(linear, x))
        return x

    def quantiles(self, trunk: Float[Array, "batch width"]) -> Float[Array, "batch quantiles"]:
        """Of the return to go, in units of rank (negative)."""
        return jax.vmap(self.value)(trunk) * _VALUE_SCALE

    def embed_points(
        self, trunk: Float[Array, "batch width"], points: Float[Array, "batch modes points features"]
    ) -> Float[Array, "batch 3 points size"]:
        """Embeddings of all vectors of the three modes."""
        modes = points.shape[1]
        context = _each(self.point_trunk, trunk).reshape(len(trunk), modes, 1, -1)
        embedded = _each(self.point, jax.nn.relu(_each(self.point_features, points) + context))
        return jnp.broadcast_to(embedded, (len(trunk), 3, *embedded.shape[2:]))

    def choose_first(
        self, points: Float[Array, "batch 3 n size"], dims: Int[Array, "batch 3"]
    ) -> Float[Array, "batch 2 n"]:
        """Log-probabilities of u; first of a term with other factors, then of a cube."""
        logits = jnp.stack([_each(head, points[:, 0])[..., 0] for head in (self.first, self.cube)], axis=1)
        return _log_softmax(logits, dims[:, 0, None, None])

    def choose_second(
        self,
        trunk: Float[Array, "batch width"],
        points: Float[Array, "batch 3 n size"],
        dims: Int[Array, "batch 3"],
        u: Int[Array, "batch candidates"],
        pairs: Float[Array, "batch candidates n features"],
    ) -> Float[Array, "batch candidates n"]:
        """Log-probabilities of v given u."""
        context = jnp.concatenate([_rows(trunk, u), _take(points[:, 0], u)], axis=-1)
        logits = self.second(pairs, self._with_sums(points[:, 1], u[..., None]), context)
        return _log_softmax(logits, dims[:, 1, None, None])

    def choose_third(
        self,
        trunk: Float[Array, "batch width"],
        points: Float[Array, "batch 3 n size"],
        dims: Int[Array, "batch 3"],
        u: Int[Array, "batch candidates"],
        v: Int[Array, "batch candidates"],
        pairs: Float[Array, "batch candidates n features"],
    ) -> Float[Array, "batch candidates n"]:
        """Log-probabilities of w given u and v; `pairs` are those of u, then those of v."""
        context = jnp.concatenate([_rows(trunk, u), _take(points[:, 0], u), _take(points[:, 1], v)], axis=-1)
        sums = jnp.stack([u, v, u ^ v], axis=-1)
        logits = self.third(pairs, self._with_sums(points[:, 2], sums), context)
        return _log_softmax(logits, dims[:, 2, None, None])

    def _with_sums(
        self, points: Float[Array, "batch n size"], sums: Int[Array, "batch candidates some"]
    ) -> Float[Array, " batch #candidates n sizes"]:
        """The vectors' embeddings; where all modes are one, those of their sums with the given ones too."""
        if not self.is_cyclic:
            return points[:, None]
        places = jnp.arange(points.shape[1])
        shifted = _take(points, sums[..., None] ^ places)  # [batch, candidates, some, n, size]
        own = jnp.broadcast_to(points[:, None, None], (*shifted.shape[:2], 1, *points.shape[1:]))
        every = jnp.concatenate([own, shifted], axis=2)
        return jnp.moveaxis(every, 2, 3).reshape(*every.shape[:2], points.shape[1], -1)


def _rows(
    trunk: Float[Array, "batch width"], like: Int[Array, "batch candidates"]
) -> Float[Array, "batch candidates width"]:
    return jnp.broadcast_to(trunk[:, None], (*like.shape, trunk.shape[-1]))


def _log_softmax(logits: Float[Array, "batch some n"], dims: Int[Array, "batch 1 1"]) -> Float[Array, "batch some n"]:
    """Over the non-zero vectors of a mode."""
    places = jnp.arange(logits.shape[-1])
    return jax.nn.log_softmax(jnp.where((places > 0) & (places < 2**dims), logits, _FORBIDDEN), axis=-1)
