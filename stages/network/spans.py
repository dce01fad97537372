"""A network that no change of basis can confuse: one small network, shared by all vectors, on what `game.spans` sees.

The policy chooses u, then v given u, then w given both, each among all vectors of its mode; in a symmetric game it
first says whether the term is a cube u (x) u (x) u. The vectors of many states stand in one table (`game.layout`).
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from stages.game.contractions import PAIR_FEATURES, POINT_FEATURES
from stages.game.layout import BLOCK, Layout
from stages.game.spans import MODE_FEATURES
from stages.network.value import ValueHead
from stages.params.agents import SpanAgent

_VALUE_SCALE = 10.0  # of the quantiles: ranks are learnt in fewer steps than in units of one
_FORBIDDEN = -1e9  # finite, so that a softmax over it has no NaN gradient


def _each(linear: eqx.nn.Linear, x: Float[Array, "*sets inputs"]) -> Float[Array, "*sets outputs"]:
    """`linear` on the last axis, as one matrix product."""
    return x @ linear.weight.T + (0 if linear.bias is None else linear.bias)


@jax.custom_vjp
def _turn(table: Float[Array, "n size"], places: Int[Array, "rows some"]) -> Float[Array, "rows some size"]:
    """Rows of a table. In learning each column of `places` exchanges them in pairs, so its gradient is a gather too.

    That is so where states fill all blocks, as `learning.spans.see` demands: blocks left over would take rows twice.

    The gradient by the definition is a scatter, which XLA does one row after another.
    """
    return table[places]


def _turn_back(places: Int[Array, "n some"], gradient: Float[Array, "n some size"]):
    back = (gradient[places[:, some], some] for some in range(places.shape[1]))
    return sum(back), None


_turn.defvjp(lambda table, places: (table[places], places), _turn_back)


class Choice(eqx.Module):
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
        pairs: Float[Array, "blocks block features"],
        point: Float[Array, "blocks block size"],
        context: Float[Array, "states given"],
        layout: Layout,
    ) -> Float[Array, "blocks block"]:
        hidden = _each(self.pairs, pairs) + _each(self.point, point)
        hidden += _each(self.context, context)[layout.owner][:, None]
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
    second: Choice
    third: Choice
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
        self.second = Choice(given, sums * size, width + size, hidden, key=next(keys))
        self.third = Choice(2 * given, sums**2 * size, width + 2 * size, hidden, key=next(keys))

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
        self, trunk: Float[Array, "states width"], points: Float[Array, "modes n features"], layout: Layout
    ) -> Float[Array, "3 n size"]:
        """Embeddings of all vectors of the three modes."""
        modes, n, _ = points.shape
        context = _each(self.point_trunk, trunk).reshape(len(trunk), modes, -1)[layout.owner]
        hidden = _each(self.point_features, points.reshape(modes, -1, BLOCK, POINT_FEATURES))
        embedded = _each(self.point, jax.nn.relu(hidden + jnp.moveaxis(context, 0, 1)[:, :, None]))
        return jnp.broadcast_to(embedded.reshape(modes, n, -1), (3, n, embedded.shape[-1]))

    def contexts(self, trunk: Float[Array, "states width"]) -> tuple[Float[Array, "states _"], ...]:
        """What states add whatever the vector: to the chance of a cube, to points, to the second and the third choice.

        `embed_points`, `choose_second` and `choose_third` add the same; this is for `planning.terms`.
        """
        chance = jax.nn.sigmoid(_each(self.is_cube, trunk))
        both = (choice.context for choice in (self.second, self.third))
        of_choices = (trunk @ context.weight[:, : trunk.shape[1]].T + context.bias for context in both)
        return chance, _each(self.point_trunk, trunk), *of_choices

    def choose_first(self, points: Float[Array, "3 n size"], layout: Layout) -> Float[Array, "2 n"]:
        """Log-probabilities of u; first of a term with other factors, then of a cube."""
        logits = (_each(head, points[0])[:, 0].reshape(-1, BLOCK) for head in (self.first, self.cube))
        return jnp.stack([_log_softmax(each, layout, 0) for each in logits])

    def choose_second(
        self,
        trunk: Float[Array, "states width"],
        points: Float[Array, "3 n size"],
        layout: Layout,
        u: Int[Array, " states"],
        pairs: Float[Array, "rows features"],
    ) -> Float[Array, " rows"]:
        """Log-probabilities of v given one u of each state."""
        context = jnp.concatenate([trunk, points[0, layout.first + u]], axis=-1)
        every = self._with_sums(points[1], layout, u[:, None])
        logits = self.second(_in_blocks(pairs), every, context, layout)
        return _log_softmax(logits, layout, 1)

    def choose_third(
        self,
        trunk: Float[Array, "states width"],
        points: Float[Array, "3 n size"],
        layout: Layout,
        u: Int[Array, " states"],
        v: Int[Array, " states"],
        pairs: Float[Array, "rows features"],
    ) -> Float[Array, " rows"]:
        """Log-probabilities of w given u and v, as `choose_second`; `pairs` are those of u, then those of v."""
        context = jnp.concatenate([trunk, points[0, layout.first + u], points[1, layout.first + v]], axis=-1)
        every = self._with_sums(points[2], layout, jnp.stack([u, v, u ^ v], axis=-1))
        logits = self.third(_in_blocks(pairs), every, context, layout)
        return _log_softmax(logits, layout, 2)

    def _with_sums(
        self,
        points: Float[Array, "n size"],
        layout: Layout,
        sums: Int[Array, "states some"],
    ) -> Float[Array, "blocks block sizes"]:
        """The vectors' embeddings; where all modes are one, those of their sums with the given ones too."""
        own = jnp.zeros((len(sums), 1), sums.dtype)
        added = jnp.concatenate([own, sums], axis=1) if self.is_cyclic else own
        vectors = layout.place[:, None] + jnp.arange(BLOCK)
        places = layout.first[layout.owner][:, None, None] + (vectors[..., None] ^ added[layout.owner][:, None])
        turned = _turn(points, places.reshape(-1, added.shape[1]))
        return turned.reshape(*vectors.shape, -1)


def _in_blocks(table: Float[Array, "rows features"]) -> Float[Array, "blocks block features"]:
    return table.reshape(-1, BLOCK, table.shape[-1])


def _log_softmax(logits: Float[Array, "blocks block"], layout: Layout, mode: int) -> Float[Array, " rows"]:
    """Over the non-zero vectors of a mode of each state."""
    states, vectors = len(layout.dims), layout.place[:, None] + jnp.arange(BLOCK)
    is_there = (vectors > 0) & (vectors < 2 ** layout.dims[layout.owner, mode, None])
    logits = jnp.where(is_there, logits, _FORBIDDEN)
    highest = jax.lax.stop_gradient(jax.ops.segment_max(logits.max(axis=1), layout.owner, states))
    logits -= highest[layout.owner, None]
    total = jax.ops.segment_sum(jnp.exp(logits).sum(axis=1), layout.owner, states)
    return (logits - jnp.log(total)[layout.owner, None]).reshape(-1)
