"""The loop of self-play and learning (AlphaTensor, Methods, «Training»): play, remember, train, again.

All that a round depends on is the state of the round before and the round's number, so a killed search goes on from
its last saved round to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from stages.algebra.factors import COEFFICIENT_LIMIT
from stages.algebra.targets import parse_target
from stages.contract.archive import Archive
from stages.contract.candidates import Candidate
from stages.contract.command import Stopwatch
from stages.contract.origin import Origin
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.contract.streams import Stream
from stages.learning import buffers
from stages.learning.positions import Terms
from stages.learning.train import TrainState, mean_losses, train_steps
from stages.network.agent import AgentNetwork
from stages.params.agents import Agent
from stages.search.batches import draw_batches
from stages.search.memory import KINDS, Memory
from stages.search.selfplay import learnable_positions, play, solved_terms
from stages.search.setup import Setup
from stages.search.starts import change_terms, cut_to_target, draw_bases, modes_of, scheme_of_terms, start_tensors
from stages.search.subgames import (
    Cores,
    core_tensors,
    put_back,
    select,
    standard_population,
    take_cores,
)

CURVE_COLUMNS = [
    "round",
    "games",
    "target",
    "solved_share",
    "rewritten_share",
    "best_game",
    "best_subgame",
    "policy_loss",
    "value_loss",
]


def begin(setup: Setup, network: AgentNetwork, resume: Resume, stopwatch: Stopwatch) -> Memory:
    """The memory before the first round, or where a killed search left it."""
    memory = Memory(
        TrainState(network, setup.optimiser.init(network)),
        buffers.empty_replay(setup.rules, network.history),
        buffers.empty_best_games(setup.rules),
        standard_population(setup.agent, setup.agent.search.window_games),
        {kind: Archive(setup.agent.search.keep) for kind in KINDS},
    )
    if saved := resume.load():
        memory.restore(saved, stopwatch)
    return memory


def rounds(memory: Memory, setup: Setup, resume: Resume, stopwatch: Stopwatch) -> Iterator[None]:
    """Plays the rounds that `memory` has not played; yields after each, when it is saved."""
    settings, seed, label = setup.agent.search, setup.agent.seed, f"search@{setup.name}"
    progress = Progress(label, settings.rounds, "rounds", done=memory.round)
    root = jax.random.fold_in(jax.random.key(seed), Stream.SEARCH)
    while memory.round < settings.rounds:
        play_key, batch_key, train_key = jax.random.split(jax.random.fold_in(root, memory.round), 3)
        rng = np.random.default_rng([seed, Stream.SEARCH, memory.round])
        shares = _play_round(memory, setup, play_key, rng)
        losses = {}
        if settings.train_steps:
            batches = draw_batches(memory, setup, batch_key, rng)
            memory.train, losses = train_steps(
                memory.train, batches, train_key, setup.optimiser, settings.signed_permutations
            )
            losses = mean_losses(losses, f"{label}, round {memory.round}")
        memory.round += 1
        _note(memory, setup, shares, losses)
        memory.save(resume, stopwatch)
        progress.update(memory.round, _in_words(memory, setup.agent, shares, losses))
        yield


def _play_round(
    memory: Memory, setup: Setup, key: PRNGKeyArray, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """Plays one batch, whole targets first, then subgames, into `memory`.

    Returns:
      By kind of start and target, the share of games that ended in a decomposition.
    """
    agent, settings, rules = setup.agent, setup.agent.search, setup.rules
    core_key, play_key = jax.random.split(key)
    whole = np.array([agent.targets.index(name) for name in agent.whole], int)
    target = rng.choice(whole, settings.games) if settings.games else np.zeros(0, int)
    modes = np.concatenate([modes_of(agent, target), np.full((settings.window_games, 3), rules.length)])
    bases = draw_bases(rng, rules, modes, settings.basis_density)
    games_part, subgames_part = np.split(np.arange(len(modes)), [settings.games])

    tensors = start_tensors(agent, rules, target, bases.of(games_part))
    # A game may use as many moves as the agent's own best scheme.
    limits = np.array([min(memory.own_best(size), rules.max_rank) for size in agent.targets])[target]
    cores = None
    if settings.window_games:
        cores = take_cores(memory.population, core_key, rules, settings.window_terms, settings.dimension_cost)
        cores = jax.tree.map(np.asarray, cores)
        changed = change_terms(cores.terms, bases.matrices[subgames_part], rules)
        tensors = np.concatenate([tensors, core_tensors(changed, rules)])
        limits = np.concatenate([limits, cores.count])
    games = play(memory.train.network, tensors.astype(np.int32), limits.astype(np.int32), play_key, setup.planner)
    is_learnt = settings.reanalyse < 1
    if is_learnt:
        positions = learnable_positions(games, rng, settings.learn_failed)
        memory.replay = buffers.remember(memory.replay, positions, settings.replay_rounds)

    solved, played = solved_terms(games)
    canonical = change_terms(played.terms, bases.inverses[solved], rules)
    is_whole = solved < settings.games
    new = [_keep_games(memory, setup, target, solved[is_whole], canonical[is_whole])]
    if cores is not None:
        members = solved[~is_whole] - settings.games
        given = Terms(canonical[~is_whole], played.rank[~is_whole])
        new.append(_keep_subgames(memory, setup, members, cores, given))
        if (memory.round + 1) % settings.selection_every == 0:
            memory.population = select(memory.population, rng)
    if is_learnt:
        for best in new:
            memory.best = buffers.keep_best(memory.best, best, settings.best_games)
    is_solved = np.asarray(games.is_solved)
    parts = {"game": (games_part, target), "subgame": (subgames_part, memory.population.target)}
    return {
        kind: {agent.targets[index]: float(is_solved[part[of == index]].mean()) for index in np.unique(of)}
        for kind, (part, of) in parts.items()
    }


def _keep_games(
    memory: Memory, setup: Setup, target: np.ndarray, solved: np.ndarray, canonical: np.ndarray
) -> buffers.BestGames:
    """Takes note of solved games of whole targets, given in the canonical basis; returns them to learn from."""
    # Over Z a way back can leave the range of a table's coefficients; such a game counts as solved and is not kept.
    is_storable = np.abs(canonical).max(axis=(1, 2, 3), initial=0) <= COEFFICIENT_LIMIT
    solved = solved[is_storable]
    own = cut_to_target(canonical[is_storable], target[solved], setup.agent)
    for game, terms, rank in zip(solved, *own, strict=True):
        _offer(memory, setup, terms[:rank], int(target[game]), "game", int(game))
    return buffers.BestGames(own, target[solved], own.rank)


def _keep_subgames(memory: Memory, setup: Setup, members: np.ndarray, cores: Cores, given: Terms) -> buffers.BestGames:
    """Puts solved subgames, given in the bases of their cores, back into their schemes; returns them to learn from."""
    targets, rules = setup.agent.targets, setup.rules
    whole = Terms(change_terms(given.terms, cores.bases[members].swapaxes(-1, -2), rules), given.rank)
    # Over Z a rewrite may leave the coefficients of the action space, where the next cores would not be playable.
    stays = np.isin(whole.terms, rules.coefficients).all(axis=(1, 2, 3))
    given, whole = (Terms(*(part[stays] for part in terms)) for terms in (given, whole))
    members = members[stays]
    before = memory.population.rank[members]
    memory.population = put_back(memory.population, members, cores, whole)
    population = memory.population
    for member, old in zip(members, before, strict=True):
        target, rank = int(population.target[member]), int(population.rank[member])
        size = parse_target(targets[target])
        is_better = rank < memory.best_rank["subgame"].get(size.name, size.naive_rank)
        if is_better or (rank <= min(old, memory.own_best(size.name)) and rank < size.naive_rank):
            terms = population.terms[member, :rank]
            _offer(memory, setup, terms, target, "subgame", setup.agent.search.games + int(member))
    # Of each core the shortest decomposition that is known: the game's, or the terms that were taken.
    known = Terms(cores.terms.copy(), cores.count.copy())
    known.terms[members], known.rank[members] = given.terms, given.rank
    best = buffers.BestGames(known, np.full(len(known.rank), len(targets)), known.rank - cores.count)
    return jax.tree.map(lambda part: part[known.rank > 0], best)  # terms that cancel leave no game


def _offer(memory: Memory, setup: Setup, terms: np.ndarray, target: int, kind: str, game: int) -> None:
    """Hands a scheme on, after algebra's exact check."""
    agent, settings = setup.agent, setup.agent.search
    size = parse_target(agent.targets[target])
    if memory.found[kind].is_full(size, agent.ring, len(terms)):
        return
    scheme = scheme_of_terms(terms, size.name, agent)
    clock = memory.round * (settings.games + settings.window_games) + game + 1
    memory.found[kind].add(Candidate(scheme, Origin("search", setup.name, kind), "", agent.seed, clock))
    best = memory.best_rank[kind]
    best[size.name] = min(scheme.rank, best.get(size.name, scheme.rank))


