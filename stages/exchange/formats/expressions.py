"""The entries of A, B and C as people name them, and sums of them as text.

An entry is a letter with two digits, a11; from ten on with an underscore, a10_3; or with one running number, a1, in
files that count entries. Other spellings are a_11, A_1_1, A[0][0], A[0, 0], A[[1, 1]], A(1, 1), a_{11}, a_{1,1}. Rows
and columns begin with 1, or with 0 where a file has an entry of row or column 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats.candidate import LONGEST_SIDE, Number, short
from stages.exchange.formats.grammar import Tokens

# The tokens have brackets in pairs, so a bracket here is a whole one.
_ENTRY = re.compile(r"[abc]_?(?:\[?[\[({])?[0-9]+(?:(?:_|,|\]\[)[0-9]+)?(?:[\])}]\]?)?", re.ASCII)


class Indices(NamedTuple):
    """Row and column of an entry from 0, or its running number and None."""

    row: int
    column: int | None


def is_entry(name: str, letters: str = "abc") -> bool:
    return name[0] in letters and _ENTRY.fullmatch(name) is not None


def indices(tokens: Tokens, names: Iterable[str]) -> dict[str, Indices]:
    """Places of the entries a.., b.., c.. of one file.

    One digit anywhere means that the file counts entries; two stand for row and column.

    Raises:
      SchemeError: three digits or more without a mark between, where rows and columns are meant; too far; one entry
        under two names.
    """
    numbers = {name: re.findall("[0-9]+", name) for name in dict.fromkeys(names)}
    alone = [(parts[0], name) for name, parts in numbers.items() if len(parts) == 1]
    is_counted = any(len(part) == 1 or name[-1] == "]" for part, name in alone)
    number = "0|[1-9][0-9]{0,4}" if is_counted else "0|[1-9][0-9]?"
    for name, parts in numbers.items():
        if len(parts) == 1 and not is_counted:
            parts[:] = list(parts[0])
        if len(parts) != 2 - is_counted or not all(re.fullmatch(number, part) for part in parts):
            raise tokens.fault("entries such as a11, a10_3 or a1", tokens.words.index(name))
    # Brackets and bare digits may count from different numbers in one file.
    zero_based = {name[-1].isdigit() for name, parts in numbers.items() if "0" in parts}
    found: dict[str, Indices] = {}
    named: dict[tuple[str, Indices], str] = {}
    for name, parts in numbers.items():
        first = 0 if name[-1].isdigit() in zero_based else 1
        place = Indices(int(parts[0]) - first, None if is_counted else int(parts[1]) - first)
        other = named.setdefault((name[0], place), name)
        if other != name:
            raise tokens.refusal(f"{short(name)} and {short(other)} are one entry", tokens.words.index(name))
        found[name] = place
    return found


def size_of_entries(places: Mapping[str, Indices]) -> Size | None:
    """n, m, p from the largest rows and columns of a and b; None where entries are counted."""
    known = {name: (place.row, place.column) for name, place in places.items() if place.column is not None}
    if len(known) < len(places):
        return None
    a, b = ([place for name, place in known.items() if name[0] == letter] for letter in "ab")
    if not a or not b:
        raise SchemeError("expected entries of a and of b")
    n, p = max(row for row, _ in a) + 1, max(column for _, column in b) + 1
    m = max(*(column for _, column in a), *(row for row, _ in b)) + 1
    return Size(n, m, p)


def row_of(name: str, place: Indices, columns: int) -> int:
    """The row of a factor that an entry of a matrix with this many columns indexes."""
    if place.column is None:
        return place.row
    if place.column >= columns:
        raise SchemeError(f"entry {short(name)}: expected a column up to {min(columns, LONGEST_SIDE)}")
    return place.row * columns + place.column


def entry_name(letter: str, row: int, width: int) -> str:
    """The name of the entry that a row of a factor indexes; entries are counted where a matrix has no width."""
    return spelled(letter, *divmod(row, width)) if width else f"{letter}{row + 1}"


def spelled(letter: str, row: int, column: int) -> str:
    """The entry's name: a11, and from ten on a10_3."""
    return f"{letter}{row + 1}{column + 1}" if max(row, column) < 9 else f"{letter}{row + 1}_{column + 1}"


def sum_text(terms: Iterable[tuple[Number, str]], times_fn: Callable[[Number], str] = "{}*".format) -> str:
    """`a11 - 2*a12 + 1/2*a21`; 0 for no term. `times_fn` writes a coefficient before a name."""
    text = ""
    for coefficient, name in terms:
        size = -coefficient if coefficient < 0 else coefficient
        factor = "" if size == 1 else times_fn(size)
        sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
        text += f"{sign}{factor}{name}"
    return text or "0"


def over(coefficient: int, denominator: int) -> Number:
    """An exact quotient, an integer where it is one."""
    value = Fraction(coefficient, denominator)
    return value.numerator if value.denominator == 1 else value
