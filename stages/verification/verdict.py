"""One candidate row in, one row of the verified or of the rejected table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stages.algebra.check import check, holding
from stages.algebra.factors import Scheme, non_zeros
from stages.algebra.invariants import class_of, invariant
from stages.algebra.targets import Bilinear, Size, tensor_of
from stages.contract.candidates import NO_TARGETS, scheme_from_row
from stages.errors import SchemeError
from stages.program import costs
from stages.program.program import from_scheme, to_json


def is_verified(judged: Mapping) -> bool:
    return "reason" not in judged


def judge(row: Mapping, targets: Mapping[str, Bilinear] = NO_TARGETS) -> dict:
    """Checks a candidate.

    Args:
      row: the columns of `tables.CANDIDATES`; nothing in them is trusted.
      targets: by name, those that are no sizes.
    Returns:
      The row with the facts of `tables.VERIFIED` (but `representative`, for which all of a class are compared), or of
      `tables.NAMED`, or with the first wrong entry and reason of `tables.REJECTED`.
    """
    try:
        scheme = scheme_from_row(row, targets)
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
    return dict(row) | _facts_of_any(scheme) | (_facts(scheme) if isinstance(scheme.size, Size) else {})


def reject(row: Mapping, reason: str, expected: object = "", got: object = "") -> dict:
    """The rejected row of a candidate in which no entry of the tensor is to blame (i = j = k = -1)."""
    return dict(row) | {"i": -1, "j": -1, "k": -1, "expected": str(expected), "got": str(got), "reason": reason}


def unreadable(origin: str, reason: str) -> dict:
    """The rejected row of a file that holds no scheme."""
    empty = {"size": "", "ring": "", "rank": 0, "denominator": 1, "u": [], "v": [], "w": [], "hash": ""}
    row = empty | {"origin": origin, "parent": "", "seed": 0, "clock": 0}
    return reject(row, reason)


def _facts_of_any(scheme: Scheme) -> dict:
    factors = list(scheme.factors)
    return {
        "rings": " ".join(holding(tensor_of(scheme.size), scheme.factors, scheme.denominator).rings),
        "nonzeros": non_zeros(scheme),
        "largest": max(int(np.abs(matrix).max(initial=0)) for matrix in factors),
    }


def _facts(scheme: Scheme) -> dict:
    """Those that need a matrix product."""
    program = from_scheme(scheme)
    return {
        "invariant": invariant(scheme),
        "class": class_of(scheme),
        "nontrivial": costs.nontrivial(program),
        "naive_additions": costs.naive_additions(program),
        "additions": costs.additions(program),
        "emax": costs.emax(program),
        "growth": costs.growth(program),
        "omega": costs.omega(program),
        "program": to_json(program),
    }


def mark_representatives(verified: Sequence[dict]) -> list[dict]:
    """The rows with `representative` set in one of each class: fewest additions, lowest growth, fewest non-trivial
    columns, lowest hash, first.
    """

    def merit(row: Mapping) -> tuple:
        return row["additions"], row["growth"], row["nontrivial"], row["hash"]

    best: dict[str, dict] = {}
    for row in verified:
        held = best.setdefault(row["class"], row)
        if merit(row) < merit(held):
            best[row["class"]] = row
    return [row | {"representative": row is best[row["class"]]} for row in verified]
