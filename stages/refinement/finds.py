"""What a walk has found: schemes over Z2 of the best rank, what they lift to, and the curve of best ranks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.algebra.targets import Size
from stages.contract.candidates import Candidate, Collection
from stages.refinement.lift import lift
from stages.refinement.words import decode, encode

CURVE_COLUMNS = ["size", "flips", "rank", "ring"]


class Finds:
    """The collection and the curve; `offer` is the only way in.

    What the walk was given is no find of its own. The lift of a scheme given over Z2 is one; what a scheme given over Z
    is modulo 2 is none, and neither is its lift.

    Attributes:
      collection: at most `keep` schemes per size, ring and rank.
      curve: one row per new best rank of a size and ring, with the flips of the whole walk so far.
    """

    def __init__(self, origin: str, seed: int, keep: int, given: Iterable[Scheme]) -> None:
        self._origin, self._seed = origin, seed
        rings = [(decode(encode(scheme), scheme.size).hash, scheme.ring) for scheme in given]
        self._given = {
            "Z2": {over_z2 for over_z2, _ in rings},
            "Z": {over_z2 for over_z2, ring in rings if ring == "Z"},
        }
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
        """Whether a scheme over Z2, or what it lifts to, would be kept."""
        if scheme.hash in self._given[ring]:
            return False
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

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All of it, for `contract.resume`."""
        curve = np.frombuffer(json.dumps(self.curve).encode(), np.uint8)
        return {"collection": self.collection.to_array(), "curve": curve}

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Takes up what `to_arrays` gave."""
        self.collection.restore(saved["collection"])
        self.curve = json.loads(saved["curve"].tobytes())

    def best_text(self, size: Size) -> str:
        ranks = {ring: self.collection.best(size, ring) for ring in ("Z2", "Z")}
        found = ", ".join(f"rank {rank} over {ring}" for ring, rank in ranks.items() if rank)
        return f"{size.name} {found or 'nothing found'}"
