"""Gathers the candidates of all origins and splits them into verified and rejected rows.

The order is that of names: agents, then walks, then the recombination, then imported files; within a file, its own. A
scheme that several origins found keeps one row for each: who found it is a fact too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from stages.algebra.targets import Target
from stages.contract import candidates, scheme_files, tables
from stages.contract.origin import IMPORTED, Origin
from stages.contract.progress import Progress
from stages.contract.rows.schemes import CANDIDATES, CandidateRow, NamedRow, RejectedRow, VerifiedRow
from stages.errors import SchemeError, TableError
from stages.verification.verdict import Judged, judge, mark_representatives, unreadable

_README = "README.md"


class Verdicts(NamedTuple):
    """Verified schemes of matrix products and of other targets, and what is rejected."""

    verified: list[VerifiedRow]
    named: list[NamedRow]
    rejected: list[RejectedRow]


def verify(
    search: Path,
    agents: Iterable[str],
    refinement: Path,
    walks: Iterable[str],
    recombination: Path,
    imported: Path,
    named: Collection[Target] = (),
) -> Verdicts:
    """Judges every candidate.

    Args:
      search: folder with one candidate table `{agent}.parquet` per agent.
      refinement: folder with one candidate table `{walk}.parquet` per walk.
      recombination: its candidate table.
      imported: folder with one JSON file per scheme.
      named: the targets that are no matrix products.
    Raises:
      TableError: a table is missing, damaged or not of candidates, or lies there without an agent or walk of its name.
      SchemeError: `imported` is missing, or holds what is neither a JSON file nor its README.md.
    """
    files = _imported_files(imported)
    paths = _own_files(search, agents, "agent") + _own_files(refinement, walks, "walk") + [recombination]
    rows = [row for path in paths for row in tables.read(path, CANDIDATES)]
    progress = Progress("verification", len(rows) + len(files), "schemes")
    verdicts = Verdicts([], [], [])
    for done, judged in enumerate(_judged(rows, files, named), start=1):
        match judged:
            case VerifiedRow():
                verdicts.verified.append(judged)
            case NamedRow():
                verdicts.named.append(judged)
            case RejectedRow():
                verdicts.rejected.append(judged)
        progress.update(done)
    return verdicts._replace(verified=mark_representatives(verdicts.verified))


def _judged(rows: Iterable[CandidateRow], files: Iterable[Path], named: Collection[Target]) -> Iterator[Judged]:
    yield from (judge(row, named) for row in rows)
    for path in files:
        origin = Origin(IMPORTED, path.name)
        try:
            scheme = scheme_files.read(path, named)
        except SchemeError as error:
            yield unreadable(origin, str(error))
        else:
            yield judge(candidates.to_row(candidates.Candidate(scheme, origin, parent="", seed=0, clock=0)), named)


def _own_files(folder: Path, names: Iterable[str], kind: str) -> list[Path]:
    """One table per name. A file of a removed agent or walk would count as an input and yet be judged by nobody."""
    paths = [folder / f"{name}.parquet" for name in sorted(names)]
    for path in sorted(folder.glob("[!.]*")):  # names that begin with a dot are the engines' own
        if path not in paths:
            raise TableError(f"{path}: no {kind} of this name in params.yaml; delete the file")
    return paths


def _imported_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SchemeError(f"{folder}: no such folder; expected one with a JSON file per scheme (it may have none)")
    visible = folder.glob("[!.]*")  # names that begin with a dot are an import's that was killed, or the system's
    files = sorted(path for path in visible if path.name != _README)
    for path in files:
        if path.suffix != ".json" or not path.is_file():
            raise SchemeError(f"{path}: expected only JSON files, one scheme each, and {_README} in this folder")
    return files


def own_failure(rejected: Iterable[RejectedRow]) -> RejectedRow | None:
    """The first rejected row that this project made: its candidates are checked, so it is a bug."""
    return next((row for row in rejected if not row.origin.is_imported), None)
