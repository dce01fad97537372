"""Schemes before and after their verdict."""

from __future__ import annotations

from dataclasses import dataclass

from stages.contract.origin import Origin
from stages.contract.tables import Int32, Int32s, Int64, Table, Text


@dataclass(frozen=True, eq=False)
class CandidateRow:
    """A scheme that is not yet checked."""

    target: str  # a size, n <= m <= p, or the name of another target
    ring: str  # Z2, Z3, Z, Q
    rank: Int32  # number of terms R
    denominator: Int32  # of the whole scheme: sum of terms = denominator * T; 1 but over Q
    u: Int32s  # row-major [S_u, R]; S_u = nm, S_v = mp, S_w = pn of a matrix product
    v: Int32s  # row-major [S_v, R]
    w: Int32s  # row-major [S_w, R]
    origin: Text[Origin]
    parent: str  # hash of the scheme this one was made from; empty where there is none
    seed: Int64  # root seed of the agent or walk
    clock: Int64  # games (search) or flips (refinement) when it was found
    hash: str  # algebra.factors.Scheme.hash


@dataclass(frozen=True, eq=False)
class NamedRow(CandidateRow):
    """A verified scheme of a target that is no matrix product: it has no class and no kernels."""

    rings: str  # all in which these factors hold, as in «Z2 Z3 Z Q»
    nonzeros: Int32  # of u, v and w together
    largest: Int32  # largest absolute coefficient


@dataclass(frozen=True, eq=False)
class VerifiedRow(NamedRow):
    """A verified scheme of a matrix product."""

    invariant: str  # algebra.invariants.invariant
    equivalence_class: str  # algebra.invariants.class_of; equivalent schemes share it
    representative: bool  # of its class: fewest additions, lowest growth, fewest non-trivial columns
    nontrivial: Int32  # columns of u, v and w with more than one non-zero
    naive_additions: Int32  # of all sums if nothing were shared
    additions: Int32  # additions and subtractions of `program`
    additions_bound: Int32  # no program of this scheme has fewer; `additions` where they are the fewest
    emax: float  # program.costs: what one level multiplies a rounding error by, at most
    growth: float  # the same in the 2-norm
    omega: float  # exponent of the recursion
    program: str  # stages.program as JSON


@dataclass(frozen=True, eq=False)
class RejectedRow(CandidateRow):
    """A candidate that is refused, or a file that holds none."""

    i: Int32  # first wrong entry of the tensor; -1 where the scheme could not be read so far
    j: Int32
    k: Int32
    expected: str  # decimal: sums of bad files have any size
    got: str
    reason: str  # one line


CANDIDATES = Table("candidates/2", CandidateRow)
NAMED = Table("named/2", NamedRow)
VERIFIED = Table("verified/4", VerifiedRow)
REJECTED = Table("rejected/2", RejectedRow)
