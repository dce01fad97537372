"""The loop of self-play and learning: round after round, what is found is checked and kept.

All that a round depends on is the state of the round before and the round's number, so a killed search goes on from
its last saved round to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import optax

from stages.contract.archive import Archive
from stages.contract.candidates import Candidate
from stages.contract.command import Stopwatch
from stages.contract.origin import Origin
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.contract.rows.curves import SearchCurveRow
from stages.learning.devices import everywhere
from stages.network.agent import Network
from stages.params.agents import SpanAgent
from stages.search import spans
from stages.search.curve import rows_after
from stages.search.round import Found, Report, play_round
from stages.search.setup import Setup
from stages.search.starts import scheme_of_terms
from stages.search.state import KINDS, Kind, State, blank_state, pack_state, round_key, unpack_state


class Search(NamedTuple):
    """A search so far.

    Attributes:
      state: after the last round.
      curve: rows of all rounds.
      archives: schemes to hand on, by kind of start; they grow from round to round, the same for all of a search.
    """

    state: State
    curve: tuple[SearchCurveRow, ...]
    archives: Mapping[Kind, Archive]

    def candidates(self) -> list[Candidate]:
        """All schemes to hand on."""
        return [candidate for kind in KINDS for candidate in self.archives[kind].candidates()]


def rounds(
    setup: Setup, network: Network, resume: Resume, stopwatch: Stopwatch, moments: optax.OptState | None = None
) -> Iterator[Search]:
    """Yields the search as it begins, or where a killed one left it; then after each round, when that is saved.

    Args:
      moments: the state of Adam, if it goes on from that of the pretraining.
    """
    settings = setup.agent.search
    play = spans.play_round if isinstance(setup.agent, SpanAgent) else play_round
    search = _begin(setup, blank_state(setup, network, moments), resume, stopwatch)
    search = search._replace(state=replace(search.state, train=everywhere(search.state.train)))
    progress = Progress(f"search@{setup.name}", settings.rounds, "rounds", done=search.state.round)
    yield search
    while search.state.round < settings.rounds:
        state, report = play(search.state, round_key(setup, search.state.round), setup)
        for found in report.found:
            _keep(search.archives, found, search.state.games, setup)
        search = Search(state, (*search.curve, *rows_after(state, report, setup)), search.archives)
        if resume.is_due:
            resume.save(partial(_pack, search, stopwatch))
        progress.update(state.round, _in_words(state, report, setup))
        yield search


def _begin(setup: Setup, state: State, resume: Resume, stopwatch: Stopwatch) -> Search:
    search = Search(state, (), {kind: Archive(setup.agent.search.keep) for kind in KINDS})
    if not (saved := resume.load()):
        return search
    state, notes = unpack_state(saved, state)
    for kind in KINDS:
        search.archives[kind].restore(saved[f"archive {kind}"], setup.targets.values())
    stopwatch.add(notes["cpu_s"], notes["wall_s"])
    return search._replace(state=state, curve=tuple(SearchCurveRow(*row) for row in notes["curve"]))


def _pack(search: Search, stopwatch: Stopwatch) -> dict[str, np.ndarray]:
    clocks = {"cpu_s": stopwatch.cpu_s, "wall_s": stopwatch.wall_s}
    arrays = pack_state(search.state, {"curve": [astuple(row) for row in search.curve]} | clocks)
    return arrays | {f"archive {kind}": archive.to_array() for kind, archive in search.archives.items()}


def _keep(archives: Mapping[Kind, Archive], found: Found, games: int, setup: Setup) -> None:
    """Archives a scheme after algebra's exact check; `games` were played before its round.

    Raises:
      SchemeError: the check fails, so a game or a way back is wrong.
    """
    agent, archive = setup.agent, archives[found.kind]
    target = setup.targets[found.target]
    if archive.is_full(target, agent.ring, len(found.terms)):
        return
    scheme = scheme_of_terms(found.terms, target, agent)
    origin = Origin("search", setup.name, found.kind)
    archive.add(Candidate(scheme, origin, "", agent.seed, games + found.game + 1))


def _in_words(state: State, report: Report, setup: Setup) -> str:
    best = ", ".join(f"{name}:{state.own_best(target)}" for name, target in setup.targets.items())
    shares = {
        "games solved": [(ranks > 0).mean() for ranks in report.ends.values()],
        "window games rewritten": list(report.rewritten.values()),
    }
    solved = [f"{words} {np.mean(each):.1%}" for words, each in shares.items() if each]
    losses = [f"{name} {loss:.2f}" for name, loss in report.losses.items() if name == "policy"]
    return ", ".join([f"best over {setup.agent.ring} {best}", *solved, *losses])
