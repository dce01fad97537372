"""Windows: a few terms of one of the agent's own schemes, rewritten in as many or fewer by a game.

The agent keeps many schemes of each target in play, at first the standard algorithm. From each, every round, some
terms are taken whose factors span at most S dimensions in each mode; written in a basis of that span their sum is a
small tensor, the window, which the network plays in a random basis. A solution goes back into the scheme: one that is
shorter lowers its rank, one as long makes it another scheme, from where other windows can be taken.

These are windows of agents that spell, over both rings. `search.span_windows` has those of agents in spans: over Z2
alone, in bases that depend on nothing but the tensor, so that what one game has found serves all equal windows.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from stages.game.rules import Rules
from stages.learning.positions import Terms
from stages.params.agents import EntriesAgent
from stages.search.starts import standard_terms


class Population(NamedTuple):
    """The schemes in play.

    Attributes:
      terms: of each scheme in the canonical basis; zero beyond its rank and beyond its target's axes.
      rank: number of terms.
      target: index of each scheme's target; does not change.
    """

    terms: Int[np.ndarray, "members most 3 l"]
    rank: Int[np.ndarray, " members"]
    target: Int[np.ndarray, " members"]


def standard_population(agent: EntriesAgent, count: int) -> Population:
    """`count` schemes, the standard algorithms of the targets; each has a share like the square of its naive rank."""
    terms, naive = standard_terms(agent.targets)
    shares = np.cumsum(naive**2) / np.sum(naive**2)
    target = np.searchsorted(shares, (np.arange(count) + 0.5) / count)
    return Population(terms[target], naive[target], target)


class Windows(NamedTuple):
    """Terms taken from each scheme.

    Attributes:
      is_taken: which terms.
      terms: their coordinates in `bases`, in the order in which they were taken; zero beyond their number.
      count: how many.
      bases: vectors of which the factors of the taken terms are sums; zero where a span has less than S dimensions.
    """

    is_taken: Bool[Array, "members most"]
    terms: Int[Array, "members max_rank 3 s"]
    count: Int[Array, " members"]
    bases: Int[Array, "members 3 s l"]


@partial(jax.jit, static_argnames=("rules", "limits", "dimension_cost"))
def take_windows(
    population: Population, key: PRNGKeyArray, rules: Rules, limits: tuple[int, int], dimension_cost: float
) -> Windows:
    """Takes terms from each scheme, as many as the spans allow up to one number for all, drawn between the limits.

    One number, because a batch of games takes as long as its longest. The key is consumed.
    """
    count_key, grow_key = jax.random.split(key)
    wanted = jax.random.randint(count_key, (), limits[0], limits[1] + 1)
    keys = jax.random.split(grow_key, population.rank.shape[0])
    return jax.vmap(partial(_take_window, wanted=wanted, rules=rules, dimension_cost=dimension_cost))(
        population.terms, population.rank, keys
    )


def _take_window(
    terms: Int[Array, "most 3 l"],
    rank: Int[Array, ""],
    key: PRNGKeyArray,
    wanted: Int[Array, ""],
    rules: Rules,
    dimension_cost: float,
) -> Windows:
    """One scheme: term after term at random, one that adds few dimensions rather than many.

    The bases are kept in reduced echelon form with unit pivots, so that over Z too every coordinate is an integer, and
    `rest`, the factors less their parts in the spans, tells which terms still fit. A factor whose rest has no entry
    +-1 does not fit.
    """
    most, _, longest = terms.shape

    def reduced(vectors: Int[Array, "*any"]) -> Int[Array, "*any"]:
        return vectors % 2 if rules.ring == "Z2" else vectors

    def take(carry: tuple, given: tuple) -> tuple[tuple, Int[Array, " most"]]:
        rest, is_taken, bases, pivots, dims = carry
        place, key = given
        is_new = jnp.any(rest != 0, axis=-1)  # [most, 3]
        has_pivot = jnp.any(jnp.abs(rest) == 1, axis=-1) | ~is_new
        fits = jnp.all(has_pivot & (dims + is_new <= rules.length), axis=-1)
        fits = fits & ~is_taken & (jnp.arange(most) < rank) & (place < wanted)
        score = jax.random.gumbel(key, (most,)) - dimension_cost * jnp.sum(is_new, axis=-1)
        chosen = jax.nn.one_hot(jnp.argmax(jnp.where(fits, score, -jnp.inf)), most, dtype=jnp.int32)
        chosen = chosen * jnp.any(fits)  # zero where nothing fits
        vector = jnp.einsum("r,rml->ml", chosen, rest)
        pivot = jax.nn.one_hot(jnp.argmax(jnp.abs(vector) == 1, axis=-1), longest, dtype=jnp.int32)  # [3, l]
        sign = jnp.sum(pivot * vector, axis=-1, keepdims=True)  # +-1; 0 where there is no new dimension
        added, pivot = vector * sign, pivot * jnp.abs(sign)
        bases = reduced(bases - jnp.einsum("msl,ml->ms", bases, pivot)[..., None] * added[:, None])
        rest = reduced(rest - jnp.einsum("rml,ml->rm", rest, pivot)[..., None] * added)
        slot = jax.nn.one_hot(dims, rules.length, dtype=jnp.int32)[..., None]  # [3, s, 1]
        bases, pivots = bases + slot * added[:, None], pivots + slot * pivot[:, None]
        dims = dims + jnp.abs(sign[:, 0])
        return (rest, is_taken | (chosen == 1), bases, pivots, dims), chosen

    given = terms.astype(jnp.int32)
    spans = jnp.zeros((3, rules.length, longest), jnp.int32)
    blank = (given, jnp.zeros(most, bool), spans, spans, jnp.zeros(3, jnp.int32))
    steps = (jnp.arange(rules.max_rank), jax.random.split(key, rules.max_rank))
    (_, is_taken, bases, pivots, _), chosen = jax.lax.scan(take, blank, steps)
    # In reduced echelon form a coordinate is the entry at the pivot.
    coordinates = jnp.einsum("tr,rml,msl->tms", chosen, given, pivots)
    return Windows(is_taken, coordinates, jnp.sum(is_taken), bases)


def window_tensors(terms: Int[np.ndarray, "members max_rank 3 s"], rules: Rules) -> Int[np.ndarray, "members s s s"]:
    """The sums of the terms."""
    u, v, w = np.moveaxis(terms.astype(np.int64), 2, 0)  # each [members, max_rank, s]
    outer = (v[..., :, None] * w[..., None, :]).reshape(*v.shape[:2], -1)
    tensors = (u.swapaxes(1, 2) @ outer).reshape(-1, *[rules.length] * 3)
    return tensors % 2 if rules.ring == "Z2" else tensors


def put_back(
    population: Population, members: Int[np.ndarray, " some"], windows: Windows, rewritten: Terms
) -> Population:
    """Replaces the taken terms of `members` by others with the same sum, no longer than they were.

    Args:
      members: the schemes to change.
      windows: of the whole population.
      rewritten: for each of `members`, terms in the canonical basis.
    """
    most = population.terms.shape[1]
    is_kept = (np.arange(most) < population.rank[members, None]) & ~np.asarray(windows.is_taken)[members]
    # A factor that lies wholly where a span has no dimension is zero here, and so is its term.
    is_added = (rewritten.terms != 0).any(axis=-1).all(axis=-1)
    is_added &= np.arange(rewritten.terms.shape[1]) < rewritten.rank[:, None]
    every = np.concatenate([population.terms[members], rewritten.terms.astype(np.int8)], axis=1)
    is_term = np.concatenate([is_kept, is_added], axis=1)
    order = np.argsort(~is_term, axis=1, kind="stable")[:, :most]
    rank = is_term.sum(axis=1)
    every = np.where(
        (np.arange(most) < rank[:, None])[..., None, None], np.take_along_axis(every, order[..., None, None], 1), 0
    )
    terms, ranks = population.terms.copy(), population.rank.copy()
    terms[members], ranks[members] = every, rank
    return population._replace(terms=terms, rank=ranks)


def select(population: Population, rng: np.random.Generator) -> Population:
    """Replaces the schemes above their target's lowest rank by random ones of those that have it."""
    terms, rank = population.terms.copy(), population.rank.copy()
    for target in np.unique(population.target):
        members = np.flatnonzero(population.target == target)
        is_best = rank[members] == rank[members].min()
        source = rng.choice(members[is_best], (~is_best).sum())
        terms[members[~is_best]], rank[members[~is_best]] = population.terms[source], population.rank[source]
    return population._replace(terms=terms, rank=rank)
