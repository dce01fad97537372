"""What a search carries from round to round, and its way to disk and back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stages.algebra.targets import parse_size
from stages.contract.archive import Archive
from stages.contract.candidates import Candidate
from stages.contract.command import Stopwatch
from stages.contract.resume import Resume
from stages.learning import buffers
from stages.learning.checkpoint import pack, unpack
from stages.learning.train import TrainState
from stages.search.subgames import Population

KINDS = ("game", "subgame")


@dataclass
class Memory:
    """What a search carries from round to round.

    Attributes:
      train: network and optimiser.
      replay, best: own games to learn from.
      population: the schemes that subgames rewrite.
      found: schemes to hand on, by kind of start: who finds what the other kind has found is told too.
      best_rank: by kind of start («game», «subgame») and target, of what was found.
    """

    train: TrainState
    replay: buffers.Replay
    best: buffers.BestGames
    population: Population
    found: dict[str, Archive]
    best_rank: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    curve: list[dict] = field(default_factory=list)
    round: int = 0

    def save(self, resume: Resume, stopwatch: Stopwatch) -> None:
        """Saves the state of this round, if a save is due."""
        if not resume.is_due:
            return
        notes = {"best_rank": self.best_rank, "curve": self.curve, "round": self.round}
        clocks = {"cpu_s": stopwatch.cpu_s, "wall_s": stopwatch.wall_s}
        tree = (self.train, self.replay, self.best, self.population)
        found = {f"found {kind}": self.found[kind].to_array() for kind in KINDS}
        resume.save(pack(tree, notes | clocks) | found)

    def restore(self, saved: dict[str, np.ndarray], stopwatch: Stopwatch) -> None:
        for kind in KINDS:
            self.found[kind].restore(saved[f"found {kind}"])
        like = (self.train, self.replay, self.best, self.population)
        (self.train, self.replay, self.best, self.population), notes = unpack(saved, like)
        self.best_rank, self.curve, self.round = notes["best_rank"], notes["curve"], notes["round"]
        stopwatch.add(notes["cpu_s"], notes["wall_s"])

    def candidates(self) -> list[Candidate]:
        """All schemes to hand on."""
        return [candidate for kind in KINDS for candidate in self.found[kind].candidates()]

    def own_best(self, target: str) -> int:
        """The lowest rank that the agent has found, at first the standard algorithm's."""
        ranks = [self.best_rank[kind][target] for kind in KINDS if target in self.best_rank[kind]]
        return min(ranks, default=parse_size(target).naive_rank)
