"""Synthetic demonstrations (AlphaTensor, Methods, «Synthetic demonstrations»).

Factors are drawn first; their sum is a tensor whose decomposition is known, so no solver is needed. Entries are
independent draws from one distribution on the ring's coefficients, factors without a non-zero entry are drawn again,
the rank is uniform in 1..max_rank, and over Z the first non-zero entry of u and v is made positive (w carries the
sign).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
from jaxtyping import Array, Int, PRNGKeyArray

from stages.contract import tables
from stages.contract.progress import Progress
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.contract.streams import Stream
from stages.demonstrations.spans import draw_in_spans
from stages.game.rules import Rules, rules_for
from stages.game.tokens import canonical
from stages.params.agents import Agent, SpanAgent


@partial(jax.jit, static_argnames=("count", "rules", "distribution"))
def draw(
    key: PRNGKeyArray, count: int, rules: Rules, distribution: tuple[float, ...]
) -> tuple[Int[Array, " count"], Int[Array, "count max_rank 3 s"]]:
    """Draws `count` demonstrations: ranks and terms (int8; terms beyond the rank are zero). The key is consumed."""
    rank_key, factor_key = jax.random.split(key)
    rank = jax.random.randint(rank_key, (count,), 1, rules.max_rank + 1)
    cumulative = jnp.cumsum(jnp.asarray(distribution))[:-1]
    coefficients = jnp.asarray(rules.coefficients, jnp.int8)
    shape = (count, rules.max_rank, 3, rules.length)

    def entries(key: PRNGKeyArray) -> Int[Array, "count max_rank 3 s"]:
        uniform = jax.random.uniform(key, shape)
        return coefficients[jnp.sum(uniform[..., None] >= cumulative, axis=-1)]

    def has_zero_factor(carry: tuple[Array, Array]) -> Array:
        return ~jnp.all(jnp.any(carry[1] != 0, axis=-1))

    def redraw(carry: tuple[Array, Array]) -> tuple[Array, Array]:
        key, terms = carry
        key, draw_key = jax.random.split(key)
        is_zero = ~jnp.any(terms != 0, axis=-1, keepdims=True)
        return key, jnp.where(is_zero, entries(draw_key), terms)

    blank = jnp.zeros(shape, jnp.int8)
    _, terms = jax.lax.while_loop(has_zero_factor, redraw, (factor_key, blank))
    is_term = jnp.arange(rules.max_rank) < rank[:, None]
    return rank, jax.vmap(jax.vmap(canonical))(terms) * is_term[..., None, None]


def write_demonstrations(path: Path, agent: Agent, label: str) -> None:
    """Draws all demonstrations, one row group at a time: memory for one group, whatever the count."""
    settings, rules = agent.demonstrations, rules_for(agent.ring, agent.window)
    root = jax.random.fold_in(jax.random.key(agent.seed), Stream.DEMONSTRATIONS)
    progress = Progress(label, settings.count, "demonstrations")
    with tables.writer(path, DEMONSTRATIONS) as writer:
        for group, first in enumerate(range(0, settings.count, tables.ROW_GROUP)):
            key = jax.random.fold_in(root, group)
            rows = min(tables.ROW_GROUP, settings.count - first)
            if isinstance(agent, SpanAgent):
                rank, terms = draw_in_spans(key, rows, rules, agent.symmetry == "cyclic")
            else:  # the last group is cut, not drawn in another shape
                rank, terms = draw(key, tables.ROW_GROUP, rules, settings.distribution)
            flat = np.asarray(terms[:rows]).reshape(rows, -1)
            offsets = np.arange(rows + 1, dtype=np.int32) * flat.shape[1]
            writer.append(
                {
                    "rank": np.asarray(rank[:rows], np.int16),
                    "terms": pa.ListArray.from_arrays(offsets, flat.ravel()),
                }
            )
            progress.update(first + rows)