def _note(memory: Memory, setup: Setup, shares: dict[str, dict[str, float]], losses: dict[str, float]) -> None:
    """One row of the curve for each target."""
    settings = setup.agent.search
    for target in setup.agent.targets:
        share = {kind: f"{shares[kind][target]:.6g}" if target in shares[kind] else "" for kind in KINDS}
        memory.curve.append(
            {
                "round": memory.round,
                "games": memory.round * (settings.games + settings.window_games),
                "target": target,
                "solved_share": share["game"],
                "rewritten_share": share["subgame"],
                "best_game": memory.best_rank["game"].get(target, ""),
                "best_subgame": memory.best_rank["subgame"].get(target, ""),
                "policy_loss": f"{losses['policy']:.6g}" if losses else "",
                "value_loss": f"{losses['value']:.6g}" if losses else "",
            }
        )


def _in_words(memory: Memory, agent: Agent, shares: dict[str, dict[str, float]], losses: dict[str, float]) -> str:
    best = ", ".join(f"{target}:{memory.own_best(target)}" for target in agent.targets)
    solved = [f"{kind}s solved {np.mean(list(shares[kind].values())):.1%}" for kind in KINDS if shares[kind]]
    loss = [f"policy {losses['policy']:.2f}"] if losses else []
    return ", ".join([f"best over {agent.ring} {best}", *solved, *loss])


def metrics(memory: Memory) -> dict:
    """Deterministic figures of a finished search, for `dvc metrics`."""
    last = [row for row in memory.curve if row["round"] == memory.round]

    def shares(column: str) -> dict[str, float]:
        return {row["target"]: float(row[column]) for row in last if row[column]}

    return {
        "games": last[0]["games"],
        "best_game": memory.best_rank["game"],
        "best_subgame": memory.best_rank["subgame"],
        "solved_share": shares("solved_share"),
        "rewritten_share": shares("rewritten_share"),
        "losses": {name: float(last[0][f"{name}_loss"]) for name in ("policy", "value") if last[0][f"{name}_loss"]},
        "schemes": len(memory.candidates()),
    }
