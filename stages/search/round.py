"""One round: games from whole targets, window games, train steps (AlphaTensor, Methods, «Training»)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Int, PRNGKeyArray

from stages.algebra.factors import COEFFICIENT_LIMIT
from stages.learning import buffers
from stages.learning.positions import Position, Terms
from stages.learning.train import mean_losses, train_steps
from stages.search import games as played_lib
from stages.search.batches import draw_batches
from stages.search.selfplay import Games, learnable_positions, play, solved_terms
from stages.search.setup import Setup
from stages.search.starts import Bases, change_terms, cut_to_target, draw_bases, modes_of, start_tensors
from stages.search.state import KINDS, Kind, State, generator
from stages.search.windows import Population, Windows, put_back, select, take_windows, window_tensors


class Found(NamedTuple):
    """A scheme that a game has found; not yet checked.

    Attributes:
      kind: of the game.
      target: size that the scheme multiplies.
      terms: in the canonical basis, [rank, 3, l].
      game: number of the game in its round, from 0.
    """

    kind: Kind
    target: str
    terms: Int[np.ndarray, "rank 3 l"]
    game: int


@dataclass(frozen=True)
class Report:
    """What a round tells beside the state that it leads to.

    Attributes:
      ends: by target, how the games that are measured ended: the rank of what each found, 0 where it was not solved.
      rewritten: by target, the share of window games that ended in a decomposition.
      found: schemes to hand on.
      losses: means over the train steps by name; empty without any.
    """

    ends: Mapping[str, Int[np.ndarray, " games"]]
    rewritten: Mapping[str, float]
    found: Sequence[Found]
    losses: Mapping[str, float]


class Outcome(NamedTuple):
    """What the games of one kind have brought.

    Attributes:
      positions: to learn from.
      best: solved games to learn from.
      found: schemes to hand on.
      ends: by target, the number of terms with which each game ended; 0 where it was not solved.
      costs: by target, the mean of what games from it cost, with the bound of what they left.
      played: games of whole targets to hand on.
    """

    positions: Position
    best: buffers.BestGames
    found: list[Found]
    ends: dict[str, Int[np.ndarray, " games"]]
    costs: Mapping[str, float]
    played: played_lib.Games


def play_round(state: State, key: PRNGKeyArray, setup: Setup) -> tuple[State, Report]:
    """Plays and trains once. The key is consumed.

    Raises:
      TrainingError: a loss is not finite.
    """
    settings = setup.agent.search
    game_key, window_key, select_key, batch_key, train_key = jax.random.split(key, 5)
    outcomes: dict[Kind, Outcome] = {}
    population = state.population
    if settings.games:
        outcomes["game"] = play_targets(state, game_key, setup)
    if settings.window_games:
        population, outcomes["window"] = _play_windows(state, window_key, setup)
        if (state.round + 1) % settings.selection_every == 0:
            population = select(population, generator(select_key))
    found = [one for outcome in outcomes.values() for one in outcome.found]
    state = replace(state, population=population, best_rank=with_found(found, state.best_rank))
    if settings.self_competition and settings.games:
        decay = settings.self_competition.decay
        average = dict(state.average)
        for name, cost in outcomes["game"].costs.items():
            average[name] = decay * average.get(name, setup.targets[name].naive_rank) + (1 - decay) * cost
        state = replace(state, average=average)
    for outcome in outcomes.values():
        state = replace(state, record=played_lib.record(state.record, outcome.played, state.round))
    if outcomes and settings.reanalyse < 1:
        state = _remember(state, list(outcomes.values()), setup)

    losses: Mapping[str, float] = {}
    if settings.train_steps:
        batches = draw_batches(state, setup, batch_key)
        train, every = train_steps(state.train, batches, train_key, setup.optimiser, settings.signed_permutations)
        state, losses = replace(state, train=train), mean_losses(every, f"search@{setup.name}, round {state.round}")
    ends, windows = (outcomes[kind].ends if kind in outcomes else {} for kind in KINDS)
    rewritten = {target: float((ranks > 0).mean()) for target, ranks in windows.items()}
    games = state.games + settings.games + settings.window_games
    return replace(state, round=state.round + 1, games=games), Report(ends, rewritten, found, losses)


def with_found(found: Sequence[Found], best_rank: Mapping[Kind, Mapping[str, int]]) -> dict[Kind, dict[str, int]]:
    """The lowest ranks, those of `found` among them."""
    best = {kind: dict(ranks) for kind, ranks in best_rank.items()}
    for one in found:
        ranks = best[one.kind]
        ranks[one.target] = min(len(one.terms), ranks.get(one.target, len(one.terms)))
    return best


def _remember(state: State, outcomes: Sequence[Outcome], setup: Setup) -> State:
    """The state with the round's games to learn from."""
    settings = setup.agent.search
    positions = jax.tree.map(lambda *parts: np.concatenate(parts), *(outcome.positions for outcome in outcomes))
    best = state.best
    for outcome in outcomes:
        best = buffers.keep_best(best, outcome.best, settings.best_games)
    return replace(state, replay=buffers.remember(state.replay, positions, settings.replay_rounds), best=best)


