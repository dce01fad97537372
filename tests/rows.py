"""Rows of tables that tests share."""

from __future__ import annotations

from stages.algebra.factors import Scheme
from stages.backends.source import kernel_hash
from stages.contract.candidates import Candidate, to_row
from stages.contract.origin import Origin
from stages.contract.rows.kernels import KernelRow
from stages.contract.rows.schemes import CandidateRow, VerifiedRow


def candidate_row(scheme: Scheme, origin: str = "refinement:walk") -> CandidateRow:
    return to_row(Candidate(scheme, Origin.parse(origin), parent="", seed=0, clock=0))


def verified_row(scheme: Scheme, origin: str = "refinement:walk", **facts: object) -> VerifiedRow:
    """A verified row whose facts are made up where they are not given."""
    made_up = {"rings": scheme.ring, "nonzeros": 1, "largest": 1, "invariant": "", "equivalence_class": ""}
    made_up |= {"representative": True, "nontrivial": 1, "naive_additions": 2, "additions": 1, "additions_bound": 1}
    made_up |= {"emax": 3.0, "growth": 2.5, "omega": 2.807, "program": "{}"}
    return VerifiedRow(**vars(candidate_row(scheme, origin)), **(made_up | facts))


def kernel_row(source: str, scheme: Scheme, backend: str = "jax", **changes: object) -> KernelRow:
    """A kernel whose facts are those of Strassen's algorithm where they are not given; C fuses its own scheme."""
    facts = {"additions": 18, "emax": 12.0, "products": 7, "left_sums": 5, "right_sums": 5}
    facts |= {"left_terms": 12, "right_terms": 12, "output_terms": 12, "inner": scheme.hash if backend == "c" else ""}
    facts |= {"kernel": kernel_hash(source), "scheme": scheme.hash, "size": scheme.target.name, "ring": scheme.ring}
    return KernelRow(**(facts | {"rank": scheme.rank, "backend": backend, "source": source} | changes))
