"""The kinds of walk, behind one signature: where an attempt begins, how it goes on, what it leaves.

`flips` walks over Z2 and lifts; `cyclic` does so among the schemes that a cyclic exchange of the factors leaves
unchanged (square sizes); `ternary` walks over Z among coefficients -1, 0, 1, so what it finds needs no lifting. A
recombination makes no flips and is no mode in this sense: see there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import Target
from stages.params.walks import Refinement, Walk
from stages.refinement import cyclic, flips
from stages.refinement.curriculum import draw_start
from stages.refinement.finds import Finds
from stages.refinement.words import decode, decode_ternary, encode, encode_ternary

HARVEST = 8  # schemes looked at when an attempt ends; the pool of one attempt is a family and lifts as one


class Start(NamedTuple):
    """Where an attempt begins.

    Attributes:
      walker: arrays of the mode's kernel.
      scheme: where it stands.
      parent: hash of the scheme that it was made of.
    """

    walker: tuple[np.ndarray, ...]
    scheme: Scheme
    parent: str


class Mode(ABC):
    """One kind of walk. `advance` runs in threads: it changes nothing but the walker given."""

    Walker: ClassVar[type]  # NamedTuple of arrays
    restart_after: int  # flips without a lower rank before the next attempt

    @abstractmethod
    def start(self, size: Target, finds: Finds, rng: np.random.Generator) -> Start:
        """A new attempt at `size`."""

    @abstractmethod
    def advance(self, walker: tuple[np.ndarray, ...], size: Target, moves: int) -> tuple[int, Scheme | None]:
        """Walks at most `moves` flips; returns those made, and the scheme where they end at a new best rank."""

    @abstractmethod
    def rank(self, walker: tuple[np.ndarray, ...]) -> int:
        """The lowest rank of the attempt."""

    @abstractmethod
    def harvest(self, walker: tuple[np.ndarray, ...], size: Target) -> list[Scheme]:
        """What is worth a look when the attempt ends."""


@dataclass(frozen=True)
class Flips(Mode):
    """Over Z2 or, if `is_ternary`, over Z with coefficients -1, 0, 1; from schemes of any size."""

    policy: flips.Policy
    pool: int
    highest_margin: int
    restart_after: int
    is_ternary: bool = False
    Walker = flips.Walker

    def start(self, size: Target, finds: Finds, rng: np.random.Generator) -> Start:
        scheme, parent = draw_start(size, finds, rng, self.is_ternary)
        terms = encode_ternary(scheme) if self.is_ternary else encode(scheme)
        walker = flips.begin(terms, self.pool, self.highest_margin, int(rng.integers(2**63)))
        return Start(walker, scheme, parent)

    def advance(self, walker: flips.Walker, size: Target, moves: int) -> tuple[int, Scheme | None]:
        best = walker.registers[flips.BEST]
        advance = flips.advance_ternary if self.is_ternary else flips.advance
        made = int(advance(walker, self.policy, np.uint64(moves)))
        is_lower = walker.registers[flips.BEST] < best
        return made, self._decode(flips.terms_of(walker), size) if is_lower else None

    def rank(self, walker: flips.Walker) -> int:
        return int(walker.registers[flips.BEST])

    def harvest(self, walker: flips.Walker, size: Target) -> list[Scheme]:
        pool = flips.pooled_terms(walker)
        chosen = pool[:: -(-len(pool) // HARVEST)]
        if self.is_ternary:
            chosen = pool[np.argsort(np.bitwise_count(pool[:, :3]).sum(axis=(1, 2)), kind="stable")[:HARVEST]]
        return [self._decode(terms, size) for terms in chosen]

    def _decode(self, terms: np.ndarray, size: Target) -> Scheme:
        return decode_ternary(terms, size) if self.is_ternary else decode(terms[:3], size)


class Cyclic(Mode):
    """Over Z2, from the standard algorithm with a random partition of the diagonal made into cubes."""

    Walker = cyclic.Walker
    restart_after = cyclic.RESTART_AFTER

    def start(self, target: Target, finds: Finds, rng: np.random.Generator) -> Start:
        n = target.size.n
        walker = cyclic.begin(n, cyclic.draw_blocks(rng, n), int(rng.integers(2**63)))
        return Start(walker, decode(cyclic.terms_of(walker), target), standard(target).hash)

    def advance(self, walker: cyclic.Walker, size: Target, moves: int) -> tuple[int, Scheme | None]:
        best = walker.registers[cyclic.BEST]
        made = int(cyclic.advance(walker, np.uint64(moves)))
        is_lower = walker.registers[cyclic.BEST] < best
        return made, decode(cyclic.terms_of(walker), size) if is_lower else None

    def rank(self, walker: cyclic.Walker) -> int:
        return cyclic.rank_of(walker)

    def harvest(self, walker: cyclic.Walker, size: Target) -> list[Scheme]:
        return [decode(cyclic.terms_of(walker), size)]


def mode_of(walk: Walk, settings: Refinement) -> Mode:
    """The mode that a walk names."""
    if walk.mode == "cyclic":
        return Cyclic()
    policy = flips.policy(settings.plus_after, settings.margin)
    return Flips(policy, settings.pool, settings.margin[1], settings.restart_after, walk.mode == "ternary")
