"""What a round of training learns from: demonstrations, the best own games, own positions, some searched again."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Bool, Int, Key, PRNGKeyArray

from stages.game.rules import Rules
from stages.learning import buffers
from stages.learning.positions import Position, Terms, draw_position
from stages.learning.train import Batch
from stages.search.selfplay import reanalyse
from stages.search.setup import Setup
from stages.search.starts import change_terms, draw_bases, modes_of
from stages.search.state import State, generator


def draw_batches(state: State, setup: Setup, key: PRNGKeyArray) -> Batch:
    """The batches of one round, each demonstrations, then best games, then own positions. The key is consumed.

    Every row holds a demonstration too, which stands in where a best game is out of the action space or where nothing
    has been played. So the shapes never change.
    """
    settings = setup.agent.search
    rng_key, search_key, draw_key = jax.random.split(key, 3)
    rng = generator(rng_key)
    steps, batch = settings.train_steps, settings.optimiser.batch
    first, last = settings.demonstration_share
    share = first + (last - first) * min(1, state.round / settings.demonstration_rounds)
    num_best = round(settings.best_share * batch)
    if not len(state.best.kind):
        num_best = 0  # own positions take their rows
    num_own = max(0, batch - round(share * batch) - num_best)
    terms = setup.reader.take(state.round * steps * batch, (steps, batch))
    if num_best:
        place = slice(batch - num_own - num_best, batch - num_own)
        _put_best(terms, place, state.best, setup, rng)

    most_own = batch - round(min(first, last) * batch)
    if not most_own or not (len(state.replay.positions.value) or settings.reanalyse == 1):
        return Batch(terms)
    positions = _stored(state, setup, (steps, batch), draw_key, rng)
    most_again, num_again = round(settings.reanalyse * most_own), round(settings.reanalyse * num_own)
    if most_again:
        rows = slice(batch - most_again, batch)
        stored = jax.tree.map(lambda field: field[:, rows].reshape(steps * most_again, *field.shape[2:]), positions)
        again = jax.tree.map(np.asarray, reanalyse(state.train.network, stored, search_key, setup.planner))

        def refresh(field: np.ndarray, fresh: np.ndarray) -> np.ndarray:
            """The field with its last rows, `num_again` of each batch, from `fresh`."""
            fresh = fresh.reshape(steps, most_again, *fresh.shape[1:])
            parts = (field[:, : batch - num_again], fresh[:, most_again - num_again :])
            return np.concatenate(parts, axis=1, dtype=field.dtype)

        positions = jax.tree.map(refresh, positions, again)
    is_own = np.tile(np.arange(batch) >= batch - num_own, (steps, 1))
    return Batch(terms, positions, is_own)


def _put_best(terms: Terms, place: slice, best: buffers.BestGames, setup: Setup, rng: np.random.Generator) -> None:
    """Best games in fresh random bases, into the rows `place` of each batch.

    A game that its basis takes out of the action space, as can be over Z, is learnt as it is kept.
    """
    agent, rules = setup.agent, setup.rules
    shape = terms.rank[:, place].shape
    drawn = buffers.draw_best(best, rng, int(np.prod(shape)))
    is_whole = drawn.kind < len(agent.targets)
    modes = np.full((len(drawn.kind), 3), rules.length)
    modes[is_whole] = modes_of(agent, drawn.kind[is_whole])
    bases = draw_bases(rng, rules, modes, setup.agent.search.basis_density)
    changed = change_terms(drawn.games.terms, bases.matrices, rules)
    beyond = np.flatnonzero(~_is_playable(changed, rules))
    unit = np.tile(np.eye(rules.length, dtype=np.int64), (len(beyond), 3, 1, 1))
    changed[beyond] = change_terms(drawn.games.terms[beyond], unit, rules)
    fits = _is_playable(changed, rules).reshape(shape)
    changed = changed.reshape(*shape, *changed.shape[1:])
    terms.terms[:, place] = np.where(fits[..., None, None, None], changed, terms.terms[:, place])
    terms.rank[:, place] = np.where(fits, drawn.games.rank.reshape(shape), terms.rank[:, place])


def _is_playable(terms: Int[np.ndarray, "games max_rank 3 s"], rules: Rules) -> Bool[np.ndarray, " games"]:
    return np.isin(terms, rules.coefficients).all(axis=(1, 2, 3))


def _stored(
    state: State, setup: Setup, shape: tuple[int, int], key: PRNGKeyArray, rng: np.random.Generator
) -> Position:
    """Positions of own games; of demonstrations where the agent learns from no game."""
    if len(state.replay.positions.value):
        return buffers.draw(state.replay, rng, shape)
    count = shape[0] * shape[1]
    terms = setup.reader.take(state.round * count, (count,))
    drawn = _draw_positions(terms, jax.random.split(key, count), setup.rules, setup.agent.network.history)
    return jax.tree.map(lambda field: np.array(field).reshape(*shape, *field.shape[1:]), drawn)


@partial(jax.jit, static_argnames=("rules", "history"))
def _draw_positions(terms: Terms, keys: Key[Array, " positions"], rules: Rules, history: int) -> Position:
    return jax.vmap(partial(draw_position, rules=rules, history=history))(terms, keys)
