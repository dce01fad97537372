"""One scheme in the format of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stages.algebra.targets import Target
from stages.contract.candidates import scheme_of
from stages.contract.rows.schemes import NAMED, VERIFIED
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.held import imported, verified


def export(
    prefix: str, name: str, table: Path, named_table: Path, folder: Path, named: Sequence[Target]
) -> Mapping[str, bytes]:
    """The files of one scheme in the format `name`, by what each adds to the name of the output; most have one.

    Args:
      prefix: of its hash, at least four digits.
      table, named_table: of verified schemes of matrix products and of other targets; they need not exist.
      folder: of imported schemes.
      named: the targets that are no matrix products.
    Raises:
      SchemeError: no scheme or several have this hash, or the format cannot hold it.
    """
    if len(prefix) < 4:
        raise SchemeError(f"hash: expected at least four digits, got {prefix!r}")
    rows = [*verified(table, VERIFIED), *verified(named_table, NAMED)]
    found = {row.hash: scheme_of(row, named) for row in rows if row.hash.startswith(prefix)}
    for _, scheme in imported(folder, named):
        if scheme.hash.startswith(prefix):
            found.setdefault(scheme.hash, scheme)
    if len(found) != 1:
        names = f"{len(found)} schemes: {', '.join(sorted(found))}" if found else "none"
        raise SchemeError(f"hash {prefix}: expected one scheme in {table}, {named_table} or {folder}, got {names}")
    (scheme,) = found.values()
    return files.write(name, scheme)
