"""One scheme in the format of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stages.algebra.targets import Target
from stages.contract.rows.schemes import NAMED, VERIFIED
from stages.exchange.formats import files
from stages.exchange.held import by_hash, verified


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
    rows = [*verified(table, VERIFIED), *verified(named_table, NAMED)]
    return files.write(name, by_hash(prefix, rows, folder, named))
