"""What is found out about a candidate: the convention of its third factor, and every ring in which it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.algebra.check import WrongEntry, first_wrong_entry, holding
from stages.algebra.factors import Factors, Scheme, modulo_two
from stages.algebra.rings import RINGS, Ring
from stages.algebra.symmetry import sorted_scheme
from stages.algebra.targets import Target
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.formats.candidate import Candidate, short

C_TRANSPOSED, C = "C transposed", "C"


@dataclass(frozen=True)
class Finding:
    """The verdict on a candidate.

    Attributes:
      target: what it is a scheme of; where none holds, the first that was tried.
      convention: what the third factor of a matrix product indexes in the file; `C_TRANSPOSED` where neither holds.
      rings: every ring in which the candidate holds, in the order of `rings.RINGS`.
      wrong: the first wrong entry over Q; None where the candidate holds there.
      factors: with w in the project's convention.
    """

    candidate: Candidate
    target: Target
    convention: str
    rings: tuple[Ring, ...]
    wrong: WrongEntry | None
    factors: Factors

    def schemes(self) -> list[Scheme]:
        """The candidate over Z where it holds there, else over each of its rings; n <= m <= p."""
        exact = Scheme(self.target, "Q", self.factors, self.candidate.denominator)
        made = {"Z2": modulo_two(exact), "Z": Scheme(self.target, "Z", self.factors), "Q": exact}
        rings = ("Z",) if "Z" in self.rings else self.rings
        return [sorted_scheme(made[ring]) if self.target.lengths else made[ring] for ring in rings]


def find(candidate: Candidate, named: Sequence[Target] = (), demanded: str = "") -> Finding:
    """Checks a candidate against every target that it may be of, and takes the first that holds anywhere.

    Args:
      named: the targets that are no matrix products.
      demanded: the name of the only target to be tried.
    Raises:
      SchemeError: the candidate can be of no target, or not of the one that it names or that is demanded.
    """
    found = []
    for target in _targets(candidate, named, demanded):
        for convention, factors in _conventions(candidate, target):
            rings, wrong = holding(target.tensor, factors, candidate.denominator)
            found.append(Finding(candidate, target, convention, rings, wrong, factors))
            if rings:
                return found[-1]
    return found[0]


def _targets(candidate: Candidate, named: Sequence[Target], demanded: str) -> list[Target]:
    modes = candidate.factors.modes
    product = [candidate.size.target] if candidate.size else []
    targets = [target for target in (*product, *named) if target.modes == modes]
    for name in filter(None, (candidate.target, demanded)):
        targets = [target for target in targets if target.name == name]
        if not targets:
            raise SchemeError(f"expected a scheme of {name}, and {name} among the targets, got rows {list(modes)}")
    if not targets:
        others = f", nor to {', '.join(target.name for target in named)}" if named else ""
        raise SchemeError(f"factors with rows {list(modes)} belong to no matrix product{others}")
    return targets


def _conventions(candidate: Candidate, target: Target) -> Iterator[tuple[str, Factors]]:
    yield C_TRANSPOSED if target.lengths else "", candidate.factors
    if target.lengths:
        u, v, w = candidate.factors
        n, _, p = target.size
        # Row i*p + k becomes row k*n + i.
        yield C, Factors(u, v, w.reshape(n, p, -1).transpose(1, 0, 2).reshape(p * n, -1))


def examine(path: Path, named: Sequence[Target] = (), demanded: str = "") -> Iterator[Finding | SchemeError]:
    """The findings of a file in its order, at least one; what cannot be read is an error that is yielded."""
    is_empty = True
    try:
        for candidate in files.read(path):
            is_empty = False
            try:
                yield candidate if isinstance(candidate, SchemeError) else find(candidate, named, demanded)
            except SchemeError as error:  # the others go on
                yield error
    except SchemeError as error:
        yield error
    else:
        if is_empty:
            yield SchemeError("holds no scheme")


def refusal(finding: Finding, demanded: Ring | None = None) -> str:
    """Why a candidate is refused: it holds nowhere, not in its file's ring, or not in the one demanded; or ''.

    Where a ring is named, so is the first wrong entry over that ring.
    """
    if finding.candidate.ring and finding.candidate.ring not in RINGS:
        return f"ring: expected one of {', '.join(RINGS)}, got {short(finding.candidate.ring)}"
    for ring in filter(None, (finding.candidate.ring, demanded)):
        if ring not in finding.rings:
            return f"not over {ring}: {_reason(finding, ring)}"
    return "" if finding.rings else f"over no ring: {finding.wrong}"


def _reason(finding: Finding, ring: str) -> str:
    denominator = finding.candidate.denominator
    if ring == "Z2" and denominator % 2:
        return str(first_wrong_entry(finding.target.tensor, finding.factors, "Z2"))
    return str(finding.wrong) if finding.wrong else f"its terms need the denominator {denominator}"
