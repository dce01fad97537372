"""The schemes in play of the targets that are played by windows: batches of window games, generation after generation.

All schemes of a target begin as the standard algorithm. They walk from window to window at their rank; each keeps the
best scheme of lower rank that a window led to. Those of lowest energy of all are the next generation. Energy decides
whether a scheme leads on: the windows that save a term in blocks of blocks are of terms that share their factors.

Cyclic schemes have batches of windows of turned moves and of windows in one span in turn (`search.span_windows`). The
network knows ordinary games alone, and the first kind is such games. In one span each term that it chooses is played as
its orbit, or as a cube (`planning.successors`), and its value foretells the ordinary rank, of which the cyclic cost is
an upper bound. From these games it does not learn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.learning.chance import Chance, learn_outcomes, no_chance
from stages.network.chance import FAILED, LOWER, NEW, OUTCOMES, Windows, see_windows
from stages.network.spans import SpansNetwork
from stages.params.agents import SpanAgent
from stages.params.planners import AnyWindow, WindowChoice
from stages.planning.one_ply_games import one_ply_games
from stages.planning.windows import choose_windows
from stages.search.games import orbits
from stages.search.rewrites import Rewrites, learn, no_rewrites
from stages.search.span_schemes import NO_RANK, Children, Schemes, no_children, standard_schemes
from stages.search.span_windows import KINDS, Met, Settings, met_windows, walk


class Play(NamedTuple):
    """Where the targets that are played by windows stand; each has as many schemes, in the order of the targets.

    Attributes:
      schemes: in play.
      children: of each scheme in play.
      rewrites: that are known, of all targets, for each kind of windows.
      age: [targets] batches since the generation began.
      starts: [targets] how often the schemes began anew.
      chance: what window games bring, where windows are chosen by that.
    """

    schemes: Schemes
    children: Children
    rewrites: tuple[Rewrites, ...]
    age: np.ndarray
    starts: np.ndarray
    chance: Chance | None


class Solved(NamedTuple):
    """Window games that ended at zero.

    Attributes:
      moves: [games, most, 3] vectors, in the coordinates of the window.
      length: of each.
      count: number of terms that each replaces.
    """

    moves: np.ndarray
    length: np.ndarray
    count: np.ndarray


class Progress(NamedTuple):
    """What a round of windows brought.

    Attributes:
      lower: schemes of a new generation: target, and terms [rank, 3] as words.
      outcomes: [targets, outcomes] window games that ended so (`network.chance`).
      solved: games to learn from.
    """

    lower: list[tuple[str, np.ndarray]]
    outcomes: np.ndarray
    solved: Solved

    @property
    def played(self) -> np.ndarray:
        """[targets] window games."""
        return self.outcomes.sum(axis=1)

    @property
    def ended(self) -> np.ndarray:
        """[targets] those of them that ended at zero."""
        return self.outcomes[:, FAILED + 1 :].sum(axis=1)


def begin(agent: SpanAgent) -> Play:
    """Nothing known, the standard algorithms."""
    windows, targets = agent.search.windows, agent.windowed
    schemes = standard_schemes(targets, windows.members, windows.symmetry)
    zero = np.zeros(len(targets), np.int64)
    chance = no_chance(agent.network.quantiles, agent.seed) if windows.choice else None
    rewrites = tuple(no_rewrites(windows.terms[1]) for _ in KINDS[windows.symmetry])
    return Play(schemes, no_children(schemes), rewrites, zero, zero.copy(), chance)


def play_windows(
    state: Play, network: SpansNetwork, agent: SpanAgent, rng: np.random.Generator
) -> tuple[Play, Progress]:
    """Plays the batches of one round."""
    windows, targets = agent.search.windows, agent.windowed
    schemes, children = (type(part)(*(field.copy() for field in part)) for part in (state.schemes, state.children))
    rewrites, age, starts, chance = list(state.rewrites), state.age.copy(), state.starts.copy(), state.chance
    shares, kinds = np.exp(-windows.dimension_cost * np.arange(4)), KINDS[windows.symmetry]
    met = met_windows(schemes, windows.terms[1], windows.choice.windows if windows.choice else 1)
    lower, solved, outcomes = [], [], np.zeros((len(targets), OUTCOMES), np.int64)
    for batch in range(windows.batches):
        which = batch % len(kinds)
        kind, known = kinds[which], rewrites[which]
        settings = Settings(kind, windows.terms, windows.dimensions, shares, windows.plays)
        temperatures = np.array([windows.temperatures[start % len(windows.temperatures)] for start in starts])
        walk(schemes, children, known, temperatures[schemes.target], settings, windows.steps, rng, met)
        if met.is_met.any():
            rows, before = np.nonzero(met.is_met), None
            if chance:
                rows, before = _chosen(met, chance, network, windows.choice, rng)
            tensors, terms, count = met.tensors[rows], met.terms[rows], met.count[rows]
            given = {"candidates": agent.search.candidates, "noise": windows.noise, "risk": agent.search.risk}
            games = one_ply_games(network, tensors, count, windows.terms[1], rng, is_cyclic=kind.is_one, **given)
            moves, cost = games.moves, np.where(games.is_solved, games.costs, 0)
            if kind.is_one:
                terms, moves = first_turns(terms), first_turns(moves)
            else:
                solved.append(Solved(*(field[cost > 0] for field in (moves, cost, count))))
            own = np.where(terms.any(axis=(1, 2)), count, 0)
            both = (np.concatenate(pair) for pair in ((tensors, tensors), (terms, moves), (own, cost)))
            rewrites[which], outcome = learn(known, *both, plays=np.repeat([0, 1], len(tensors)))
            # Of terms that lie outside of the spans of their sum nothing was known.
            outcome = np.where((outcome == LOWER)[len(tensors) :] & (cost == count), NEW, outcome[len(tensors) :])
            np.add.at(outcomes, (schemes.target[rows[0]], outcome), 1)
            if chance:
                chance = learn_outcomes(chance, before, outcome, rng)
        age += 1
        for index, name in enumerate(targets):
            rows = np.flatnonzero(schemes.target == index)
            best = _best(Children(*(field[rows] for field in children)), windows.parents)
            if len(best) and age[index] >= windows.generation:
                source = rows[best]
                for row in source:
                    terms = children.terms[row, : children.rank[row]].copy()
                    lower.append((name, orbits(terms[..., None])[..., 0] if kind.is_cyclic else terms))
                source = np.resize(source, len(rows))
                schemes.terms[rows], schemes.rank[rows] = children.terms[source], children.rank[source]
            elif not len(best) and age[index] >= windows.patience:
                fresh = standard_schemes((name,), len(rows), windows.symmetry)
                schemes.terms[rows] = 0
                schemes.terms[rows, : fresh.terms.shape[1]], schemes.rank[rows] = fresh.terms, fresh.rank
                starts[index] += 1
            else:
                continue
            children.cost[rows] = NO_RANK
            age[index] = 0
    every = Solved(*(np.concatenate(parts) for parts in zip(*solved, strict=True))) if solved else _none(windows.terms)
    after = Play(schemes, children, tuple(rewrites), age, starts, chance)
    return after, Progress(lower, outcomes, every)


def _chosen(
    met: Met, chance: Chance, network: SpansNetwork, choice: WindowChoice, rng: np.random.Generator
) -> tuple[tuple[np.ndarray, np.ndarray], Windows]:
    """At most one window of each scheme, all of them distinct tensors: their rows, and they as the model sees them."""
    size = met.is_met.shape
    order, scheme = np.nonzero(met.is_met.T)  # so what a scheme met first is its own
    tensors = met.tensors[scheme, order].reshape(len(order), -1)
    first = np.unique(tensors, axis=0, return_index=True)[1]
    is_there = np.zeros(size, bool)
    is_there[scheme[first], order[first]] = True
    seen = see_windows(network, met.tensors.reshape(-1, *met.tensors.shape[2:]), met.count.reshape(-1))
    windows = Windows(seen.reshape(*size, -1), met.known, met.plays)
    if isinstance(choice, AnyWindow):
        place = np.argmax(np.where(is_there, rng.random(size), -1), axis=1)
    else:
        base_rate = chance.base_rates[LOWER]
        place = choose_windows(chance.network, windows, is_there, base_rate, choice, rng)
    rows = np.flatnonzero(is_there.any(axis=1))
    rows = rows, place[rows]
    return rows, Windows(*(field[rows] for field in windows))


def first_turns(moves: np.ndarray) -> np.ndarray:
    """Moves in coordinates, [..., 3], each as the first of its three turns."""
    turns = (np.arange(3)[:, None] + np.arange(3)) % 3
    every = moves[..., turns]  # [..., turns, 3]
    first = np.argmin(every @ (1 << 9 * np.arange(2, -1, -1)), axis=-1)
    return np.take_along_axis(every, first[..., None, None], axis=-2)[..., 0, :]


def _none(terms: tuple[int, int]) -> Solved:
    return Solved(np.zeros((0, terms[1], 3), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def _best(children: Children, most: int) -> np.ndarray:
    """The rows of those of lowest cost, at most so many, lowest energy first."""
    order = np.lexsort((children.energy, children.cost))
    return order[(children.cost[order] == children.cost[order[0]]) & (children.cost[order] < NO_RANK)][:most]
