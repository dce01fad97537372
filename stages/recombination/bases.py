"""What a recombination builds on: the schemes of matrix products that all agents and walks have left."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.contract import candidates, tables
from stages.contract.rows.schemes import CANDIDATES
from stages.errors import SchemeError


def read_bases(paths: Iterable[Path]) -> list[Scheme]:
    """The schemes over Z2 and Z of some tables of candidates; those over Q and Z3 are left out, as are other targets.

    Raises:
      SchemeError, TableError: a table cannot be read, or holds a scheme that is wrong.
    """
    found = []
    for path in paths:
        for row in tables.read(path, CANDIDATES):
            if row.ring in ("Q", "Z3") or row.target[:1].isalpha():
                continue
            scheme = candidates.scheme_of(row)
            wrong = check(scheme)
            if wrong is not None:
                raise SchemeError(f"{path}: scheme {scheme.hash} is not a product {scheme.target.name}: {wrong}")
            found.append(scheme)
    return found
