"""What a file says before anything is proved: a size and exact factors, within limits that keep a bad file cheap."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from stages.algebra.denominators import lowest_terms
from stages.algebra.factors import Factors
from stages.algebra.targets import Size
from stages.errors import SchemeError

LONGEST_SIDE = 99
LARGEST_TARGET = 2**28  # Brent equations of one scheme: 25x25x25 has 244,140,625
LARGEST_FACTORS = 2**24  # coefficients of one scheme: 12x12x12 of rank 1,000 has 432,000
LONGEST_NUMBER = 20  # digits of one number of a file
LONGEST_DENOMINATOR = 100  # digits of what the numbers of one factor have in common

Number = int | Fraction


@dataclass(frozen=True, eq=False)
class WideFactors(Factors):
    """Factors of Python's own integers, some beyond int32: the exact check takes them, no `Scheme` does."""

    def __post_init__(self) -> None:
        """Nothing is left to be checked: `candidate_of` makes object matrices [S, R] of as many columns."""


@dataclass(frozen=True)
class Candidate:
    """One scheme of a file.

    Attributes:
      label: its place in the file, such as the key of an archive; empty where there is one scheme.
      size: as the file has it, in any order of n, m, p; None where its rows are of no matrix product.
      factors: integers in lowest terms over `denominator`; rows of w in the order of the file.
      ring: the ring that the file says it holds over; empty where it says none.
      unread: names of what stands beside it in the file and is no part of it.
      others: further readings of the same numbers, for where this one holds nowhere.
      target: the name of another target than a matrix product, where the file says one.
      beyond: why it could not be kept if it held; then the factors are wide, and not in lowest terms.
    """

    label: str
    size: Size | None
    factors: Factors
    denominator: int
    ring: str = ""
    unread: tuple[str, ...] = ()
    others: tuple[Candidate, ...] = ()
    target: str = ""
    beyond: str = ""


@dataclass(frozen=True)
class Matrix:
    """A factor as a file has it: integers [S, R] (int64 or Python's own) over one denominator."""

    integers: np.ndarray
    denominator: int = 1


def candidate_of(
    matrices: Sequence[Matrix], size: Size | None = None, label: str = "", ring: str = "", target: str = ""
) -> Candidate:
    """Puts three factors together; the size is read off their rows where the file names neither it nor a target.

    Raises:
      SchemeError: rows not of `size`, columns that differ in number, no term, or more than the limits of extent.
    """
    modes = tuple(matrix.integers.shape[0] for matrix in matrices)
    size = checked_size(*size) if size else None if target else product_of(modes)
    if size and modes != size.modes:
        raise SchemeError(f"{size.name}: expected factors with rows {list(size.modes)}, got {list(modes)}")
    check_extent(modes, max(matrix.integers.shape[1] for matrix in matrices))
    denominator = math.prod(matrix.denominator for matrix in matrices)
    u, v, w = (matrix.integers for matrix in matrices)
    beyond = ""
    try:
        factors, denominator = lowest_terms(u, v, w, denominator)
    except SchemeError as error:
        if not u.shape[1] == v.shape[1] == w.shape[1]:
            raise
        factors, beyond = WideFactors(*(matrix.astype(object) for matrix in (u, v, w))), str(error)
    if not factors.rank:
        raise SchemeError("expected at least one term")
    return Candidate(label, size, factors, denominator, ring, target=target, beyond=beyond)


def checked_size(n: int, m: int, p: int) -> Size:
    if not all(type(side) is int and 1 <= side <= LONGEST_SIDE for side in (n, m, p)):
        raise SchemeError(f"size: expected three numbers 1..{LONGEST_SIDE}, got {short((n, m, p))}")
    return Size(n, m, p)


def facts_of(candidate: Candidate, names: Container[str]) -> dict[str, int]:
    """What files say of a scheme beside its factors: sides, named n, m, p or m, k, n, and rank.

    Args:
      names: of all that the file says.
    """
    sides = zip("mkn" if "k" in names else "nmp", candidate.size or (), strict=False)
    return {**dict(sides), "rank": candidate.factors.rank}


def meant(name: str, names: Container[str]) -> str:
    """For a refusal, which sides the letters of `facts_of` name; empty where the fact is none of them."""
    if name not in ("n", "m", "p", "k") or not ("p" in names or "k" in names):
        return ""
    return " (A is m x k, B is k x n)" if "k" in names else " (A is n x m, B is m x p)"


def check_extent(modes: Sequence[int], rank: int) -> None:
    """Refuses factors with these rows that would cost too much, before anything of that extent is made."""
    if math.prod(modes) > LARGEST_TARGET:
        raise SchemeError(f"{math.prod(modes)} equations, more than {LARGEST_TARGET}")
    if sum(modes) * rank > LARGEST_FACTORS:
        raise SchemeError(f"{sum(modes)} x {short(rank)} coefficients, more than {LARGEST_FACTORS}")


