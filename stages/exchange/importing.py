"""Other people's files, verified; what holds is kept for the stage verification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.algebra.symmetry import sorted_scheme
from stages.contract import scheme_files
from stages.errors import SchemeError
from stages.exchange.check import verdict
from stages.exchange.findings import WANTED, Finding, Wanted, examine


def import_files(paths: Sequence[Path], folder: Path, wanted: Wanted = WANTED) -> Iterator[tuple[bool, str]]:
    """Writes each scheme that holds into `folder`, one JSON file per scheme and ring, named by what it is.

    Args:
      wanted: what is looked for in each file.
    Returns:
      For each scheme whether it is kept, and a line about it with the names of its files.
    Raises:
      SchemeError: there is no such folder.
    """
    if not folder.is_dir():
        raise SchemeError(f"{folder}: no such folder")
    for path in paths:
        for finding in examine(path, wanted):
            holds, line = verdict(path, finding, None)
            kept = list(_kept(finding, folder)) if holds and isinstance(finding, Finding) else []
            yield bool(kept), f"{line} -> {', '.join(kept)}" if kept else line


def _kept(finding: Finding, folder: Path) -> Iterator[str]:
    for found in finding.schemes():
        scheme = sorted_scheme(found) if found.target.lengths else found
        path = folder / f"{scheme.target.name}-{scheme.rank}-{scheme.ring}-{scheme.hash}.json"
        if not path.exists():
            scheme_files.write(path, scheme)
        yield str(path)
