"""One scheme in the format of others."""

from __future__ import annotations

from pathlib import Path

from stages.contract.candidates import scheme_of
from stages.contract.rows.schemes import VERIFIED
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.held import imported, verified


def export(prefix: str, name: str, table: Path, folder: Path) -> bytes:
    """The file of one scheme in the format `name`.

    Args:
      prefix: of its hash, at least four digits.
      table: of verified schemes; it need not exist.
      folder: of imported schemes; these are checked here.
    Raises:
      SchemeError: no scheme or several have this hash, or the format cannot hold it.
    """
    if len(prefix) < 4:
        raise SchemeError(f"hash: expected at least four digits, got {prefix!r}")
    found = {row.hash: scheme_of(row) for row in verified(table, VERIFIED) if row.hash.startswith(prefix)}
    for _, scheme in imported(folder):
        if scheme.hash.startswith(prefix):
            found.setdefault(scheme.hash, scheme)
    if len(found) != 1:
        names = f"{len(found)} schemes: {', '.join(sorted(found))}" if found else "none"
        raise SchemeError(f"hash {prefix}: expected one scheme in {table} or {folder}, got {names}")
    return files.WRITERS[name](next(iter(found.values())))