def size_of_modes(modes: tuple[int, int, int]) -> Size:
    """The size whose factors have these rows. Raises SchemeError where there is none."""
    size = product_of(modes)
    if size is None:
        raise SchemeError(f"factors with rows {list(modes)} belong to no matrix product")
    return size


def product_of(modes: tuple[int, int, int]) -> Size | None:
    """The size whose factors have rows nm, mp, pn, if there is one: n^2 = nm * pn / mp, and so on."""
    nm, mp, pn = modes
    if min(modes) > 0:
        n, m, p = (math.isqrt(x * y // z) for x, y, z in ((nm, pn, mp), (nm, mp, pn), (mp, pn, nm)))
        if (n * m, m * p, p * n) == modes:
            return checked_size(n, m, p)
    return None


def matrix_of_rows(rows: Sequence[Sequence[Number]], name: str) -> Matrix:
    """A factor from rows of exact numbers; all rows must have one length."""
    if not rows or len({len(row) for row in rows}) != 1:
        raise SchemeError(f"factor {name}: expected rows of one length")
    denominator = common_denominator({entry.denominator for row in rows for entry in row})
    if denominator == 1:
        return Matrix(_compact([[int(entry) for entry in row] for row in rows]))
    return Matrix(_compact([[int(entry * denominator) for entry in row] for row in rows]), denominator)


def matrix_of_terms(terms: Sequence[Mapping[int, Number]], length: int) -> Matrix:
    """A factor [length, R] from one mapping {row: coefficient} per term."""
    denominator = common_denominator({entry.denominator for term in terms for entry in term.values()})
    integers = np.zeros((length, len(terms)), object)
    for column, term in enumerate(terms):
        for row, entry in term.items():
            integers[row, column] = int(entry * denominator)
    return Matrix(_compact(integers), denominator)


def rank_last(matrices: Sequence[Matrix]) -> list[Matrix]:
    """Three factors [S, R] from such ones or from [R, S].

    The length that is common to all is R; where both are, the longer one is, as no scheme has fewer products than a
    factor has rows.
    """
    rows, columns = ({matrix.integers.shape[axis] for matrix in matrices} for axis in (0, 1))
    if len(rows) == 1 and (len(columns) > 1 or max(rows) > max(columns)):
        return [Matrix(matrix.integers.T, matrix.denominator) for matrix in matrices]
    return list(matrices)


def common_denominator(denominators: Iterable[int]) -> int:
    """The least common multiple, which may pass int32: `lowest_terms` looks for a smaller one.

    Raises:
      SchemeError: it grows beyond `LONGEST_DENOMINATOR` digits.
    """
    common = 1
    for denominator in denominators:
        common = math.lcm(common, denominator)
        if abs(common) >= 10**LONGEST_DENOMINATOR:
            raise SchemeError(f"denominators: expected a common one of at most {LONGEST_DENOMINATOR} digits")
    return common


def _compact(integers: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
    """int64 where the numbers fit, which is much faster than Python's own."""
    try:
        return np.array(integers, np.int64)
    except OverflowError:
        return np.array(integers, object)


COMPLEX = "complex coefficients, which are in none of the rings Z2, Z3, Z and Q"
_FOREIGN = (  # coefficients that people publish and that are in none of the rings
    (COMPLEX, re.compile(r"[-+(]*(?:[-+0-9./*]*[0-9.]\*?)?[ijIJ]\)?", re.ASCII)),
    (
        "coefficients in x and 1/x: a scheme of border rank, which holds in no ring",
        re.compile(r"[-+(]*(?:[0-9./]*[*/]?)?(?:xi|x|eps|epsilon)[-^*/0-9.()]*", re.ASCII),
    ),
)
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:/[1-9][0-9]*|/0|\.[0-9]*)?|\.[0-9]+)", re.ASCII)


def number(text: str) -> Number:
    """An integer, a fraction such as -1/2, or a decimal such as 0.5, exactly.

    Raises:
      SchemeError: anything else, more than `LONGEST_NUMBER` digits, or a denominator of zero.
    """
    if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise SchemeError(f"expected a number, got {short(text)}{foreign(text)}")
    if "/" not in text and "." not in text:
        return int(text)
    try:
        value = Fraction(text)
    except ZeroDivisionError:
        raise SchemeError(f"expected a number, got {text} with the denominator zero") from None
    return int(value) if value.denominator == 1 else value


def foreign(text: str) -> str:
    """The words for a coefficient that is in none of the rings, or nothing."""
    return next((f": {words}" for words, pattern in _FOREIGN if pattern.fullmatch(text[:LONGEST_NUMBER])), "")


def short(value: object) -> str:
    """A value of a file for a message: one printable line of at most 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = "a number of too many digits"
    return text if len(text) <= 60 else f"{text[:57]}..."
