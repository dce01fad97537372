"""What is found out about a candidate: the convention of its third factor, and every ring in which it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stages.algebra.check import Holding, WrongEntry, first_wrong_entry, holding
from stages.algebra.factors import Factors, Scheme, modulo
from stages.algebra.rings import PRIMES, RINGS, Ring
from stages.algebra.targets import Target
from stages.errors import SchemeError
from stages.exchange.formats import files
from stages.exchange.formats.candidate import Candidate, WideFactors, short
from stages.exchange.limits import MEMORY, SECONDS, Allowance, OutOfTimeError

C_TRANSPOSED, C = "C transposed", "C"


class UndoneError(SchemeError):
    """A file met a limit of ours before all of it was read and checked."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for in each file.

    Attributes:
      named: the targets that are no matrix products.
      target: the name of the only target to be tried, if one is demanded.
      seconds: CPU time that a file may take.
    """

    named: Sequence[Target] = ()
    target: str = ""
    seconds: float = SECONDS


WANTED = Wanted()


@dataclass(frozen=True)
class Finding:
    """The verdict on a candidate.

    Attributes:
      target: what it is a scheme of; where none holds, the first that was tried.
      convention: what the third factor of a matrix product indexes in the file; `C_TRANSPOSED` where neither holds.
      rings: every ring in which the candidate holds, in the order of `rings.RINGS`; of one beyond int32 Q alone.
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
        """The candidate over Z where it holds there, else over each of its rings, in the order of `rings.RINGS`.

        The sides of a matrix product are as in the file. Of one beyond int32 there is none.
        """
        if self.candidate.beyond:
            return []
        exact = Scheme(self.target, "Q", self.factors, self.candidate.denominator)
        if "Z" in self.rings:
            return [Scheme(self.target, "Z", self.factors)]
        rings = (ring for ring in self.rings if ring != "Z3" or "Q" not in self.rings)  # nobody asks for what Q implies
        return [modulo(exact, ring) if ring in PRIMES else exact for ring in rings]


def find(candidate: Candidate, wanted: Wanted = WANTED) -> Finding:
    """Checks a candidate and its other readings against every target that they may be of.

    Returns:
      The first finding that holds anywhere, else the first of all.
    Raises:
      SchemeError: the candidate can be of no target, or not of the one that it names or that is demanded.
    """
    first = _find(candidate, wanted)
    rest = (found for other in candidate.others if not first.rings and (found := _find(other, wanted)).rings)
    return next(rest, first)


def _find(candidate: Candidate, wanted: Wanted) -> Finding:
    found = []
    for target in _targets(candidate, wanted):
        for convention, factors in _conventions(candidate, target):
            rings, wrong = _holding(candidate, target, factors)
            found.append(Finding(candidate, target, convention, rings, wrong, factors))
            if wrong is None:
                return found[-1]
    return next((finding for finding in found if finding.rings), found[0])


def _holding(candidate: Candidate, target: Target, factors: Factors) -> Holding:
    """Where a candidate holds; numbers beyond int32 are checked over Q alone, as they are in no lowest terms."""
    if not candidate.beyond:
        return holding(target.tensor, factors, candidate.denominator)
    # A term that is zero and has a number beyond int64: the check then counts in Python's integers throughout.
    zero = (np.full((rows, 1), number, object) for rows, number in zip(factors.modes, (2**64, 1, 0), strict=True))
    wide = WideFactors(*(np.hstack(pair) for pair in zip(factors, zero, strict=True)))
    wrong = first_wrong_entry(target.tensor, wide, "Q", candidate.denominator)
    return Holding(() if wrong else ("Q",), wrong)


def _targets(candidate: Candidate, wanted: Wanted) -> list[Target]:
    modes = candidate.factors.modes
    product = [candidate.size.target] if candidate.size else []
    targets = [target for target in (*product, *wanted.named) if target.modes == modes]
    for name in filter(None, (candidate.target, wanted.target)):
        targets = [target for target in targets if target.name == name]
        if not targets:
            raise SchemeError(f"expected a scheme of {name}, and {name} among the targets, got rows {list(modes)}")
    if not targets:
        others = f", nor to any of the {len(wanted.named)} other targets" if wanted.named else ""
        raise SchemeError(f"factors with rows {list(modes)} belong to no matrix product{others}")
    return targets


def _conventions(candidate: Candidate, target: Target) -> Iterator[tuple[str, Factors]]:
    yield C_TRANSPOSED if target.lengths else "", candidate.factors
    if target.lengths:
        w = candidate.factors.w
        n, _, p = target.size
        # Row i*p + k becomes row k*n + i.
        yield C, replace(candidate.factors, w=w.reshape(n, p, -1).transpose(1, 0, 2).reshape(p * n, -1))


def examine(path: Path, wanted: Wanted = WANTED) -> Iterator[Finding | SchemeError]:
    """The findings of a file in its order, at least one; what cannot be read, or not within limits, is an error."""
    allowance, done = Allowance(wanted.seconds), 0
    try:
        candidates = allowance.run(files.read, path)
        while candidate := allowance.run(next, candidates, None):
            try:
                yield candidate if isinstance(candidate, SchemeError) else allowance.run(find, candidate, wanted)
            except SchemeError as error:  # the others go on
                yield error
            done += 1
        if not done:
            yield SchemeError("holds no scheme")
    except SchemeError as error:
        yield error
    except OutOfTimeError:
        spent = f"{wanted.seconds:g} CPU seconds"
        yield UndoneError(f"stopped after {spent}, with {done} schemes done; --seconds gives more")
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
    return "" if finding.rings else f"{'not over Q' if finding.candidate.beyond else 'over no ring'}: {finding.wrong}"


def _reason(finding: Finding, ring: str) -> str:
    denominator = finding.candidate.denominator
    if finding.candidate.beyond:
        return str(finding.wrong or finding.candidate.beyond)
    if ring in PRIMES and denominator % PRIMES[ring]:
        return str(first_wrong_entry(finding.target.tensor, finding.factors, ring, denominator))
    return str(finding.wrong) if finding.wrong else f"its terms need the denominator {denominator}"
