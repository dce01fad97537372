"""Rows of tables that tests share."""

from __future__ import annotations

from stages.algebra.factors import Scheme
from stages.contract.candidates import Candidate, to_row
from stages.contract.origin import Origin
from stages.contract.rows.schemes import CandidateRow, VerifiedRow


def candidate_row(scheme: Scheme, origin: str = "refinement:walk") -> CandidateRow:
    return to_row(Candidate(scheme, Origin.parse(origin), parent="", seed=0, clock=0))


def verified_row(scheme: Scheme, origin: str = "refinement:walk", **facts: object) -> VerifiedRow:
    """A verified row whose facts are made up where they are not given."""
    made_up = {"rings": scheme.ring, "nonzeros": 1, "largest": 1, "invariant": "", "equivalence_class": ""}
    made_up |= {"representative": True, "nontrivial": 1, "naive_additions": 2, "additions": 1}
    made_up |= {"emax": 3.0, "growth": 2.5, "omega": 2.807, "program": "{}"}
    return VerifiedRow(**vars(candidate_row(scheme, origin)), **(made_up | facts))
