"""What is found out about a claim: the convention of its third factor, and every ring in which it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stages.algebra.check import WrongEntry, first_wrong_entry, holding
from stages.algebra.factors import Factors, Scheme, modulo_two
from stages.algebra.rings import RINGS, Ring
from stages.algebra.symmetry import sorted_scheme
from stages.algebra.targets import matmul_target
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.formats.claim import Claim, short

C_TRANSPOSED, C = "C transposed", "C"


@dataclass(frozen=True)
class Finding:
    """The verdict on a claim.

    Attributes:
      convention: what the third factor indexes in the file; `C_TRANSPOSED` also where neither holds.
      rings: every ring in which the claim holds, in the order of `rings.RINGS`.
      wrong: the first wrong entry over Q; None where the claim holds there.
      factors: with w in the project's convention.
    """

    claim: Claim
    convention: str
    rings: tuple[Ring, ...]
    wrong: WrongEntry | None
    factors: Factors

    def schemes(self) -> list[Scheme]:
        """The claim over Z where it holds there, else over each of its rings; n <= m <= p."""
        size, factors, denominator = self.claim.size, self.factors, self.claim.denominator
        exact = Scheme(size, "Q", factors, denominator)
        made = {"Z2": modulo_two(exact), "Z": Scheme(size, "Z", factors), "Q": exact}
        rings = ("Z",) if "Z" in self.rings else self.rings
        return [sorted_scheme(made[ring]) for ring in rings]


def find(claim: Claim) -> Finding:
    """Checks a claim in both conventions, and takes the first that holds anywhere."""
    n, _, p = claim.size
    u, v, w = claim.factors
    # Row i*p + k becomes row k*n + i.
    turned = w.reshape(n, p, -1).transpose(1, 0, 2).reshape(p * n, -1)
    target = matmul_target(claim.size)
    found = []
    for convention, third in ((C_TRANSPOSED, w), (C, turned)):
        factors = Factors(u, v, third)
        rings, wrong = holding(target, factors, claim.denominator)
        found.append(Finding(claim, convention, rings, wrong, factors))
        if rings:
            break
    return found[-1] if found[-1].rings else found[0]


def examine(path: Path) -> Iterator[Finding | SchemeError]:
    """The findings of a file in its order, at least one; what cannot be read is an error that is yielded."""
    is_empty = True
    try:
        for claim in files.read(path):
            is_empty = False
            yield claim if isinstance(claim, SchemeError) else find(claim)
    except SchemeError as error:
        yield error
    else:
        if is_empty:
            yield SchemeError("holds no scheme")


def refusal(finding: Finding, demanded: Ring | None = None) -> str:
    """Why a claim is refused: it holds nowhere, not in the ring that its file names, or not in the one demanded; or ''.

    Where a ring is named, so is the first wrong entry over that ring.
    """
    if finding.claim.ring and finding.claim.ring not in RINGS:
        return f"ring: expected one of {', '.join(RINGS)}, got {short(finding.claim.ring)}"
    for ring in filter(None, (finding.claim.ring, demanded)):
        if ring not in finding.rings:
            return f"not over {ring}: {_reason(finding, ring)}"
    return "" if finding.rings else f"over no ring: {finding.wrong}"


def _reason(finding: Finding, ring: str) -> str:
    denominator = finding.claim.denominator
    if ring == "Z2" and denominator % 2:
        return str(first_wrong_entry(matmul_target(finding.claim.size), finding.factors, "Z2"))
    return str(finding.wrong) if finding.wrong else f"its terms need the denominator {denominator}"
