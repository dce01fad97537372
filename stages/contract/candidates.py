"""Schemes as rows of the candidate table and as JSON text, one scheme per file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.invariants import invariant
from stages.algebra.targets import Bilinear, Size, Target, find_target
from stages.contract import command, tables
from stages.errors import SchemeError


@dataclass(frozen=True)
class Candidate:
    """A scheme and where it comes from; the columns of `tables.CANDIDATES`.

    Attributes:
      scheme: the claim.
      origin: search:AGENT:game, search:AGENT:subgame, refinement:WALK, recombination or imported:FILE.
      parent: hash of the scheme it was made from, or empty.
      seed: root seed of its agent or walk.
      clock: games or flips when it was found.
    """

    scheme: Scheme
    origin: str
    parent: str
    seed: int
    clock: int


def to_row(candidate: Candidate) -> dict:
    scheme = candidate.scheme
    u, v, w = (matrix.ravel().astype(np.int32).tolist() for matrix in scheme.factors)
    return {
        "size": scheme.size.name,
        "ring": scheme.ring,
        "rank": scheme.rank,
        "denominator": scheme.denominator,
        "u": u,
        "v": v,
        "w": w,
        "origin": candidate.origin,
        "parent": candidate.parent,
        "seed": candidate.seed,
        "clock": candidate.clock,
        "hash": scheme.hash,
    }


NO_TARGETS: Mapping[str, Bilinear] = {}  # but sizes


def scheme_from_row(row: Mapping, targets: Mapping[str, Bilinear] = NO_TARGETS) -> Scheme:
    """Rebuilds the scheme of a row of any table that holds the candidate columns.

    Args:
      targets: by name, those that are no sizes.
    Raises:
      SchemeError: lists whose lengths do not fit size and rank, or what `Scheme` refuses.
    """
    size = find_target(row["size"], targets)
    factors = Factors(
        *(_matrix(row[name], length, row["rank"], name) for name, length in zip("uvw", size.modes, strict=True))
    )
    return Scheme(size, row["ring"], factors, row["denominator"])


def from_row(row: Mapping, targets: Mapping[str, Bilinear] = NO_TARGETS) -> Candidate:
    """The candidate of a row. Raises SchemeError as `scheme_from_row` does."""
    return Candidate(scheme_from_row(row, targets), row["origin"], row["parent"], row["seed"], row["clock"])


def _matrix(values: Sequence[int], length: int, rank: int, name: str) -> np.ndarray:
    if len(values) != length * rank:
        raise SchemeError(f"factor {name}: expected {length} x {rank} entries, got {len(values)}")
    return np.asarray(values, np.int64).reshape(length, rank)


def write(path: Path, candidates: Sequence[Candidate]) -> None:
    """Writes a candidate table in the order given."""
    tables.write_rows(path, tables.CANDIDATES, [to_row(candidate) for candidate in candidates])


def read(path: Path) -> list[Candidate]:
    """Reads a candidate table. Raises TableError or SchemeError with the file's name."""
    try:
        return [from_row(row) for row in tables.read_rows(path, tables.CANDIDATES)]
    except SchemeError as error:
        raise SchemeError(f"{path}: {error}") from None


JSON_KEYS = ("size", "ring", "denominator", "u", "v", "w")


def read_json(path: Path, targets: Mapping[str, Bilinear] = NO_TARGETS) -> Scheme:
    """Reads a scheme from JSON: {"size": "2x2x2", "ring": "Z", "denominator": 1, "u": [[...]], "v": ..., "w": ...}.

    u, v, w are lists of rows ([nm, R], [mp, R], [pn, R]); the third factor indexes C transposed.

    Raises:
      SchemeError: one line with the file's name.
    """
    try:
        given = json.loads(path.read_text())
        if not isinstance(given, dict) or sorted(given) != sorted(JSON_KEYS):
            got = sorted(given) if isinstance(given, dict) else type(given).__name__
            raise SchemeError(f"expected an object with {list(JSON_KEYS)}, got {got}")
        for key, example in (("size", "3x4x5"), ("ring", "Z")):
            if not isinstance(given[key], str):
                raise SchemeError(f"{key}: expected text like {example}, got {given[key]!r}")
        size = find_target(given["size"], targets)
        if type(given["denominator"]) is not int:
            raise SchemeError(f"denominator: expected an integer, got {given['denominator']!r}")
        return Scheme(size, given["ring"], Factors(*(_rows(given[name], name) for name in "uvw")), given["denominator"])
    except OSError as error:
        raise SchemeError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # also not UTF-8, or a number of too many digits
        raise SchemeError(f"{path}: not JSON ({error})") from None
    except SchemeError as error:
        raise SchemeError(f"{path}: {error}") from None


