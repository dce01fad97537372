"""What is held: the verified schemes of the tables, and imported ones, which need not be verified yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from stages.algebra.factors import Scheme
from stages.algebra.targets import Target
from stages.contract import scheme_files, tables
from stages.contract.candidates import scheme_of
from stages.contract.named_targets import read_targets
from stages.contract.rows.schemes import CandidateRow
from stages.errors import SchemeError


def named_targets(folder: Path) -> list[Target]:
    """The targets that are no matrix products; there need be no such folder where files are checked."""
    return read_targets(folder) if folder.is_dir() else []


def verified(path: Path, table: tables.Table[tables.Row]) -> list[tables.Row]:
    """The rows of a table of verified schemes, which need not exist."""
    return tables.read(path, table) if path.exists() else []


def imported(folder: Path, named: Iterable[Target] = ()) -> Iterator[tuple[Path, Scheme]]:
    """The files of `folder` that hold a scheme; verification reports the others."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, scheme_files.read(path, named)
        except SchemeError:
            continue


def by_hash(prefix: str, rows: Iterable[CandidateRow], folder: Path, named: Collection[Target] = ()) -> Scheme:
    """The one scheme whose hash begins so.

    Args:
      prefix: at least four digits.
      rows: of tables of verified schemes.
      folder: of imported schemes.
      named: the targets that are no matrix products.
    Raises:
      SchemeError: fewer digits, no such scheme, or several.
    """
    if len(prefix) < 4:
        raise SchemeError(f"hash: expected at least four digits, got {prefix!r}")
    found = {row.hash: scheme_of(row, named) for row in rows if row.hash.startswith(prefix)}
    for _, scheme in imported(folder, named):
        if scheme.hash.startswith(prefix):
            found.setdefault(scheme.hash, scheme)
    if len(found) != 1:
        got = f"{len(found)}: {', '.join(sorted(found))}" if found else "none"
        hint = "" if found else " (import a file first)"
        raise SchemeError(f"hash {prefix}: expected one scheme, verified or in {folder}, got {got}{hint}")
    return found.popitem()[1]
