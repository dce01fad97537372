"""One candidate row in, one row of a table of verified schemes or of the rejected ones out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from stages.algebra.check import check, holding
from stages.algebra.factors import Scheme, non_zeros
from stages.algebra.invariants import class_of, invariant
from stages.algebra.targets import Target
from stages.contract.candidates import scheme_of
from stages.contract.origin import Origin
from stages.contract.rows.schemes import CandidateRow, NamedRow, RejectedRow, VerifiedRow
from stages.errors import SchemeError
from stages.program import costs
from stages.program.exact import prove
from stages.program.program import to_json

Judged = VerifiedRow | NamedRow | RejectedRow


def judge(row: CandidateRow, named: Iterable[Target] = ()) -> Judged:
    """Checks a candidate.

    Args:
      row: nothing in it is trusted.
      named: the targets that are no matrix products.
    Returns:
      The row with its facts; `representative` is False, for it takes all schemes of a class. Or the row with its first
      wrong entry.
    """
    try:
        scheme = scheme_of(row, named)
    except SchemeError as error:
        return reject(row, str(error))
    if row.hash != scheme.hash:
        reason = f"hash: expected {scheme.hash} for these factors, got {row.hash}"
        return reject(row, reason, scheme.hash, row.hash)
    wrong = check(scheme)
    if wrong is not None:
        reason = f"not a decomposition over {scheme.ring}: {wrong}"
        return reject(row, reason, str(wrong.expected), str(wrong.got), (wrong.i, wrong.j, wrong.k))
    facts = NamedRow(
        **vars(row),
        rings=" ".join(holding(scheme.target.tensor, scheme.factors, scheme.denominator).rings),
        nonzeros=non_zeros(scheme),
        largest=max(int(np.abs(matrix).max(initial=0)) for matrix in scheme.factors),
    )
    return _verified(facts, scheme) if scheme.target.lengths else facts


def reject(
    row: CandidateRow, reason: str, expected: str = "", got: str = "", place: tuple[int, int, int] = (-1, -1, -1)
) -> RejectedRow:
    """The rejected row of a candidate; the place is that of an entry of the tensor, if one is to blame."""
    return RejectedRow(**vars(row), **dict(zip("ijk", place, strict=True)), expected=expected, got=got, reason=reason)


def unreadable(origin: Origin, reason: str) -> RejectedRow:
    """The rejected row of a file that holds no scheme."""
    nothing = np.zeros(0, np.int32)
    return reject(CandidateRow("", "", 0, 1, nothing, nothing, nothing, origin, "", 0, 0, ""), reason)


def _verified(row: NamedRow, scheme: Scheme) -> VerifiedRow:
    """Adds the facts that need a matrix product."""
    (program, additions_bound), its_invariant = prove(scheme), invariant(scheme)
    return VerifiedRow(
        **vars(row),
        invariant=its_invariant,
        equivalence_class=class_of(scheme, its_invariant),
        representative=False,
        nontrivial=costs.nontrivial(program),
        naive_additions=costs.naive_additions(program),
        additions=costs.additions(program),
        additions_bound=additions_bound,
        emax=costs.emax(program),
        growth=costs.growth(program),
        omega=costs.omega(program),
        program=to_json(program),
    )


def mark_representatives(verified: Sequence[VerifiedRow]) -> list[VerifiedRow]:
    """The rows with `representative` set in one of each class: fewest additions, lowest growth, fewest non-trivial
    columns, lowest hash, first.
    """

    def merit(row: VerifiedRow) -> tuple[int, float, int, str]:
        return row.additions, row.growth, row.nontrivial, row.hash

    best: dict[str, VerifiedRow] = {}
    for row in verified:
        best[row.equivalence_class] = min(best.get(row.equivalence_class, row), row, key=merit)
    return [replace(row, representative=row is best[row.equivalence_class]) for row in verified]
