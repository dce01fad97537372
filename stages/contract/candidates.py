"""Candidates, schemes that are not yet checked, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.rings import parse_ring
from stages.algebra.targets import Target, parse_target
from stages.contract import tables
from stages.contract.origin import Origin
from stages.contract.rows.schemes import CANDIDATES, CandidateRow
from stages.errors import SchemeError


@dataclass(frozen=True)
class Candidate:
    """A scheme and where it comes from.

    Attributes:
      parent: hash of the scheme it was made from, or empty.
      seed: root seed of its agent or walk.
      clock: games or flips when it was found.
    """

    scheme: Scheme
    origin: Origin
    parent: str
    seed: int
    clock: int


def to_row(candidate: Candidate) -> CandidateRow:
    scheme = candidate.scheme
    u, v, w = (matrix.ravel().astype(np.int32) for matrix in scheme.factors)
    return CandidateRow(
        target=scheme.target.name,
        ring=scheme.ring,
        rank=scheme.rank,
        denominator=scheme.denominator,
        u=u,
        v=v,
        w=w,
        origin=candidate.origin,
        parent=candidate.parent,
        seed=candidate.seed,
        clock=candidate.clock,
        hash=scheme.hash,
    )


def scheme_of(row: CandidateRow, named: Iterable[Target] = ()) -> Scheme:
    """Rebuilds the scheme of a row.

    Args:
      named: the targets that are no matrix products.
    Raises:
      SchemeError: lists whose lengths do not fit target and rank, or what `Scheme` refuses.
    """
    target = parse_target(row.target, named)
    factors = (
        _matrix(values, length, row.rank, name)
        for name, values, length in zip("uvw", (row.u, row.v, row.w), target.modes, strict=True)
    )
    return Scheme(target, parse_ring(row.ring), Factors(*factors), row.denominator)


def _matrix(values: np.ndarray, length: int, rank: int, name: str) -> np.ndarray:
    if len(values) != length * rank:
        raise SchemeError(f"factor {name}: expected {length} x {rank} entries, got {len(values)}")
    return values.reshape(length, rank)


def paths(folder: Path, names: Iterable[str]) -> list[Path]:
    """The tables of the agents or walks of these names, by name; tables that lie beside them are of other runs."""
    return [folder / f"{name}.parquet" for name in sorted(names)]


def write(path: Path, candidates: Sequence[Candidate]) -> None:
    """Writes a candidate table in the order given."""
    tables.write(path, CANDIDATES, [to_row(candidate) for candidate in candidates])


def read(path: Path) -> list[Candidate]:
    """Reads a candidate table of matrix products. Raises TableError or SchemeError with the file's name."""
    try:
        return [
            Candidate(scheme_of(row), row.origin, row.parent, row.seed, row.clock)
            for row in tables.read(path, CANDIDATES)
        ]
    except SchemeError as error:
        raise SchemeError(f"{path}: {error}") from None
