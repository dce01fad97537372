"""One candidate row in, one row of the verified or of the rejected table out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.algebra.invariants import invariant
from stages.contract.candidates import scheme_from_row
from stages.errors import SchemeError
from stages.program.costs import additions
from stages.program.program import from_scheme, to_json


def is_verified(judged: Mapping) -> bool:
    return "reason" not in judged


def judge(row: Mapping) -> dict:
    """Checks a candidate.

    Args:
      row: the columns of `tables.CANDIDATES`; nothing in them is trusted.
    Returns:
      The row with the facts of `tables.VERIFIED`, or with the first wrong entry and reason of `tables.REJECTED`.
    """
    try:
        scheme = scheme_from_row(row)
    except SchemeError as error:
        return reject(row, str(error))
    if row["hash"] != scheme.hash:
        return reject(
            row, f"hash: expected {scheme.hash} for these factors, got {row['hash']}", scheme.hash, row["hash"]
        )
    wrong = check(scheme)
    if wrong is not None:
        place = {"i": wrong.i, "j": wrong.j, "k": wrong.k}
        return reject(row, f"not a decomposition over {scheme.ring}: {wrong}", wrong.expected, wrong.got) | place
    return dict(row) | _facts(scheme)


def reject(row: Mapping, reason: str, expected: object = "", got: object = "") -> dict:
    """The rejected row of a candidate in which no entry of the tensor is to blame (i = j = k = -1)."""
    return dict(row) | {"i": -1, "j": -1, "k": -1, "expected": str(expected), "got": str(got), "reason": reason}


def unreadable(origin: str, reason: str) -> dict:
    """The rejected row of a file that holds no scheme."""
    empty = {"size": "", "ring": "", "rank": 0, "denominator": 1, "u": [], "v": [], "w": [], "hash": ""}
    row = empty | {"origin": origin, "parent": "", "seed": 0, "clock": 0}
    return reject(row, reason)


def _facts(scheme: Scheme) -> dict:
    program = from_scheme(scheme)
    factors = list(scheme.factors)
    return {
        "invariant": invariant(scheme),
        "nonzeros": sum(int(np.count_nonzero(matrix)) for matrix in factors),
        "largest": max(int(np.abs(matrix).max()) for matrix in factors),
        "additions": additions(program),
        "program": to_json(program),
    }
