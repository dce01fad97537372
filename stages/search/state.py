"""What a search carries from round to round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
import optax
from jaxtyping import PRNGKeyArray

from stages.algebra.targets import Target
from stages.contract.streams import Stream
from stages.learning import buffers
from stages.learning.checkpoint import pack, unpack
from stages.learning.train import TrainState
from stages.network.agent import Network
from stages.params.agents import Agent, SelfCompetition, SpanAgent
from stages.search.games import Games, best_of
from stages.search.generations import Play, begin
from stages.search.setup import Setup
from stages.search.windows import Population, standard_population

Kind = Literal["game", "window"]
KINDS: tuple[Kind, ...] = ("game", "window")  # what a game starts from: a whole target, or a window


@dataclass(frozen=True)
class State:
    """All that a round depends on but the agent's parameters.

    Attributes:
      round: rounds that were played.
      games: games that were played, window games among them.
      train: network and optimiser.
      replay: positions of own games to learn from; in spans they are drawn from `record`.
      best: solved games to learn from.
      record: all games of whole targets, those of another agent among them; what the search hands on.
      population: the schemes that window games rewrite; in spans with what is known of windows, or none.
      best_rank: by kind of start and target, of what was found: who finds what the other kind has found is told too.
      average: by target, the running average of what games from it cost, in moves, with the bound of what they left;
        of rounds with self-competition.
    """

    round: int
    games: int
    train: TrainState
    replay: buffers.Replay | None
    best: buffers.BestGames
    record: Games
    population: Population | Play | None
    best_rank: Mapping[Kind, Mapping[str, int]]
    average: Mapping[str, float]

    def limit(self, target: Target, competition: SelfCompetition | None) -> int:
        """The most moves of a game from a whole target."""
        if competition is None:
            return self.own_best(target)
        average = self.average.get(target.name, target.naive_rank)
        return min(target.naive_rank, math.floor(average + competition.margin))

    def own_best(self, target: Target) -> int:
        """The lowest rank that the agent has found, at first the standard algorithm's."""
        ranks = [self.best_rank[kind][target.name] for kind in KINDS if target.name in self.best_rank[kind]]
        return min(ranks, default=target.naive_rank)


def blank_state(setup: Setup, network: Network, moments: optax.OptState | None = None) -> State:
    """Before the first round: a network, no own game, the standard algorithms."""
    solved, none = best_of(setup.data, setup.agent.symmetry), buffers.empty_best_games(setup.rules)
    return State(
        0,
        0,
        TrainState(network, setup.optimiser.init(network) if moments is None else moments),
        _replay(setup, network),
        buffers.keep_best(none, solved, setup.agent.search.best_games),
        setup.data,
        _population(setup.agent),
        {kind: {} for kind in KINDS},
        {},
    )


def _replay(setup: Setup, network: Network) -> buffers.Replay | None:
    if isinstance(setup.agent, SpanAgent):
        return None
    return buffers.empty_replay(setup.rules, network.history)


def _population(agent: Agent) -> Population | Play | None:
    if isinstance(agent, SpanAgent):
        return begin(agent) if agent.search.windows else None
    return standard_population(agent, agent.search.window_games)


def round_key(setup: Setup, number: int) -> PRNGKeyArray:
    """The key of a round, the same whenever and however often it is played."""
    root = jax.random.fold_in(jax.random.key(setup.agent.seed), Stream.SEARCH)
    return jax.random.fold_in(root, number)


def generator(key: PRNGKeyArray) -> np.random.Generator:
    """NumPy's random numbers from a key, which is consumed."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def pack_state(state: State, notes: dict) -> dict[str, np.ndarray]:
    """The state as named arrays for `contract.resume`, beside JSON notes."""
    tree = (state.train, state.replay, state.best, state.record, state.population)
    own = {"round": state.round, "games": state.games, "best_rank": state.best_rank, "average": state.average}
    return pack(tree, own | notes)


def unpack_state(saved: dict[str, np.ndarray], like: State) -> tuple[State, dict]:
    """What `pack_state` packed, with leaves of the kinds of `like`, and the notes."""
    tree, notes = unpack(saved, (like.train, like.replay, like.best, like.record, like.population))
    return State(notes["round"], notes["games"], *tree, notes["best_rank"], notes["average"]), notes
