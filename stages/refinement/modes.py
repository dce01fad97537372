"""The kinds of walk: over which ring, under which symmetry and policy, and where an attempt begins.

`flips` walks over Z2 and lifts; `cyclic` does so among the schemes that a cyclic exchange of the factors, and by group
a reversal of them, leaves unchanged (square sizes); `modulo3` walks over Z3 and lifts to Z or Q; `ternary` walks over Z
among coefficients -1, 0, 1, so what it finds needs no lifting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import Target
from stages.params import walks as params
from stages.params.section import STANDARD_START
from stages.refinement import cyclic, flips
from stages.refinement.archive import WalkArchive
from stages.refinement.curriculum import draw_start
from stages.refinement.packed import Z2, Z3, Ring, Ternary
from stages.refinement.places import Free, Symmetry
from stages.refinement.two_reduction import two_reduced

FOREVER = 2**62  # moves
RINGS: dict[str, Ring] = {"flips": Z2(), "modulo3": Z3(), "ternary": Ternary()}  # of modes that return to a pool


class Start(NamedTuple):
    """Where an attempt begins.

    Attributes:
      terms: packed factors and signs of what moves: terms, or orbits of them.
      fixed: of the terms that stay as they are.
      scheme: all of it.
      parent: hash of the scheme that it was made of.
      ceiling: terms that a plus may reach where that is more than those of the start and the margin.
    """

    terms: UInt64[np.ndarray, "rows=4 terms"]
    fixed: UInt64[np.ndarray, "rows=4 fixed"]
    scheme: Scheme
    parent: str
    ceiling: int = 0


DrawFn = Callable[[Target, WalkArchive, np.random.Generator], Start]


@dataclass(frozen=True)
class Attempt:
    """One walker's way from a start. Nothing of it is ever changed: `Mode.advanced` gives the next one.

    Attributes:
      target: which it walks.
      walker: where it stands.
      fixed, parent: of its start.
      idle: flips since its best rank.
    """

    target: Target
    walker: flips.Walker
    fixed: np.ndarray
    parent: str
    idle: int = 0


@dataclass(frozen=True)
class Mode:
    """One kind of walk.

    Attributes:
      ring, symmetry: what Numba compiles `flips` for.
      policy: how a walker climbs out of a plateau.
      margin: by which the number of terms may exceed that of the start.
      pool: most schemes of the best rank that a walker returns to.
      harvest: most schemes of the pool that are looked at when an attempt ends.
      restart_after: flips without a lower rank before the next attempt.
      draw_fn: where an attempt at a target begins.
    """

    ring: Ring
    symmetry: Symmetry
    policy: flips.Policy
    margin: int
    pool: int
    harvest: int
    restart_after: int
    draw_fn: DrawFn

    def begin(self, start: Start, stream: int) -> Attempt:
        """A new attempt; `stream` is the start of its random stream."""
        highest = max(start.terms.shape[1] + self.margin, start.ceiling)
        walker = flips.begin(start.terms, self.pool, highest, int(self.policy.lengths[0]), stream)
        return Attempt(start.scheme.target, walker, start.fixed, start.parent)

    def advanced(self, attempt: Attempt, moves: int) -> tuple[Attempt, list[Scheme]]:
        """The attempt `moves` flips later, and the scheme of each new best rank on the way."""
        walker, idle, found = flips.Walker(*(array.copy() for array in attempt.walker)), attempt.idle, []
        while moves:
            best = walker.registers[flips.BEST]
            made = int(flips.advance(self.ring, self.symmetry, walker, self.policy, np.uint64(moves)))
            moves, idle = moves - made, idle + made
            if walker.registers[flips.BEST] < best:
                idle = 0
                found.append(self._scheme(flips.terms_of(walker), attempt))
        return replace(attempt, walker=walker, idle=idle), found

    def harvested(self, attempt: Attempt) -> list[Scheme]:
        """What is worth a look when an attempt ends: the pool of one attempt is a family and lifts as one.

        Where 2-reductions are possible they have been made.
        """
        chosen = self.ring.harvest(flips.pooled_terms(attempt.walker), self.harvest)
        return [two_reduced(self._scheme(terms, attempt)) for terms in chosen]

    def _scheme(self, terms: np.ndarray, attempt: Attempt) -> Scheme:
        target = attempt.target
        if not isinstance(self.symmetry, Free):
            terms = cyclic.terms_of_orbits(self.symmetry, target.size.n, terms, attempt.fixed)
        return self.ring.decode(terms, target)


def mode_of(walk: params.Walk) -> Mode:
    """The kind of a walk."""
    if isinstance(walk, params.CyclicWalk):
        # L is always the same, a plus may reach the orbits of the standard algorithm, and nothing leads back to a pool.
        policy = flips.policy(2 * (walk.plus_after,), 2 * (FOREVER,), 2 * (FOREVER,), 1.0, walk.plus_draws)
        return Mode(Z2(), cyclic.GROUPS[walk.group], policy, 0, 1, 1, walk.restart_after, _orbits_of(walk))
    ring = RINGS[walk.mode]
    policy = flips.policy(walk.plus_after, walk.margin, walk.length, walk.growth, walk.plus_draws)
    return Mode(ring, Free(), policy, walk.margin[1], walk.pool, walk.harvest, walk.restart_after, _draw_held)


def start_at(scheme: Scheme, ring: Ring, parent: str = "") -> Start:
    """A start at a scheme, all of whose terms move."""
    return Start(ring.encode(scheme), np.zeros((4, 0), np.uint64), scheme, parent)


def _draw_held(target: Target, archive: WalkArchive, rng: np.random.Generator) -> Start:
    """From schemes of any size that are held."""
    scheme, parent = draw_start(target, archive, rng)
    return start_at(scheme, archive.ring, parent)


def _orbits_of(walk: params.CyclicWalk) -> DrawFn:
    """From the standard algorithm with the cubes of the walk, or drawn ones.

    A walk that goes on from another begins at the schemes of the lowest rank that either has found, as long as one of
    these is symmetric: after a 2-reduction a scheme need not be. Its pluses reach as many orbits as the standard
    algorithm has, so it goes on as the other would have.
    """
    group = cyclic.GROUPS[walk.group]

    def draw(target: Target, archive: WalkArchive, rng: np.random.Generator) -> Start:
        n = target.size.n
        partition = walk.cubes.get(target.name) or cyclic.draw_partition(group, n, rng)
        orbits, cubes = cyclic.standard_orbits(group, n, partition)
        if walk.start != STANDARD_START:
            held = [scheme for scheme in archive.lowest(target, "Z2") if scheme.ring == "Z2"]
            for number in rng.permutation(len(held)):
                found = cyclic.orbits_of_scheme(group, held[number])
                if found is not None:
                    return Start(*found, held[number], held[number].hash, orbits.shape[1])
        scheme = Z2().decode(cyclic.terms_of_orbits(group, n, orbits, cubes), target)
        return Start(orbits, cubes, scheme, standard(target).hash)

    return draw
