"""One round in spans: a beam and one-ply games for each whole target, windows of the others, then train steps.

What is learnt from are demonstrations, the own solved games and the states of one-ply games.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Int, PRNGKeyArray

from stages.game.support import bound_ranks, unpack_factors
from stages.learning import buffers, spans
from stages.learning.positions import Terms
from stages.learning.train import mean_losses
from stages.network.spans import SpansNetwork
from stages.planning.one_ply_games import one_ply_games
from stages.planning.successors import seen
from stages.search.games import Games, games_of, no_games, orbits, record
from stages.search.generations import Progress, Solved, play_windows
from stages.search.played import draw_played, start_of
from stages.search.round import Found, Report, with_found
from stages.search.setup import Setup
from stages.search.state import State, generator

_LINES = 16  # of one beam that are learnt from: its hundreds differ in little, and would drive out all others


def play_round(state: State, key: PRNGKeyArray, setup: Setup) -> tuple[State, Report]:
    """Plays and trains once. The key is consumed.

    Raises:
      TrainingError: a loss is not finite.
    """
    agent, settings = setup.agent, setup.agent.search
    play_key, draw_key, train_key, games_key = jax.random.split(key, 4)
    rng = generator(play_key)
    best, found, played = state.best, [], []
    whole = agent.whole if settings.games else ()
    for name in whole:
        index = agent.targets.index(name)
        lines = _play(state, name, setup, rng)
        found += [Found("game", name, terms, index) for terms, _ in lines]
        if lines:
            few = [lines[row] for row in rng.permutation(len(lines))[:_LINES]]
            moves = _stack([moves for _, moves in few], setup)
            costs = np.array([len(terms) for terms, _ in few], np.int32)
            solved = buffers.BestGames(moves, np.full(len(few), index, np.int32), costs)
            best = buffers.keep_best(best, solved, settings.best_games)
            target, left = solved.kind, np.zeros(len(few))
            played.append(games_of(target, moves.rank, left, moves.terms, setup.rules, is_line=True))
    population, rewritten, games = state.population, {}, state.games + (1 + settings.games) * len(whole)
    if settings.windows:
        population, progress = play_windows(population, state.train.network, agent, rng)
        found += _lower(progress, state, setup)
        best = buffers.keep_best(best, _solved_windows(progress.solved, setup), settings.best_games)
        counts = zip(agent.windowed, progress.ended.tolist(), progress.played.tolist(), strict=True)
        rewritten = {name: ended / played for name, ended, played in counts if played}
        games += int(progress.played.sum())
    state = replace(state, best=best, population=population, best_rank=with_found(found, state.best_rank))
    ends, alone = play_alone(state.train.network, setup, settings.games, generator(games_key))
    for some in (*played, alone):
        state = replace(state, record=record(state.record, some, state.round))
    losses = {}
    if settings.train_steps:
        terms, positions = _lessons(state, setup, generator(draw_key))
        steps, batch = settings.train_steps, settings.optimiser.batch
        train, every = spans.train_steps(state.train, terms, steps, batch, train_key, setup.optimiser, positions)
        state, losses = replace(state, train=train), mean_losses(every, f"search@{setup.name}, round {state.round}")
    report = Report(ends, rewritten, found, losses)
    return replace(state, round=state.round + 1, games=games), report


def _lower(progress: Progress, state: State, setup: Setup) -> list[Found]:
    """The schemes by windows that are as short as the agent's own best."""
    found = []
    for name, words in progress.lower:
        if len(words) <= state.own_best(setup.targets[name]):
            terms = unpack_factors(words, max(setup.targets[name].modes))
            found.append(Found("window", name, terms, len(setup.agent.whole)))
    return found


def _solved_windows(solved: Solved, setup: Setup) -> buffers.BestGames:
    terms = np.zeros((len(solved.length), setup.rules.max_rank, 3, setup.rules.length), np.int32)
    terms[:, : solved.moves.shape[1]] = unpack_factors(solved.moves, setup.rules.length)
    games = Terms(terms, solved.length.astype(np.int32))
    kind = np.full(len(solved.length), len(setup.agent.targets), np.int32)
    return buffers.BestGames(games, kind, (solved.length - solved.count).astype(np.int32))