def play_targets(state: State, key: PRNGKeyArray, setup: Setup) -> Outcome:
    """Games from whole targets, each in a random basis."""
    agent, rules, settings = setup.agent, setup.rules, setup.agent.search
    draw_key, play_key = jax.random.split(key)
    rng = generator(draw_key)
    target = rng.choice([agent.targets.index(name) for name in agent.whole], settings.games)
    bases = draw_bases(rng, rules, modes_of(agent, target), settings.basis_density)
    most = [min(state.limit(size, settings.self_competition), rules.max_rank) for size in setup.targets.values()]
    limits = np.array(most, np.int32)[target]
    games = play(state.train.network, start_tensors(agent, rules, target, bases), limits, play_key, setup.planner)

    solved, played = solved_terms(games)
    canonical = change_terms(played.terms, bases.inverses[solved], rules)
    # Over Z a way back can leave the range of a table's coefficients; such a game counts as solved and is not kept.
    is_storable = np.abs(canonical).max(axis=(1, 2, 3), initial=0) <= COEFFICIENT_LIMIT
    solved = solved[is_storable]
    own = cut_to_target(canonical[is_storable], target[solved], agent)
    found = [
        Found("game", agent.targets[target[game]], terms[:rank], int(game))
        for game, terms, rank in zip(solved, *own, strict=True)
    ]
    best = buffers.BestGames(own, target[solved], own.rank)
    positions = learnable_positions(games, rng, settings.learn_failed)
    spent = -np.asarray(games.rewards).sum(axis=1)
    costs = {agent.targets[index]: float(spent[target == index].mean()) for index in np.unique(target)}
    ends = _ends(games, target, setup)
    return Outcome(positions, best, found, ends, costs, _played(games, target, bases, setup))


def _played(games: Games, target: Int[np.ndarray, " games"], bases: Bases, setup: Setup) -> played_lib.Games:
    """The games in the canonical basis; those that over Z leave the action space there are left out."""
    agent, rules, was_over = setup.agent, setup.rules, np.asarray(games.states.is_over)
    terms = np.where(was_over[..., None, None], 0, np.asarray(games.played))
    own = cut_to_target(change_terms(terms, bases.inverses, rules), target, agent)
    # Without the rewards of the moves, -1 each, what a failed game left is charged.
    bounds = -np.asarray(games.rewards).sum(axis=1) - (~was_over).sum(axis=1)
    left = np.where(np.asarray(games.is_solved), 0, np.maximum(bounds, 1))
    fits = np.flatnonzero(np.isin(own.terms, rules.coefficients).all(axis=(1, 2, 3)))
    return played_lib.games_of(target[fits], own.rank[fits], left[fits], own.terms[fits], rules)


def _play_windows(state: State, key: PRNGKeyArray, setup: Setup) -> tuple[Population, Outcome]:
    """One window game for each scheme in play; returns the schemes with the solved windows rewritten."""
    rules, settings, population = setup.rules, setup.agent.search, state.population
    take_key, draw_key, play_key = jax.random.split(key, 3)
    rng = generator(draw_key)
    windows = take_windows(population, take_key, rules, settings.window_terms, settings.dimension_cost)
    windows = jax.tree.map(np.asarray, windows)
    bases = draw_bases(rng, rules, np.full((len(population.rank), 3), rules.length), settings.basis_density)
    tensors = window_tensors(change_terms(windows.terms, bases.matrices, rules), rules)
    limits = windows.count.astype(np.int32)
    games = play(state.train.network, tensors.astype(np.int32), limits, play_key, setup.planner)

    members, played = solved_terms(games)
    given = Terms(change_terms(played.terms, bases.inverses[members], rules), played.rank)
    after, best = rewrite(population, members, windows, given, setup)
    positions = learnable_positions(games, rng, settings.learn_failed)
    found, ends = _better(state, after, members, setup), _ends(games, population.target, setup)
    return after, Outcome(positions, best, found, ends, {}, played_lib.no_games(rules))


def rewrite(
    population: Population, members: Int[np.ndarray, " some"], windows: Windows, given: Terms, setup: Setup
) -> tuple[Population, buffers.BestGames]:
    """Puts solved windows back into their schemes.

    Args:
      members: whose windows were solved.
      windows: of the whole population.
      given: of each of `members` the terms that its game has played, in the basis of the window.
    Returns:
      The schemes, and the window games to learn from.
    """
    rules = setup.rules
    whole = Terms(change_terms(given.terms, windows.bases[members].swapaxes(-1, -2), rules), given.rank)
    # Over Z a rewrite may leave the coefficients of the action space, where the next windows would not be playable.
    stays = np.isin(whole.terms, rules.coefficients).all(axis=(1, 2, 3))
    given, whole = (Terms(*(part[stays] for part in terms)) for terms in (given, whole))
    after = put_back(population, members[stays], windows, whole)
    # Of each window the shortest decomposition that is known: the game's, or the terms that were taken.
    known = Terms(windows.terms.copy(), windows.count.copy())
    known.terms[members[stays]], known.rank[members[stays]] = given.terms, given.rank
    best = buffers.BestGames(known, np.full(len(known.rank), len(setup.agent.targets)), known.rank - windows.count)
    return after, jax.tree.map(lambda part: part[known.rank > 0], best)  # terms that cancel leave no game


def _better(state: State, after: Population, members: Int[np.ndarray, " some"], setup: Setup) -> list[Found]:
    """The rewritten schemes that are as short as the agent's own best, or shorter than the best by window games."""
    found = []
    for member in members:
        target, rank = setup.agent.targets[after.target[member]], int(after.rank[member])
        naive = setup.targets[target].naive_rank
        is_best = rank <= state.own_best(setup.targets[target]) or rank < state.best_rank["window"].get(target, naive)
        if is_best and rank < naive:
            found.append(Found("window", target, after.terms[member, :rank], setup.agent.search.games + int(member)))
    return found


def _ends(games: Games, target: Int[np.ndarray, " games"], setup: Setup) -> dict[str, Int[np.ndarray, " some"]]:
    """By target, the number of terms with which each game ended; 0 where it was not solved."""
    moves = np.sum(~np.asarray(games.states.is_over), axis=1)
    ranks = np.where(np.asarray(games.is_solved), moves, 0)
    return {setup.agent.targets[index]: ranks[target == index] for index in np.unique(target)}
