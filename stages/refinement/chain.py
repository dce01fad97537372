"""A walk through its chain of sizes: where to start, when to begin anew, what to keep.

Each size is a leg. A leg is a row of attempts: from one of the lowest-rank schemes in hand, extended to the size, until
a while has gone by without a lower rank. Success comes fast or not at all, so many attempts beat a long one. What an
attempt finds is checked exactly, kept, and lifted to Z if that could improve or enlarge what is held over Z.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import standard
from stages.algebra.targets import Size, parse_size
from stages.contract import candidates as candidates_lib
from stages.contract.candidates import Candidate
from stages.contract.params import Refinement, Walk
from stages.contract.progress import Progress
from stages.errors import SchemeError
from stages.refinement import flips
from stages.refinement.extension import extend, extended_rank, fits
from stages.refinement.finds import Finds
from stages.refinement.words import decode, encode

SEGMENT = 20_000_000  # flips between two saved states, about a second
HARVEST = 8  # schemes looked at when an attempt ends; the pool of one attempt is a family and lifts as one


def read_start(path: Path) -> list[Candidate]:
    """The schemes a walk may start from: the standard algorithm (JSON) or the candidates of an agent (Parquet).

    Raises:
      SchemeError, TableError: not readable, a JSON scheme that others found, a scheme over Q, or one that is wrong.
    """
    if path.suffix == ".json":
        scheme = candidates_lib.read_json(path)
        if scheme.hash != standard(scheme.size).hash:
            raise SchemeError(
                f"{path}: expected the standard algorithm of {scheme.size.name} over Z, got another scheme of rank "
                f"{scheme.rank} over {scheme.ring} ({scheme.hash}); a walk begins from nothing that others found"
            )
        return [Candidate(scheme, "standard", "", 0, 0)]
    given = candidates_lib.read(path)
    for candidate in given:
        scheme = candidate.scheme
        if scheme.ring == "Q":
            raise SchemeError(f"{path}: expected schemes over Z2 or Z, got one over Q ({scheme.hash})")
        wrong = check(scheme)
        if wrong is not None:
            raise SchemeError(f"{path}: scheme {scheme.hash} is not a product {scheme.size.name}: {wrong}")
    return given


def starts(size: Size, hand: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that make the lowest rank when extended to `size`; of a smaller size only lifted ones, if any."""
    fitting = [candidate for candidate in hand if fits(candidate.scheme.size, size)]
    over_z = {candidate.scheme.size for candidate in fitting if candidate.scheme.ring == "Z"} - {size}
    usable = [candidate for candidate in fitting if candidate.scheme.ring == "Z" or candidate.scheme.size not in over_z]
    lowest = min((extended_rank(candidate.scheme, size) for candidate in usable), default=None)
    return [candidate for candidate in usable if extended_rank(candidate.scheme, size) == lowest]


def refine(
    walk: Walk,
    settings: Refinement,
    given: Sequence[Candidate],
    label: str,
    saved: Mapping[str, np.ndarray] | None,
    save_fn: Callable[[dict[str, np.ndarray]], None],
) -> tuple[Finds, int]:
    """Walks the whole chain.

    Args:
      walk: chain, flips, seed; its start has been read into `given`. From no scheme at all nothing is found.
      settings: what all walks share.
      label: for progress and origin: «refinement:standard».
      saved: what `save_fn` last got, to go on from there.
      save_fn: keeps the state; called at fixed numbers of flips.
    Returns:
      The finds, and the flips made.
    Raises:
      SchemeError: for a size of the chain neither the start nor an earlier size has a scheme that fits into it.
    """
    sizes = [parse_size(name) for name in walk.chain]
    not_finds = [candidate.scheme for candidate in given if candidate.scheme.size in sizes] + list(map(standard, sizes))
    finds = Finds(label, walk.seed, settings.keep, not_finds)
    if not given:
        return finds, 0
    in_hand = {candidate.scheme.size for candidate in given}
    for size in sizes:
        if not any(fits(held, size) for held in in_hand):
            held = ", ".join(held.name for held in sorted(in_hand))
            raise SchemeError(f"{walk.start}: expected a scheme that fits into {size.name}, got {held}")
        in_hand.add(size)
    budgets = [walk.flips * size.naive_rank for size in sizes]
    policy = flips.policy(settings.plus_after, settings.margin)
    # leg: place in the chain; moves: of this leg; attempt: of this leg; idle: moves since the attempt's best rank
    leg, moves, attempt, idle, walker = 0, 0, 0, 0, None
    if saved is not None:
        leg, moves, attempt, idle = map(int, saved["counters"])
        finds.restore(saved)
        walker = flips.Walker(*(saved[name] for name in flips.Walker._fields)) if "words" in saved else None
    before = sum(budgets[:leg])
    progress = Progress(label, sum(budgets), "flips", before + moves)
    while leg < len(sizes):
        size, budget = sizes[leg], budgets[leg]
        earlier = {held.name for held in sizes[:leg]}
        hand = [*given, *(held for held in finds.best_candidates() if held.scheme.size.name in earlier)]
        sources = starts(size, hand)
        while moves < budget:
            source = sources[attempt % len(sources)].scheme
            if walker is None:
                terms = encode(extend(source, size))
                stream = int(np.random.SeedSequence((walk.seed, leg, attempt)).generate_state(1, np.uint64)[0])
                walker = flips.begin(terms, settings.pool, settings.margin[1], stream)
                finds.offer(decode(flips.terms_of(walker), size), source.hash, before + moves)
            allowed = min(budget - moves, settings.restart_after - idle, SEGMENT - (before + moves) % SEGMENT)
            best = walker.registers[flips.BEST]
            made = int(flips.advance(walker, policy, np.uint64(allowed)))
            moves, idle = moves + made, idle + made
            if walker.registers[flips.BEST] < best:
                idle = 0
                finds.offer(decode(flips.terms_of(walker), size), source.hash, before + moves)
            if idle >= settings.restart_after or moves == budget:
                pool = flips.pooled_terms(walker)
                for member in range(0, len(pool), -(-len(pool) // HARVEST)):
                    finds.offer(decode(pool[member], size), source.hash, before + moves)
                walker, attempt, idle = None, attempt + 1, 0
            if (before + moves) % SEGMENT == 0:
                counters = {"counters": np.array([leg, moves, attempt, idle])}
                save_fn(counters | finds.to_arrays() | (walker._asdict() if walker is not None else {}))
            progress.update(before + moves, finds.best_text(size))
        leg, before, moves, attempt = leg + 1, before + budget, 0, 0
    return finds, before
