"""Sums and products as people write them: `(a11 + 2*b21)`, `-(a13 (b11 - b22) (c12))`, `m1 - 1/2 m3`.

Multiplication is `*` or mere juxtaposition; a minus may stand before a whole product. An entry is a letter with two
digits, a11; from ten on with an underscore, a10_3; or with one running number, a1, in files that count entries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple, TypeVar

from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats.candidate import LONGEST_SIDE, Number, number, short

Key = TypeVar("Key", str, int)
Form = Mapping[str, Number]  # a linear form: coefficient by name

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:/[0-9]+)?)|([a-z]+[0-9]+(?:_[0-9]+)?)|([-+*()]))", re.ASCII)
_DEEPEST = 4  # parentheses within parentheses: -((a11)*(b11)) has 2
_LARGEST = 10**20  # coefficients grow where names stand for sums; int32 is asked for later


class Product(NamedTuple):
    """A number times linear forms; a number alone has none, a sum has one."""

    scale: Number
    forms: tuple[Form, ...]


def parse(text: str) -> Product:
    """Reads one expression in small letters.

    Raises:
      SchemeError: no such expression, or a sum of products.
    """
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise SchemeError(f"expected a sum or product such as (a11 + a22)*(b11), got {short(text[place:])}")
        tokens.append(match.group().strip())
        place = match.end()
    value, end = _sum(tokens, 0, 0)
    if end < len(tokens):
        raise SchemeError(f"unbalanced parenthesis in {short(text)}")
    return value


def _sum(tokens: list[str], place: int, depth: int) -> tuple[Product, int]:
    terms: list[Product] = []
    while place < len(tokens) and tokens[place] != ")":
        sign = 1
        if tokens[place] in ("+", "-"):
            sign, place = (-1 if tokens[place] == "-" else 1), place + 1
        elif terms:
            raise SchemeError(f"expected + or -, got {short(tokens[place])}")
        term, place = _product(tokens, place, depth)
        terms.append(Product(sign * term.scale, term.forms))
    if not terms:
        raise SchemeError("expected a sum, got nothing")
    if len(terms) == 1:
        return terms[0], place
    if any(len(term.forms) != 1 for term in terms):
        raise SchemeError("expected a sum of entries, got one of numbers or products")
    return Product(1, (combination((term.scale, term.forms[0]) for term in terms),)), place


def _product(tokens: list[str], place: int, depth: int) -> tuple[Product, int]:
    scale: Number = 1
    forms: list[Form] = []
    is_open = True  # whether a factor must follow
    while place < len(tokens):
        token = tokens[place]
        if token == "*" and not is_open:
            is_open, place = True, place + 1
            continue
        if token in ("+", "-", "*", ")"):
            break
        if token == "(":
            if depth == _DEEPEST:
                raise SchemeError(f"more than {_DEEPEST} parentheses within each other")
            inner, place = _sum(tokens, place + 1, depth + 1)
            if place == len(tokens):
                raise SchemeError("unbalanced parenthesis")
            scale *= inner.scale
            forms.extend(inner.forms)
        elif token[0].isdigit():
            scale *= number(token)
        else:
            forms.append({token: 1})
        if len(forms) > 3 or _is_large(scale):
            raise SchemeError("expected a product of at most three sums with coefficients within int32")
        is_open, place = False, place + 1
    if is_open:
        raise SchemeError("expected a factor, got " + (short(tokens[place]) if place < len(tokens) else "nothing"))
    return Product(scale, tuple(forms)), place


def _is_large(number: Number) -> bool:
    return max(abs(number.numerator), number.denominator) > _LARGEST


def combination(terms: Iterable[tuple[Number, Mapping[Key, Number]]]) -> dict[Key, Number]:
    """The sum of multiples of linear forms, without zeros."""
    total: defaultdict[Key, Number] = defaultdict(int)
    for scale, form in terms:
        for name, coefficient in form.items():
            total[name] += scale * coefficient
            if _is_large(total[name]):
                raise SchemeError(f"{name}: expected coefficients within int32")
    return {name: coefficient for name, coefficient in total.items() if coefficient}


def lines(text: str) -> list[str]:
    """The lines that say something, in small letters; `#` and `%` begin a comment, `;` may end a line."""
    cut = (re.split("[#%]", line, maxsplit=1)[0].strip().rstrip(";:").rstrip() for line in text.lower().splitlines())
    return [line for line in cut if line]


class Indices(NamedTuple):
    """Row and column of an entry from 0, or its running number and None."""

    row: int
    column: int | None


def indices(names: Iterable[str]) -> dict[str, Indices]:
    """Places of the entries a.., b.., c.. of one file.

    One digit anywhere means that the file counts entries; two stand for row and column.

    Raises:
      SchemeError: three digits or more without an underscore, where rows and columns are meant; zero; too far.
    """
    digits = {name: name.lstrip("abcdefghijklmnopqrstuvwxyz") for name in set(names)}
    is_counted = any(len(text) == 1 for text in digits.values())
    found = {}
    for name, text in digits.items():
        if is_counted and "_" not in text and len(text) <= 5:
            place = Indices(int(text) - 1, None)
        else:
            parts = text.split("_") if "_" in text else list(text)
            if len(parts) != 2 or is_counted or any(len(part) > 2 for part in parts):
                raise SchemeError(f"expected entries such as a11, a10_3 or a1, got {short(name)}")
            place = Indices(int(parts[0]) - 1, int(parts[1]) - 1)
        if place.row < 0 or place.column == -1:
            raise SchemeError(f"entries are counted from 1, got {short(name)}")
        found[name] = place
    return found


def size_of_entries(places: Mapping[str, Indices]) -> Size | None:
    """n, m, p from the largest rows and columns of a and b; None where entries are counted."""
    known = {name: (place.row, place.column) for name, place in places.items() if place.column is not None}
    if len(known) < len(places):
        return None
    a, b = ([place for name, place in known.items() if name[0] == letter and name[1].isdigit()] for letter in "ab")
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
