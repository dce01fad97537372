"""The loop of self-play and learning (AlphaTensor, Methods, «Training»): play, remember, train, again.

All that a round depends on is the state of the round before and the round's number, so a killed search goes on from
its last saved round to the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from stages.algebra.factors import COEFFICIENT_LIMIT
from stages.algebra.targets import parse_size
from stages.contract.candidates import Candidate, Collection
from stages.contract.command import Stopwatch
from stages.contract.params import Agent, Search
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.contract.streams import Stream
from stages.learning import buffers
from stages.learning.checkpoint import pack, unpack
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.positions import Terms
from stages.learning.train import Batch, TrainState, make_optimiser, mean_losses, train_steps
from stages.network.agent import AgentNetwork
from stages.planning.choose import planner
from stages.planning.plan import Planner
from stages.search.selfplay import learnable_positions, play, solved_terms
from stages.search.starts import change_terms, cut_to_target, draw_bases, scheme_of_terms, start_tensors

CURVE_COLUMNS = ["round", "games", "target", "solved_share", "best_rank", "policy_loss", "value_loss"]


@dataclass
class Memory:
    """What a search carries from round to round."""

    train: TrainState
    replay: buffers.Replay
    best: buffers.BestGames
    found: Collection
    best_rank: dict[str, int] = field(default_factory=dict)  # per target, of solved games
    curve: list[dict] = field(default_factory=list)
    round: int = 0

    def save(self, resume: Resume, stopwatch: Stopwatch) -> None:
        notes = {"best_rank": self.best_rank, "curve": self.curve, "round": self.round}
        clocks = {"cpu_s": stopwatch.cpu_s, "wall_s": stopwatch.wall_s}
        tree = (self.train, self.replay, self.best)
        resume.save(pack(tree, notes | clocks) | {"found": self.found.to_array()})

    def restore(self, saved: dict[str, np.ndarray], stopwatch: Stopwatch) -> None:
        self.found.restore(saved.pop("found"))
        (self.train, self.replay, self.best), notes = unpack(saved, (self.train, self.replay, self.best))
        self.best_rank, self.curve, self.round = notes["best_rank"], notes["curve"], notes["round"]
        stopwatch.add(notes["cpu_s"], notes["wall_s"])


def search(
    agent: Agent,
    settings: Search,
    network: AgentNetwork,
    reader: DemonstrationReader,
    resume: Resume,
    stopwatch: Stopwatch,
    name: str,
) -> Memory:
    """Plays all rounds, from `network` on; returns what was found and learnt."""
    optimiser = make_optimiser(settings.optimiser, None)
    memory = Memory(
        TrainState(network, optimiser.init(network)),
        buffers.empty_replay(network.rules),
        buffers.empty_best_games(network.rules),
        Collection(settings.keep),
    )
    if saved := resume.load():
        memory.restore(saved, stopwatch)

    progress = Progress(f"search@{name}", settings.rounds, "rounds", done=memory.round)
    plan = planner(settings)
    root = jax.random.fold_in(jax.random.key(agent.seed), Stream.SEARCH)
    while memory.round < settings.rounds:
        play_key, train_key = jax.random.split(jax.random.fold_in(root, memory.round))
        rng = np.random.default_rng([agent.seed, Stream.SEARCH, memory.round])
        solved_share = _play_round(memory, agent, settings, plan, play_key, rng, f"search:{name}:game")
        batches = _draw_batches(memory, agent, settings, reader, rng)
        memory.train, losses = train_steps(memory.train, batches, train_key, optimiser)
        means = mean_losses(losses, f"search@{name}, round {memory.round}")
        memory.round += 1
        for target in agent.targets:
            memory.curve.append(
                {
                    "round": memory.round,
                    "games": memory.round * settings.games,
                    "target": target,
                    "solved_share": f"{solved_share[target]:.6g}" if target in solved_share else "",
                    "best_rank": memory.best_rank.get(target, ""),
                    "policy_loss": f"{means['policy']:.6g}",
                    "value_loss": f"{means['value']:.6g}",
                }
            )
        memory.save(resume, stopwatch)
        best = ", ".join(f"{target}:{rank}" for target, rank in memory.best_rank.items()) or "none yet"
        share = np.mean(list(solved_share.values()))
        progress.update(
            memory.round, f"best over {agent.ring} {best}, solved {share:.1%}, policy {means['policy']:.2f}"
        )
    return memory


def _play_round(
    memory: Memory,
    agent: Agent,
    settings: Search,
    plan: Planner,
    key: PRNGKeyArray,
    rng: np.random.Generator,
    origin: str,
) -> dict[str, float]:
    """Plays one batch of games into `memory`; returns the solved share of each target that was drawn."""
    network = memory.train.network
    target = rng.integers(len(agent.targets), size=settings.games)
    bases = draw_bases(rng, agent, network.rules, target, settings.basis_density)
    # A game may use as many moves as the agent's own best scheme, at first as the standard algorithm.
    limit = [memory.best_rank.get(name, parse_size(name).naive_rank) for name in agent.targets]
    tensors = start_tensors(agent, network.rules, target, bases)
    games = play(network, tensors, np.array(limit, np.int32)[target], key, plan)
    memory.replay = buffers.remember(memory.replay, learnable_positions(games), settings.replay_rounds)

    solved, played = solved_terms(games)
    canonical = change_terms(played.terms, bases.inverses[solved], agent)
    # Over Z a way back can leave the range of a table's coefficients; such a game counts as solved and is not kept.
    is_storable = np.abs(canonical).max(axis=(1, 2, 3), initial=0) <= COEFFICIENT_LIMIT
    solved = solved[is_storable]
    own = cut_to_target(canonical[is_storable], target[solved], agent)
    first = memory.round * settings.games
    for game, terms, rank in zip(solved, *own, strict=True):
        size = agent.targets[target[game]]
        scheme = scheme_of_terms(terms[:rank], size, agent)
        memory.found.add(Candidate(scheme, origin, "", agent.seed, first + int(game) + 1))
        memory.best_rank[size] = min(scheme.rank, memory.best_rank.get(size, scheme.rank))
    memory.best = buffers.keep_best(memory.best, own, target[solved], settings.best_games)

    is_solved = np.asarray(games.is_solved)
    played_sizes = np.unique(target)
    return {agent.targets[index]: float(is_solved[target == index].mean()) for index in played_sizes}


def _draw_batches(
    memory: Memory, agent: Agent, settings: Search, reader: DemonstrationReader, rng: np.random.Generator
) -> Batch:
    """One round of batches: shares of demonstrations and of best games, the rest own positions.

    Best games are shown in fresh random bases. Demonstrations stand in for them until a game is solved, and where a
    basis takes a coefficient out of the action space, so that shapes never change.
    """
    rules = memory.train.network.rules
    steps, batch = settings.train_steps, settings.optimiser.batch
    count = round((settings.demonstration_share + settings.best_share) * batch)
    best_count = min(round(settings.best_share * batch), count)
    terms, rank = reader.take(memory.round * steps * count, (steps, count))
    if best_count and len(memory.best.target):
        best, target = buffers.draw_best(memory.best, rng, steps * best_count)
        bases = draw_bases(rng, agent, rules, target, settings.basis_density)
        changed = change_terms(best.terms, bases.matrices, agent)
        fits = np.isin(changed, rules.coefficients).all(axis=(1, 2, 3)).reshape(steps, best_count)
        changed = changed.reshape(steps, best_count, *changed.shape[1:])
        terms[:, :best_count] = np.where(fits[:, :, None, None, None], changed, terms[:, :best_count])
        rank[:, :best_count] = np.where(fits, best.rank.reshape(fits.shape), rank[:, :best_count])
    return Batch(Terms(terms, rank), buffers.draw(memory.replay, rng, (steps, batch - count)))


def metrics(memory: Memory) -> dict:
    """Deterministic figures of a finished search, for `dvc metrics`."""
    last = [row for row in memory.curve if row["round"] == memory.round]
    return {
        "games": last[0]["games"],
        "best_rank": memory.best_rank,
        "solved_share": {row["target"]: float(row["solved_share"]) for row in last if row["solved_share"]},
        "policy_loss": float(last[0]["policy_loss"]),
        "value_loss": float(last[0]["value_loss"]),
        "schemes": len(memory.found.candidates()),
    }