def _play(
    state: State, name: str, setup: Setup, rng: np.random.Generator
) -> list[tuple[Int[np.ndarray, "rank 3 s"], Int[np.ndarray, "moves 3 s"]]]:
    """The terms of the solved lines of one beam, and their moves; over Z with signs.

    The modes of a target are played in a random order, since the policy chooses their factors one after another. The
    limit is the standard algorithm's rank: failed games teach nothing here, so it stays loose.
    """
    is_cyclic, is_over_z = setup.agent.symmetry == "cyclic", setup.agent.ring == "Z"
    order = np.arange(3) if is_cyclic else rng.permutation(3)
    noise = setup.agent.search.planner.noise
    lines = setup.planner(
        state.train.network,
        start_of(name, setup, order),
        setup.targets[name].naive_rank,
        rng,
        noise=noise[state.round % len(noise)],
    )
    found = []
    for line in lines:
        moves = line[:, np.argsort(order)]
        moves = moves if is_over_z else unpack_factors(moves, setup.rules.length)
        found.append((orbits(moves) if is_cyclic else moves, moves))
    return found


def play_alone(
    network: SpansNetwork, setup: Setup, number: int, rng: np.random.Generator
) -> tuple[dict[str, Int[np.ndarray, " games"]], Games]:
    """Games of the network one ply at a time: how they ended, by whole target, and the games; `number` may be 0.

    Their ends, ranks or 0 where it is not solved, are a measure that no luck makes; a beam tells only whether one line
    of hundreds was solved. They are told before anything is learnt from them.
    """
    agent, whole = setup.agent, setup.agent.whole
    if not whole or not number:
        return {}, no_games(setup.rules)
    starts = np.repeat([start_of(name, setup, np.arange(3)) for name in whole], number, axis=0)
    limits = np.repeat([setup.targets[name].naive_rank for name in whole], number)
    given = {"candidates": agent.search.candidates, "noise": 0.0, "risk": agent.search.risk}
    games = one_ply_games(network, starts, limits, int(limits.max()), rng, **given)
    ends = np.where(games.is_solved, games.costs, 0).reshape(len(whole), number)
    moves = games.moves if agent.ring == "Z" else unpack_factors(games.moves, setup.rules.length)
    # Over Z what is left may be even; then the bound modulo 2 is 0, and the game must not count as solved.
    bounds = np.where(games.is_solved, 0, np.maximum(bound_ranks(seen(games.left)), 1))
    targets = np.repeat([agent.targets.index(name) for name in whole], number)
    return dict(zip(whole, ends, strict=True)), games_of(targets, games.counts, bounds, moves, setup.rules)


def _stack(games: list[Int[np.ndarray, "moves 3 s"]], setup: Setup) -> Terms:
    terms = np.zeros((len(games), setup.rules.max_rank, 3, setup.rules.length), np.int32)
    for row, moves in enumerate(games):
        terms[row, : len(moves)] = moves
    return Terms(terms, np.array([len(moves) for moves in games], np.int32))


def _lessons(state: State, setup: Setup, rng: np.random.Generator) -> tuple[Terms, spans.Positions | None]:
    """Demonstrations and own solved games, these with their modes in random orders; and positions as played."""
    settings = setup.agent.search
    count = settings.train_steps * spans.PER_STEP
    num_own = round(settings.own_share * count) if len(state.best.kind) else 0
    played = draw_played(state, setup, rng, round(settings.played_share * count))
    num_played = len(played.values)
    terms = setup.reader.take(state.round * count, (count - num_own - num_played,))
    if num_own:
        own = buffers.draw_best(state.best, rng, num_own).games
        if setup.agent.symmetry == "none":
            order = np.argsort(rng.random((num_own, 3)), axis=1)
            own = own._replace(terms=np.take_along_axis(own.terms, order[:, None, :, None], axis=2))
        terms = Terms(*(np.concatenate(parts) for parts in zip(terms, own, strict=True)))
    return terms, played if num_played else None
