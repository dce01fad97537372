"""What is found out about a candidate: the convention of its third factor, and every ring in which it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stages.algebra.check import WrongEntry, first_wrong_entry, holding
from stages.algebra.factors import Factors, Scheme, modulo_two
from stages.algebra.rings import RINGS, Ring
from stages.algebra.symmetry import sorted_scheme
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.formats.candidate import Candidate, short
from stages.exchange.limits import MEMORY, SECONDS, Allowance, OutOfTimeError

C_TRANSPOSED, C = "C transposed", "C"


class UndoneError(SchemeError):
    """A file met a limit of ours before all of it was read and checked."""


@dataclass(frozen=True)
class Finding:
    """The verdict on a candidate.

    Attributes:
      convention: what the third factor indexes in the file; `C_TRANSPOSED` also where neither holds.
      rings: every ring in which the candidate holds, in the order of `rings.RINGS`.
      wrong: the first wrong entry over Q; None where the candidate holds there.
      factors: with w in the project's convention.
    """

    candidate: Candidate
    convention: str
    rings: tuple[Ring, ...]
    wrong: WrongEntry | None
    factors: Factors

    def schemes(self) -> list[Scheme]:
        """The candidate over Z where it holds there, else over each of its rings; n <= m <= p."""
        target = self.candidate.size.target
        exact = Scheme(target, "Q", self.factors, self.candidate.denominator)
        made = {"Z2": modulo_two(exact), "Z": Scheme(target, "Z", self.factors), "Q": exact}
        rings = ("Z",) if "Z" in self.rings else self.rings
        return [sorted_scheme(made[ring]) for ring in rings]


def find(candidate: Candidate) -> Finding:
    """Checks a candidate and its other readings in both conventions, and takes the first that holds anywhere."""
    first = _find(candidate)
    rest = (found for other in candidate.others if not first.rings and (found := _find(other)).rings)
    return next(rest, first)


def _find(candidate: Candidate) -> Finding:
    n, _, p = candidate.size
    u, v, w = candidate.factors
    # Row i*p + k becomes row k*n + i.
    transposed = w.reshape(n, p, -1).transpose(1, 0, 2).reshape(p * n, -1)
    target = candidate.size.target.tensor
    found = []
    for convention, third in ((C_TRANSPOSED, w), (C, transposed)):
        factors = Factors(u, v, third)
        rings, wrong = holding(target, factors, candidate.denominator)
        found.append(Finding(candidate, convention, rings, wrong, factors))
        if rings:
            break
    return found[-1] if found[-1].rings else found[0]


def examine(path: Path, seconds: float = SECONDS) -> Iterator[Finding | SchemeError]:
    """The findings of a file in its order, at least one; what cannot be read, or not within limits, is an error."""
    allowance, done = Allowance(seconds), 0
    try:
        candidates = allowance.run(files.read, path)
        while candidate := allowance.run(next, candidates, None):
            yield candidate if isinstance(candidate, SchemeError) else allowance.run(find, candidate)
            done += 1
        if not done:
            yield SchemeError("holds no scheme")
    except SchemeError as error:
        yield error
    except OutOfTimeError:
        yield UndoneError(f"stopped after {seconds:g} CPU seconds, with {done} schemes done; --seconds gives more")
    except MemoryError:
        yield UndoneError(f"stopped, with {done} schemes done: it takes more memory than {MEMORY} bytes")


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
        return str(first_wrong_entry(finding.candidate.size.target.tensor, finding.factors, "Z2"))
    return str(finding.wrong) if finding.wrong else f"its terms need the denominator {denominator}"
