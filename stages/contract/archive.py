"""The archive: schemes that are kept, to hand on and to go on from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.invariants import invariant
from stages.algebra.targets import Target
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.contract.scheme_files import from_json, to_json


class Archive:
    """At most `keep` candidates per target, ring and rank, distinct by invariant.

    First come, first kept; with a cost, a cheaper scheme takes the place of the one of its invariant or, where there is
    no room, of the dearest.

    A lower rank does not push a higher one out by itself: choice matters to lifting and to kernels.
    """

    def __init__(self, keep: int, cost: Callable[[Scheme], int] | None = None) -> None:
        self._keep, self._cost = keep, cost
        self._kept: dict[tuple[Target, str, int], dict[str, Candidate]] = {}
        self._offered: set[str] = set()  # hashes, which also tell targets, rings and ranks apart

    def add(self, candidate: Candidate) -> bool:
        """Keeps `candidate` if there is room and its invariant is new there, or it is cheaper; says whether it did."""
        scheme = candidate.scheme
        # Its invariant costs a millisecond, and games come back to the same schemes.
        if not self.has_room(scheme, scheme.ring) or scheme.hash in self._offered:
            return False
        self._offered.add(scheme.hash)
        kept = self._kept.setdefault((scheme.target, scheme.ring, scheme.rank), {})
        its_invariant = invariant(scheme)
        rival = kept.get(its_invariant)
        if rival and self._price(rival.scheme) <= self._price(scheme):
            return False
        if not rival and len(kept) == self._keep:
            del kept[max(kept, key=lambda other: self._price(kept[other].scheme))]
        kept[its_invariant] = candidate
        return True

    def has_room(self, scheme: Scheme, ring: str) -> bool:
        """Whether one of this target, rank and cost could be kept over a ring."""
        kept = self._kept.get((scheme.target, ring, scheme.rank), {})
        if len(kept) < self._keep or not self._cost:
            return len(kept) < self._keep
        return self._price(scheme) < max(self._price(candidate.scheme) for candidate in kept.values())

    def _price(self, scheme: Scheme) -> int:
        return self._cost(scheme) if self._cost else 0

    def is_full(self, target: Target, ring: str, rank: int) -> bool:
        return len(self._kept.get((target, ring, rank), ())) >= self._keep

    def best(self, target: Target, ring: str) -> int | None:
        """Lowest rank held, or None."""
        return min((rank for held, its_ring, rank in self._kept if its_ring == ring and held == target), default=None)

    def schemes(self, target: Target, ring: str, rank: int) -> list[Scheme]:
        """Those of one target, ring and rank, in the order of arrival."""
        return [candidate.scheme for candidate in self._kept.get((target, ring, rank), {}).values()]

    def forget_above(self, target: Target, ring: str, rank: int) -> None:
        """Drops the schemes of one target and ring whose rank is higher."""
        for key in [key for key in self._kept if key[:2] == (target, ring) and key[2] > rank]:
            del self._kept[key]

    def candidates(self) -> list[Candidate]:
        """All that is kept, by target, ring and rank, then in the order of arrival."""
        keys = sorted(self._kept, key=lambda key: (key[0].order, *key[1:]))
        return [candidate for key in keys for candidate in self._kept[key].values()]

    def to_array(self) -> np.ndarray:
        """All that is kept as bytes (JSON) in a uint8 array, for `contract.resume`."""
        saved = [[to_json(one.scheme), str(one.origin), one.parent, one.seed, one.clock] for one in self.candidates()]
        return np.frombuffer(json.dumps(saved).encode(), np.uint8)

    def restore(self, saved: np.ndarray, named: Iterable[Target] = ()) -> None:
        """Adds what `to_array` saved, in its order; `named` are the targets that are no matrix products."""
        for scheme, origin, *rest in json.loads(saved.tobytes()):
            self.add(Candidate(from_json(scheme, named), Origin.parse(origin), *rest))
