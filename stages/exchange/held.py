"""What is held: the verified schemes of the tables, and imported ones, which may not be verified yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from stages.algebra.factors import Scheme
from stages.algebra.targets import Target
from stages.contract import scheme_files, tables
from stages.contract.named_targets import read_targets
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
