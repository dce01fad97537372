"""Demonstrations and runs of the loop for small agents, and a planner that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from stages.contract import tables
from stages.contract.command import Stopwatch
from stages.contract.resume import Resume
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.game.rules import Rules, rules_for
from stages.game.tensor_game import rank_bound, step
from stages.learning.demonstrations import DemonstrationReader
from stages.params import agents as params
from stages.planning.plan import Plan
from stages.search.round import Report, play_round
from stages.search.search import Search, rounds
from stages.search.setup import Setup, set_up
from stages.search.state import State, blank_state, round_key
from tests.agents import untrained


def reader_for(folder: Path, rules: Rules) -> DemonstrationReader:
    """Demonstrations of the greatest rank, drawn at random."""
    path = folder / "demonstrations.parquet"
    if not path.exists():
        terms = np.random.default_rng(0).integers(0, 2, (64, rules.max_rank, 3, rules.length)).astype(np.int8)
        terms[..., 0] = 1
        flat = list(terms.reshape(64, -1))
        tables.write_columns(path, DEMONSTRATIONS, {"rank": np.full(64, rules.max_rank, np.int16), "terms": flat})
    return DemonstrationReader(path, rules)


def setup_for(player: params.Agent, given: params.Search, folder: Path) -> Setup:
    """A search by the planner that needs no network."""
    reader = reader_for(folder, rules_for(player.ring, player.window))
    return replace(set_up("x", player.model_copy(update={"search": given}), reader), planner=greedy)


def resume_of(setup: Setup) -> Resume:
    """Where a search of the test saves its state."""
    return Resume("search@x", setup.agent.model_dump(), [])


def searched(setup: Setup) -> Iterator[Search]:
    """A search as it begins, or where a run before it was cut off, then round by round."""
    return rounds(setup, untrained(setup.agent), resume_of(setup), Stopwatch())


def blank(setup: Setup, **changes: object) -> State:
    """The state before the first round, with some of its parts changed."""
    return replace(blank_state(setup, untrained(setup.agent)), **changes)


def play_on(state: State, setup: Setup) -> Iterator[tuple[State, Report]]:
    """The rounds to come, without keeping what they find."""
    while state.round < setup.agent.search.rounds:
        state, report = play_round(state, round_key(setup, state.round), setup)
        yield state, report


@lru_cache
def actions_of(rules: Rules) -> np.ndarray:
    """Every canonical action whose coefficients are 0 and +-1."""
    coefficients = sorted({entry for entry in rules.coefficients if abs(entry) <= 1}, reverse=True)
    factors = [factor for factor in product(coefficients, repeat=rules.length) if any(factor)]
    positive = [factor for factor in factors if next(entry for entry in factor if entry) > 0]
    return np.array(list(product(positive, positive, factors)), np.int32)


def greedy(network, states, key) -> Plan:
    """A planner without a network: of all actions one that leaves the lowest bound of the rank, ties at random."""
    actions = jnp.asarray(actions_of(network.rules))

    def choose(state, key):
        children, _ = jax.vmap(partial(step, state, rules=network.rules))(actions)
        bounds = jax.vmap(partial(rank_bound, rules=network.rules))(children.residual)
        return jnp.argmin(bounds + jax.random.uniform(key, bounds.shape, maxval=0.5))

    choice = jax.vmap(choose)(states, jax.random.split(key, len(states.is_over)))
    every = jnp.broadcast_to(actions, (len(choice), *actions.shape))
    return Plan(every, jax.nn.one_hot(choice, len(actions)), choice)
