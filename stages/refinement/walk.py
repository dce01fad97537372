"""A walk: logical walkers side by side, size after size, until its flips are made.

Each walker makes attempts: from a start that the mode draws from all that is held, until a while has gone by without a
lower rank. Success comes fast or not at all, so many attempts beat a long one. Walkers share nothing while they walk;
every `BARRIER` flips they stop, what they found is checked, lifted and kept in walker order, and attempts that are over
begin anew from what all have found. So the bytes do not depend on the number of threads.

The sizes are walked in turn, several passes over: in the second pass a size starts from what larger ones have found,
too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import Target, parse_target
from stages.contract import candidates as candidates_lib
from stages.contract import scheme_files
from stages.contract.candidates import Candidate
from stages.contract.command import Stopwatch
from stages.contract.named_targets import read_target
from stages.contract.origin import Origin
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.errors import SchemeError
from stages.params.walks import Refinement, Walk
from stages.refinement.finds import Finds
from stages.refinement.modes import Mode, mode_of
from stages.refinement.words import HALF

PASSES = 3  # over the sizes
STANDARD = Origin("standard")
BARRIER = 1_000_000  # flips of a walker between two barriers


def read_start(path: Path) -> list[Candidate]:
    """The schemes a walk may start from: the standard algorithm (JSON), or the candidates of an agent or a walk.

    Those over Q are left out: the moves carry no denominators.

    Raises:
      SchemeError, TableError: not readable, a JSON scheme that others found, or one that is wrong.
    """
    if path.suffix == ".json":
        scheme = scheme_files.read(path)
        if scheme.hash != standard(scheme.target).hash:
            raise SchemeError(
                f"{path}: expected the standard algorithm of {scheme.target.name} over Z, got another scheme of rank "
                f"{scheme.rank} over {scheme.ring} ({scheme.hash}); a walk begins from nothing that others found"
            )
        return [Candidate(scheme, STANDARD, "", 0, 0)]
    given = [candidate for candidate in candidates_lib.read(path) if candidate.scheme.ring != "Q"]
    for candidate in given:
        scheme = candidate.scheme
        wrong = check(scheme)
        if wrong is not None:
            raise SchemeError(f"{path}: scheme {scheme.hash} is not a product {scheme.target.name}: {wrong}")
    return given


def read_target_start(path: Path, is_ternary: bool) -> list[Candidate]:
    """The standard algorithm of a target that is no matrix product.

    Raises:
      SchemeError: not readable, or the moves cannot carry it.
    """
    target = read_target(path)
    longest, values = (HALF if is_ternary else 2 * HALF), target.entries[:, 3]
    if max(target.modes) > longest:
        raise SchemeError(f"{path}: expected modes of at most {longest} entries, got {list(target.modes)}")
    if is_ternary and np.abs(values).max() > 1:
        raise SchemeError(f"{path}: expected values -1 and 1 in mode ternary, got {np.abs(values).max()}")
    if not (values % 2).any():
        raise SchemeError(f"{path}: expected an odd value, for over Z2 nothing is left of this target")
    return [Candidate(standard(target), STANDARD, "", 0, 0)]


@dataclass
class Attempt:
    """One walker's way from a start.

    Attributes:
      walker: arrays of the mode's kernel, changed in place.
      parent: hash of the scheme that its start was made of.
      idle: flips since its best rank.
    """

    walker: tuple[np.ndarray, ...]
    parent: str
    idle: int = 0


class Leg(NamedTuple):
    """The stay at one size: `flips` of each walker."""

    size: Target
    flips: int


def legs_of(walk: Walk, walkers: int, named: Iterable[Target] = ()) -> list[Leg]:
    """The passes over the sizes. A size has flips in proportion to the square of its naive rank."""
    sizes = [parse_target(name, named) for name in walk.sizes]
    weight = sum(size.naive_rank**2 for size in sizes) * PASSES * walkers
    return [Leg(size, -(-walk.flips * size.naive_rank**2 // weight)) for size in sizes] * PASSES


def refine(
    walk: Walk,
    settings: Refinement,
    given: Sequence[Candidate],
    origin: Origin,
    resume: Resume,
    stopwatch: Stopwatch,
    threads: int,
) -> tuple[Finds, int]:
    """Walks all legs, or what a killed run has left of them.

    Args:
      walk: mode, sizes, flips, seed; its start has been read into `given`. From no scheme at all nothing is found.
      settings: what all walks share.
      origin: of what it finds.
      threads: that walk at a time; the result does not depend on it.
    Returns:
      The finds, and the flips made.
    """
    schemes = [candidate.scheme for candidate in given]
    finds = Finds(origin, walk.seed, settings.keep, schemes, walk.mode == "ternary")
    if not given:
        return finds, 0
    mode, legs = mode_of(walk, settings), legs_of(walk, settings.walkers, finds.named)
    # leg: place in `legs`; moves: of each walker in this leg; begun: attempts so far, which are numbered
    leg, moves, begun, attempts = 0, 0, 0, [None] * settings.walkers
    if saved := resume.load():
        leg, moves, begun = map(int, saved["counters"])
        finds.restore(saved)
        attempts = _unpack(saved, mode)
        stopwatch.add(*saved["seconds"].tolist())
    before = sum(done.flips for done in legs[:leg]) * settings.walkers
    total = sum(every.flips for every in legs) * settings.walkers
    progress = Progress(str(origin), total, "flips", before + moves * settings.walkers)
    with ThreadPoolExecutor(threads) as pool:
        while leg < len(legs):
            (size, budget), clock = legs[leg], before + moves * settings.walkers
            for place in range(settings.walkers):
                if attempts[place] is None:
                    walker, scheme, parent = mode.start(size, finds, np.random.default_rng((walk.seed, begun)))
                    finds.offer(scheme, parent, clock)
                    attempts[place], begun = Attempt(walker, parent), begun + 1
            made = min(BARRIER, budget - moves)
            lower = list(pool.map(partial(_advance, mode, size, made), attempts))
            moves, clock = moves + made, clock + made * settings.walkers
            for place, (attempt, found) in enumerate(zip(attempts, lower, strict=True)):
                is_over = attempt.idle >= mode.restart_after or moves == budget
                for scheme in [*found, *(mode.harvest(attempt.walker, size) if is_over else ())]:
                    finds.offer(scheme, attempt.parent, clock)
                if is_over:
                    finds.attempts[size.name, mode.rank(attempt.walker)] += 1
                    attempts[place] = None
            if moves == budget:
                leg, moves, before = leg + 1, 0, clock
            if resume.is_due:
                seconds = np.array([stopwatch.cpu_s, stopwatch.wall_s])
                counters = np.array([leg, moves, begun])
                resume.save({"counters": counters, "seconds": seconds} | finds.to_arrays() | _pack(attempts))
            progress.update(clock, finds.in_words(size))
    return finds, before


def _advance(mode: Mode, size: Target, moves: int, attempt: Attempt) -> list[Scheme]:
    """Walks `moves` flips; returns the scheme of each new best rank."""
    found = []
    while moves:
        made, scheme = mode.advance(attempt.walker, size, moves)
        moves, attempt.idle = moves - made, attempt.idle + made
        if scheme is not None:
            attempt.idle = 0
            found.append(scheme)
    return found


def _pack(attempts: Sequence[Attempt | None]) -> dict[str, np.ndarray]:
    """The attempts under way as named arrays, for `contract.resume`."""
    arrays = {"parents": np.array([attempt.parent if attempt else "" for attempt in attempts])}
    arrays["idle"] = np.array([attempt.idle if attempt else 0 for attempt in attempts])
    for place, attempt in enumerate(attempts):
        if attempt:
            arrays |= {f"{place} {name}": array for name, array in attempt.walker._asdict().items()}
    return arrays


def _unpack(saved: Mapping[str, np.ndarray], mode: Mode) -> list[Attempt | None]:
    def restored(place: int, parent: str, idle: int) -> Attempt | None:
        if not parent:
            return None
        return Attempt(mode.Walker(*(saved[f"{place} {name}"] for name in mode.Walker._fields)), parent, idle)

    parents, idle = saved["parents"].tolist(), saved["idle"].tolist()
    return [restored(place, *each) for place, each in enumerate(zip(parents, idle, strict=True))]
