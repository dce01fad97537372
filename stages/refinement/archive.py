"""The archive of a walk: schemes over Z2 or Z3, what they lift to, the curve of best ranks, how attempts ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme, modulo
from stages.algebra.invariants import invariant
from stages.algebra.targets import Target, parse_target
from stages.contract.archive import Archive
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.contract.rows.curves import AttemptsRow, RefinementCurveRow
from stages.refinement.lift import lift
from stages.refinement.packed import Ring


class WalkArchive:
    """Schemes found and the curve; `offer` is the only way in.

    What the walk was given it has not found. The lift of a scheme given over Z2 it has; what a scheme given over Z is
    modulo 2 it has not, nor the lift of that.

    Where the ring of the walk has a cost, cheaper schemes take the place of others of the same rank.

    Attributes:
      ring: over which is walked.
      given: what can be walked over it.
      named: of the targets of what was given those that are no matrix products.
      held: at most `keep` schemes per size and ring, all of the lowest rank.
      curve: one row per new best rank of a size and ring, with the flips of the whole walk so far.
      attempts: how many ended, by target and lowest rank in the ring they walk over.
    """

    def __init__(self, origin: Origin, seed: int, keep: int, given: Iterable[Scheme], ring: Ring) -> None:
        self._origin, self._seed, self.ring = origin, seed, ring
        self.given = [scheme for scheme in given if scheme.ring in ("Z", ring.residues)]
        self.named = {scheme.target for scheme in self.given if not scheme.target.lengths}
        given_rings = [(self._residues(scheme).hash, scheme.ring) for scheme in self.given]
        self._not_found = {
            ring.residues: {residues for residues, _ in given_rings},
            "Z": {residues for residues, its_ring in given_rings if its_ring == "Z"},
        }
        self._given_ranks: dict[tuple[str, str], int] = {}
        for scheme in self.given:
            key = scheme.target.name, scheme.ring
            self._given_ranks[key] = min(scheme.rank, self._given_ranks.get(key, scheme.rank))
        self.held = Archive(keep, ring.cost)
        self.curve: list[RefinementCurveRow] = []
        self.attempts: Counter[tuple[str, int]] = Counter()
        self._have_lifted: set[str] = set()  # invariants over Z2 or Z3
        self._lifts: dict[Scheme, Future[Scheme | None]] = {}  # begun ahead

    def lift_ahead(self, schemes: Sequence[Scheme], pool: Executor) -> None:
        """Begins to lift side by side, of schemes that are about to be offered, those that are likely to be wanted.

        That is a matter of time alone: what a scheme lifts to depends on the scheme, and on the order of its terms.
        """
        lowest: dict[Target, int] = {}
        for scheme in schemes:
            lowest[scheme.target] = min(scheme.rank, lowest.get(scheme.target, scheme.rank))
        wanted = [scheme for scheme in schemes if scheme.rank == lowest[scheme.target] and self._is_to_lift(scheme)]
        first = {invariant(scheme): scheme for scheme in reversed(wanted)}
        self._lifts = {scheme: pool.submit(lift, scheme) for scheme in reversed(first.values())}

    def offer(self, scheme: Scheme, parent: str, flips_done: int) -> None:
        """Checks a scheme over Z or over Z2 or Z3; keeps it in either ring where its rank is the best so far or better.

        One over Z counts for Z2 or Z3, too. One over these is lifted unless one of the same invariant has been lifted
        to Z, for of one invariant the archive keeps one. What lifts to Q alone is kept while no rank as low is held
        over Z. Nothing is made of it: the moves carry no denominators.

        Raises:
          RuntimeError: the scheme is wrong, so the walk has a bug.
        """
        residues = self._residues(scheme)
        wanted = {ring for ring in (self.ring.residues, "Z") if self._is_wanted(residues, ring)}
        if scheme.ring != "Z" and "Z" in wanted and invariant(scheme) in self._have_lifted:
            wanted.discard("Z")
        if not wanted:
            return
        wrong = check(scheme)
        if wrong is not None:
            raise RuntimeError(f"the walk left the target {scheme.target.name}: {wrong}")
        if self.ring.residues in wanted:
            self._keep(residues, parent, flips_done)
        if "Z" in wanted:
            lifted = scheme if scheme.ring == "Z" else self._lifted(scheme)
            if lifted is not None and (lifted.ring == "Z" or self._is_wanted_over_q(lifted)):
                self._keep(lifted, parent if lifted is scheme else residues.hash, flips_done)

    def lowest(self, target: Target, ring: str) -> list[Scheme]:
        """Schemes of the lowest rank that is held for a target and can be walked, given ones too.

        Over Z2 and Z3 those over Z count.
        """
        rings = _with_implied(ring)
        held = [scheme for scheme in self.given if scheme.target == target and scheme.ring in rings]
        for its_ring in rings:
            best = self.held.best(target, its_ring)
            held += [] if best is None else self.held.schemes(target, its_ring, best)
        held = [scheme for scheme in held if self.ring.fits(scheme)]
        rank = min((scheme.rank for scheme in held), default=None)
        return [scheme for scheme in held if scheme.rank == rank]

    def lowest_rank(self, target: Target, ring: str) -> int:
        """Lowest rank over a ring of what is given and held, or the naive rank. Over Z2 and Z3 those over Z
        count.
        """
        rings = _with_implied(ring)
        held = (self.held.best(target, its_ring) for its_ring in rings)
        given = (self._given_ranks.get((target.name, its_ring)) for its_ring in rings)
        return min([rank for rank in (*held, *given) if rank], default=target.naive_rank)

    def _residues(self, scheme: Scheme) -> Scheme:
        return scheme if scheme.ring == self.ring.residues else modulo(scheme, self.ring.residues)

    def _is_wanted(self, residues: Scheme, ring: str) -> bool:
        """Whether a scheme, or what it lifts to, would be kept."""
        if residues.rank >= residues.target.naive_rank:
            return False
        best = self.held.best(residues.target, ring)
        is_low = best is None or residues.rank < best or (residues.rank == best and self.held.has_room(residues, ring))
        return is_low and residues.hash not in self._not_found[ring]  # last, for a hash takes the longest

    def _is_to_lift(self, scheme: Scheme) -> bool:
        return scheme.ring != "Z" and self._is_wanted(scheme, "Z") and invariant(scheme) not in self._have_lifted

    def _lifted(self, scheme: Scheme) -> Scheme | None:
        begun = self._lifts.get(scheme)
        lifted = begun.result() if begun else lift(scheme)
        if lifted is not None and lifted.ring == "Z":
            self._have_lifted.add(invariant(scheme))
        return lifted

    def _is_wanted_over_q(self, scheme: Scheme) -> bool:
        """Whether its rank is lower than any over Z, and than any over Q or equal."""
        over_z, over_q = (self.held.best(scheme.target, ring) for ring in ("Z", "Q"))
        return (over_z is None or scheme.rank < over_z) and (over_q is None or scheme.rank <= over_q)

    def _keep(self, scheme: Scheme, parent: str, flips_done: int) -> None:
        best = self.held.best(scheme.target, scheme.ring)
        if best is None or scheme.rank < best:
            self.curve.append(RefinementCurveRow(scheme.target.name, flips_done, scheme.rank, scheme.ring))
            self.held.forget_above(scheme.target, scheme.ring, scheme.rank)
            if scheme.ring == "Z":
                self.held.forget_above(scheme.target, "Q", scheme.rank - 1)
        self.held.add(Candidate(scheme, self._origin, parent, self._seed, flips_done))

    def attempt_rows(self) -> list[AttemptsRow]:
        """The table of `attempts`, by target and rank."""
        ended = sorted(self.attempts.items(), key=lambda item: (parse_target(item[0][0], self.named).order, item[0][1]))
        return [AttemptsRow(name, rank, count) for (name, rank), count in ended]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All of it, for `contract.resume`."""
        notes = json.dumps([[asdict(row) for row in rows] for rows in (self.curve, self.attempt_rows())])
        return {
            "held": self.held.to_array(),
            "notes": np.frombuffer(notes.encode(), np.uint8),
            "have_lifted": np.array(sorted(self._have_lifted), "U16"),
        }

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Takes up what `to_arrays` gave."""
        self.held.restore(saved["held"], self.named)
        self._have_lifted = set(saved["have_lifted"].tolist())
        curve, attempts = json.loads(saved["notes"].tobytes())
        self.curve = [RefinementCurveRow(**row) for row in curve]
        self.attempts = Counter({(row["size"], row["rank"]): row["attempts"] for row in attempts})

    def in_words(self, target: Target) -> str:
        """Best ranks of a target and how many schemes are held of each, for progress."""
        ranks = {ring: self.held.best(target, ring) for ring in (self.ring.residues, "Z", "Q")}
        found = [
            f"rank {rank} over {ring} ({len(self.held.schemes(target, ring, rank))} schemes)"
            for ring, rank in ranks.items()
            if rank
        ]
        return f"{target.name} {', '.join(found) or 'nothing found'}"


def _with_implied(ring: str) -> tuple[str, ...]:
    """Whose schemes are some over a ring."""
    return ("Z",) if ring == "Z" else (ring, "Z")
