"""Gathers the candidates of all origins and splits them into verified and rejected rows.

The order is that of names: agents, then walks, then the recombination, then imported files; within a file, its own. A
scheme that several origins found keeps one row for each: who found it is a fact too.
"""

from __future__ import annotations

import math
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from stages.algebra.targets import Target
from stages.contract import candidates, scheme_files, tables
from stages.contract.origin import IMPORTED, Origin
from stages.contract.progress import Progress
from stages.contract.rows.schemes import CANDIDATES, CandidateRow, NamedRow, RejectedRow, VerifiedRow
from stages.errors import SchemeError
from stages.verification.verdict import Judged, judge, mark_representatives, unreadable

CHUNK = 16  # schemes that a process is given at a time
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
    processes: int = 1,
) -> Verdicts:
    """Judges every candidate.

    Args:
      search: folder with one candidate table `{agent}.parquet` per agent; what others lie there is not read.
      refinement: folder with one candidate table `{walk}.parquet` per walk, alike.
      recombination: its candidate table.
      imported: folder with one JSON file per scheme.
      named: the targets that are no matrix products.
      processes: that judge at a time; the verdicts do not depend on it.
    Raises:
      TableError: a table is missing, damaged or not of candidates.
      SchemeError: `imported` is missing, or holds what is neither a JSON file nor its README.md.
    """
    own = [*candidates.paths(search, agents), *candidates.paths(refinement, walks), recombination]
    rows = [row for path in own for row in tables.read(path, CANDIDATES)]
    rows += [_imported_row(path, named) for path in _imported_files(imported)]
    progress = Progress("verification", len(rows), "schemes")
    verdicts = Verdicts([], [], [])
    for done, judged in enumerate(_judged(rows, named, processes), start=1):
        match judged:
            case VerifiedRow():
                verdicts.verified.append(judged)
            case NamedRow():
                verdicts.named.append(judged)
            case RejectedRow():
                verdicts.rejected.append(judged)
        progress.update(done)
    return verdicts._replace(verified=mark_representatives(verdicts.verified))


def _imported_row(path: Path, named: Iterable[Target]) -> CandidateRow:
    """The candidate of a file; a rejected row of one that holds none."""
    origin = Origin(IMPORTED, path.name)
    try:
        scheme = scheme_files.read(path, named)
    except SchemeError as error:
        return unreadable(origin, str(error))
    return candidates.to_row(candidates.Candidate(scheme, origin, parent="", seed=0, clock=0))


def _judged(rows: Sequence[CandidateRow], named: Collection[Target], processes: int) -> Iterator[Judged]:
    """The verdicts in the order of the rows, which are handed out in chunks."""
    verdict = partial(_verdict, named=named)
    processes = min(processes, math.ceil(len(rows) / CHUNK))
    if processes <= 1:
        yield from map(verdict, rows)
        return
    yield from map(verdict, rows[:CHUNK])  # what they compile is there for all processes
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads of a library hold
    with ProcessPoolExecutor(processes, context, _end_with_parent) as pool:
        yield from pool.map(verdict, rows[CHUNK:], chunksize=CHUNK)


def _verdict(row: CandidateRow, named: Collection[Target]) -> Judged:
    return row if isinstance(row, RejectedRow) else judge(row, named)


def _end_with_parent() -> None:
    """Ends this process when the stage is killed, which closes no pool."""

    def wait() -> None:
        multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


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
