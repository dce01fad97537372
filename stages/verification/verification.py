"""Gathers the candidates of all origins and splits them into verified and rejected rows.

The order is that of names: agents, then walks, then the recombination, then imported files; within a file, its own. A
scheme that several origins found keeps one row for each: who found it is a fact too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from stages.algebra.targets import Bilinear
from stages.contract import candidates, tables
from stages.contract.progress import Progress
from stages.errors import SchemeError, TableError
from stages.verification.verdict import is_verified, judge, mark_representatives, unreadable

IMPORTED = "imported:"  # begins the origin of what others made
_README = "README.md"


class Judged(NamedTuple):
    """Rows of `tables.VERIFIED`, of `tables.NAMED` (targets that are no matrix products), of `tables.REJECTED`."""

    verified: list[dict]
    named: list[dict]
    rejected: list[dict]


def verify(
    search: Path,
    agents: Iterable[str],
    refinement: Path,
    walks: Iterable[str],
    recombination: Path,
    imported: Path,
    targets: Mapping[str, Bilinear] = candidates.NO_TARGETS,
) -> Judged:
    """Judges every candidate.

    Args:
      search: folder with one candidate table `{agent}.parquet` per agent.
      refinement: folder with one candidate table `{walk}.parquet` per walk.
      recombination: its candidate table.
      imported: folder with one JSON file per scheme.
      targets: by name, those that are no sizes.
    Raises:
      TableError: a table is missing, damaged or not of candidates, or lies there without an agent or walk of its name.
      SchemeError: `imported` is missing, or holds what is neither a JSON file nor its README.md.
    """
    files = _imported_files(imported)
    paths = _own_files(search, agents, "agent") + _own_files(refinement, walks, "walk") + [recombination]
    rows = [row for path in paths for row in tables.read_rows(path, tables.CANDIDATES)]
    progress = Progress("verification", len(rows) + len(files), "schemes")
    judged = []
    for verdict in _verdicts(rows, files, targets):
        judged.append(verdict)
        progress.update(len(judged))
    right = [row for row in judged if is_verified(row)]
    return Judged(
        mark_representatives([row for row in right if row["size"] not in targets]),
        [row for row in right if row["size"] in targets],
        [row for row in judged if not is_verified(row)],
    )


def _verdicts(rows: list[dict], files: list[Path], targets: Mapping[str, Bilinear]) -> Iterator[dict]:
    yield from (judge(row, targets) for row in rows)
    for path in files:
        origin = f"{IMPORTED}{path.name}"
        try:
            scheme = candidates.read_json(path, targets)
        except SchemeError as error:
            yield unreadable(origin, str(error))
        else:
            row = candidates.to_row(candidates.Candidate(scheme, origin, parent="", seed=0, clock=0))
            yield judge(row, targets)


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


def own_failure(rejected: Iterable[dict]) -> dict | None:
    """The first rejected row that a stage of ours made: these check their candidates, so it is a bug."""
    return next((row for row in rejected if not row["origin"].startswith(IMPORTED)), None)