def _rows(rows: object, name: str) -> np.ndarray:
    is_matrix = (
        isinstance(rows, list) and rows and all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)
    )
    if not is_matrix or not all(type(entry) is int and abs(entry) < 2**31 for row in rows for entry in row):
        raise SchemeError(f"factor {name}: expected rows of equally many int32 numbers")
    return np.array(rows, np.int64).reshape(len(rows), -1)


def write_json(path: Path, scheme: Scheme) -> None:
    """Writes a scheme as `read_json` reads it."""
    u, v, w = (matrix.tolist() for matrix in scheme.factors)
    text = json.dumps(
        {"size": scheme.size.name, "ring": scheme.ring, "denominator": scheme.denominator, "u": u, "v": v, "w": w}
    )
    command.write_text(path, text + "\n")


class Collection:
    """At most `keep` schemes per size, ring and rank, distinct by invariant.

    First come, first kept; with a cost, a cheaper scheme takes the place of the one of its invariant or, where there is
    no room, of the dearest.

    A lower rank does not push a higher one out by itself: choice matters to lifting and to kernels.
    """

    def __init__(self, keep: int, cost: Callable[[Scheme], int] | None = None) -> None:
        self._keep, self._cost = keep, cost
        self._kept: dict[tuple[Target, str, int], dict[str, Candidate]] = {}
        self._offered: set[str] = set()  # hashes, which also tell sizes, rings and ranks apart

    def add(self, candidate: Candidate) -> bool:
        """Keeps `candidate` if there is room and its invariant is new there, or it is cheaper; says whether it did."""
        scheme = candidate.scheme
        # Its invariant costs a millisecond, and games come back to the same schemes.
        if not self.has_room(scheme, scheme.ring) or scheme.hash in self._offered:
            return False
        self._offered.add(scheme.hash)
        kept = self._kept.setdefault((scheme.size, scheme.ring, scheme.rank), {})
        # The symmetries of a target without axes are not known: there every scheme is one of its own.
        its_invariant = invariant(scheme) if isinstance(scheme.size, Size) else scheme.hash
        rival = kept.get(its_invariant)
        if rival and (not self._cost or self._cost(rival.scheme) <= self._cost(scheme)):
            return False
        if not rival and len(kept) == self._keep:
            del kept[max(kept, key=lambda other: self._cost(kept[other].scheme))]
        kept[its_invariant] = candidate
        return True

    def has_room(self, scheme: Scheme, ring: str) -> bool:
        """Whether one of this size, rank and cost could be kept over a ring."""
        kept = self._kept.get((scheme.size, ring, scheme.rank), {})
        if len(kept) < self._keep or not self._cost:
            return len(kept) < self._keep
        return self._cost(scheme) < max(self._cost(candidate.scheme) for candidate in kept.values())

    def is_full(self, size: Target, ring: str, rank: int) -> bool:
        return len(self._kept.get((size, ring, rank), ())) >= self._keep

    def best(self, size: Target, ring: str) -> int | None:
        """Lowest rank held, or None."""
        return min((rank for held, its_ring, rank in self._kept if (held, its_ring) == (size, ring)), default=None)

    def schemes(self, size: Target, ring: str, rank: int) -> list[Scheme]:
        """Those of one size, ring and rank, in the order of arrival."""
        return [candidate.scheme for candidate in self._kept.get((size, ring, rank), {}).values()]

    def forget_above(self, size: Target, ring: str, rank: int) -> None:
        """Drops the schemes of one size and ring whose rank is higher."""
        for key in [key for key in self._kept if key[:2] == (size, ring) and key[2] > rank]:
            del self._kept[key]

    def candidates(self) -> list[Candidate]:
        """All that is kept, by size, ring and rank, then in the order of arrival."""
        return [candidate for key in sorted(self._kept) for candidate in self._kept[key].values()]

    def to_array(self) -> np.ndarray:
        """All that is kept as bytes (JSON) in a uint8 array, for `contract.resume`."""
        return np.frombuffer(json.dumps([to_row(candidate) for candidate in self.candidates()]).encode(), np.uint8)

    def restore(self, saved: np.ndarray, targets: Mapping[str, Bilinear] = NO_TARGETS) -> None:
        """Adds what `to_array` saved, in its order."""
        for row in json.loads(saved.tobytes()):
            self.add(from_row(row, targets))
