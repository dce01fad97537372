"""A walk through its chain of sizes: where to start, when to begin anew, what to keep.

Each size is a leg. A leg is a row of attempts: from one of the lowest-rank schemes in hand, extended to the size, until
a while has gone by without a lower rank. Success comes fast or not at all, so many attempts beat a long one. What an
attempt finds is checked exactly, kept, and lifted to Z if that could improve or enlarge what is held over Z.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.algebra.targets import Size, parse_size
from stages.contract import candidates as candidates_lib
from stages.contract.candidates import Candidate, Collection
from stages.contract.params import Refinement, Walk
from stages.contract.progress import Progress
from stages.errors import SchemeError
from stages.refinement import flips
from stages.refinement.extension import extend, extended_rank, fits
from stages.refinement.lift import lift
from stages.refinement.words import decode, encode

CURVE_COLUMNS = ["size", "flips", "rank", "ring"]
SEGMENT = 20_000_000  # flips between two saved states, about a second
HARVEST = 8  # schemes looked at when an attempt ends; the pool of one attempt is a family and lifts as one


def read_start(path: Path) -> list[Candidate]:
    """The schemes a walk may start from: one (JSON) or the candidates of an agent (Parquet).

    Raises:
      SchemeError, TableError: not readable, a scheme over Q, or one that is wrong.
    """
    if path.suffix == ".json":
        given = [Candidate(candidates_lib.read_json(path), f"imported:{path.name}", "", 0, 0)]
    else:
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


class Finds:
    """What a walk has found: the collection, and the curve of its best ranks."""

    def __init__(self, origin: str, seed: int, keep: int) -> None:
        self._origin, self._seed = origin, seed
        self.collection = Collection(keep)
        self.curve: list[dict] = []

    def offer(self, scheme: Scheme, parent: str, flips_done: int) -> None:
        """Checks a scheme over Z2; keeps it, and what it lifts to, if of the best rank of the ring or better.

        Raises:
          RuntimeError: the scheme is wrong, so the walk has a bug.
        """
        if not (self._is_wanted(scheme, "Z2") or self._is_wanted(scheme, "Z")):
            return
        wrong = check(scheme)
        if wrong is not None:
            raise RuntimeError(f"the walk left the target {scheme.size.name}: {wrong}")
        if self._is_wanted(scheme, "Z2"):
            self._keep(scheme, parent, flips_done)
        if self._is_wanted(scheme, "Z"):
            lifted = lift(scheme)
            if lifted is not None:
                self._keep(lifted, scheme.hash, flips_done)

    def _is_wanted(self, scheme: Scheme, ring: str) -> bool:
        best = self.collection.best(scheme.size, ring)
        full = self.collection.is_full(scheme.size, ring, scheme.rank)
        return best is None or scheme.rank < best or (scheme.rank == best and not full)

    def _keep(self, scheme: Scheme, parent: str, flips_done: int) -> None:
        best = self.collection.best(scheme.size, scheme.ring)
        if best is None or scheme.rank < best:
            row = {"size": scheme.size.name, "flips": flips_done, "rank": scheme.rank, "ring": scheme.ring}
            self.curve.append(row)
        self.collection.add(Candidate(scheme, self._origin, parent, self._seed, flips_done))

    def best_candidates(self) -> list[Candidate]:
        """Those of the best rank of their size and ring."""
        return [
            candidate
            for candidate in self.collection.candidates()
            if candidate.scheme.rank == self.collection.best(candidate.scheme.size, candidate.scheme.ring)
        ]

    def best_text(self, size: Size) -> str:
        ranks = {ring: self.collection.best(size, ring) for ring in ("Z2", "Z")}
        return f"{size.name} " + ", ".join(f"rank {rank} over {ring}" for ring, rank in ranks.items() if rank)


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
      walk: chain, flips, seed; its start has been read into `given`.
      settings: what all walks share.
      label: for progress and origin: «refinement:standard».
      saved: what `save_fn` last got, to go on from there.
      save_fn: keeps the state; called at fixed numbers of flips.
    Returns:
      The finds, and the flips made.
    Raises:
      SchemeError: the start has no scheme that fits into the first size of the chain.
    """
    finds = Finds(label, walk.seed, settings.keep)
    sizes = [parse_size(name) for name in walk.chain]
    if not starts(sizes[0], given):
        held = ", ".join(sorted({candidate.scheme.size.name for candidate in given})) or "no scheme at all"
        raise SchemeError(f"{walk.start}: expected a scheme that fits into {sizes[0].name}, got {held}")
    budgets = [walk.flips * size.naive_rank for size in sizes]
    policy = flips.policy(settings.plus_after, settings.margin)
    # leg: place in the chain; moves: of this leg; attempt: of this leg; idle: moves since the attempt's best rank
    leg, moves, attempt, idle, walker = 0, 0, 0, 0, None
    if saved is not None:
        leg, moves, attempt, idle = map(int, saved["counters"])
        finds.collection.restore(saved["collection"])
        finds.curve = json.loads(saved["curve"].tobytes())
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
                save_fn(
                    {
                        "counters": np.array([leg, moves, attempt, idle]),
                        "collection": finds.collection.to_array(),
                        "curve": np.frombuffer(json.dumps(finds.curve).encode(), np.uint8),
                    }
                    | (walker._asdict() if walker is not None else {})
                )
            progress.update(before + moves, finds.best_text(size))
        leg, before, moves, attempt = leg + 1, before + budget, 0, 0
    return finds, before
