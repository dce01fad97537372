"""Tokens and expressions: what the text formats are made of, with the line and column of every fault.

A reader takes tokens one after the other until none is left, so no character is passed over: what no rule takes is a
fault. Meaningless are white space between tokens and comments, whose form each reader names. Signs of typography (the
minus, dots and crosses of a PDF, subscripts) are read as what they stand for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from stages.errors import SchemeError
from stages.exchange.formats.candidate import COMPLEX, Number, foreign, number, short

Key = TypeVar("Key", str, int)
Form = Mapping[str, Number]  # a linear form: coefficient by name

HASH = "#[^\n]*"  # a comment to the end of the line
LINE_COMMENT = rf"{HASH}|(?m:^[ \t]*)%[^\n]*|%(?![ \t]*[0-9(])[^\n]*"  # after an operand, % 2 would be a remainder
COMMENT = rf"{HASH}|\(\*(?:.|\n)*?\*\)"  # of Maple and Mathematica
_DEEPEST = 24  # parentheses, or lists, within each other
_LARGEST = 10**20  # coefficients grow where names stand for sums; int32 is asked for later
_CLOSED = {"[": "]", "{": "}", "(": ")"}
_EXACT_TYPES = ("int", "int16", "int32", "int64", "float", "float32", "float64", "object")
_CONSTANTS = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}
WRAPPED = "\v"  # an end of a line that ends no statement
SEPARATORS = ("\n", ";", ":")

_SIGNS = str.maketrans(
    "\u2010\u2011\u2012\u2013\u2014\u2212\u00b7\u2022\u22c5\u2217\u00d7\u2715\u2044\u2215\u2295\u2227"
    "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089"
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "------*****" + "*//+*" + "0123456789" + 15 * " ",
)
_TOKEN = r"""
    [0-9]+(?:\.[0-9]*)? | \.[0-9]+                               # 3, 2., 0.5, .5
  | [A-Za-z]_?(?: \[[ ]*[0-9]+[ ]*\](?:[ ]*\[[ ]*[0-9]+[ ]*\])?  # A[0], A[0][1]
                | \[[ ]*[0-9]+[ ]*,[ ]*[0-9]+[ ]*\]              # A[0, 1]
                | \[\[[ ]*[0-9]+[ ]*,[ ]*[0-9]+[ ]*\]\]          # A[[1, 2]]
                | \([ ]*[0-9]+[ ]*,[ ]*[0-9]+[ ]*\)              # A(1, 2)
                | \{[ ]*[0-9]+[ ]*(?:,[ ]*[0-9]+[ ]*)?\} )       # a_{12}, a_{1,2}
  | [A-Za-z_][A-Za-z0-9_]*
  | '[^'\\\n]*' | "[^"\\\n]*"
  | :=
"""
_BY_LINE = re.compile(rf"{_TOKEN} | \n | \S", re.VERBOSE | re.ASCII)
_RUNNING = re.compile(rf"{_TOKEN} | \S", re.VERBOSE | re.ASCII)


class Product(NamedTuple):
    """A number times linear forms; a number alone has none, a sum has one."""

    scale: Number
    forms: tuple[Form, ...]


class Tokens:
    """The tokens of a text, and the place among them.

    Attributes:
      words: the tokens, and an empty one at the end; where lines matter, "\\n" is one.
      place: the next one to be read.
    """

    def __init__(self, text: str, comment: str = HASH, is_by_line: bool = False) -> None:
        self.text = re.sub(comment, blank, plain(text))
        self._pattern = _BY_LINE if is_by_line else _RUNNING
        found = self._pattern.findall(self.text)
        self.words: list[str] = [
            *(word.replace(" ", "") if " " in word and word[0] not in "'\"" else word for word in found),
            "",
        ]
        self.place = 0

    @property
    def next(self) -> str:
        return self.words[self.place]

    def take(self) -> str:
        """The next token, which is read by this."""
        word = self.words[self.place]
        self.place += word != ""
        return word

    def accept(self, word: str) -> bool:
        """Whether the next token is `word`; if so, it is read."""
        if self.words[self.place] != word:
            return False
        self.place += 1
        return True

    def expect(self, *words: str) -> None:
        """Reads these tokens; any other is a fault."""
        for word in words:
            if not self.accept(word):
                raise self.fault(word)

    def statements(self) -> Iterator[int]:
        """The place where each line, or part of one before a semicolon or colon, begins; the caller reads it whole."""
        while True:
            while self.next in SEPARATORS:
                self.place += 1
            if not self.next:
                return
            yield self.place
            if self.next and self.next not in SEPARATORS:
                raise self.fault("the end of the line")

    def fault(self, expected: str, place: int | None = None) -> SchemeError:
        """The error that something else than `expected` stands at a place, by default the next one."""
        place = self.place if place is None else place
        word = self.words[place]
        got = {"": "the end", "\n": "the end of the line"}.get(word, short(word))
        return self.refusal(f"expected {expected}, got {got}{foreign(word)}", place)

    def refusal(self, message: str, place: int) -> SchemeError:
        """The error with line and column of the token at a place."""
        match = next(islice(self._pattern.finditer(self.text), place, None), None)
        return SchemeError(f"{position(self.text, match.start() if match else len(self.text.rstrip()))}: {message}")

    @contextmanager
    def at(self, place: int) -> Iterator[None]:
        """Names line and column of a place in an error of what knows no tokens."""
        try:
            yield
        except SchemeError as error:
            raise self.refusal(str(error), place) from None

    def unknown(self, name: str, place: int) -> SchemeError:
        """The error that a name, at or after a place, is neither an entry nor defined."""
        return self.refusal(f"{short(name)} is not defined{foreign(name)}", self.words.index(name, place))


def blank(match: re.Match[str]) -> str:
    """White space of the same extent, so that what follows keeps its place."""
    return re.sub("[^\n]", " ", match[0])


def plain(text: str) -> str:
    """The text with signs of typography replaced one by one, and lines that end in a mere newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_SIGNS)


def position(text: str, offset: int) -> str:
    """Line and column from 1 of a place in a text."""
    lines = text[:offset].replace(WRAPPED, "\n").split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}"


def combination(terms: Iterable[tuple[Number, Mapping[Key, Number]]]) -> dict[Key, Number]:
    """The sum of multiples of linear forms, without zeros."""
    total: defaultdict[Key, Number] = defaultdict(int)
    for scale, form in terms:
        for name, coefficient in form.items():
            total[name] += scale * coefficient
            if _is_large(total[name]):
                raise SchemeError(f"{name}: expected coefficients within int32")
    return {name: coefficient for name, coefficient in total.items() if coefficient}


def _is_large(number: Number) -> bool:
    return max(abs(number.numerator), number.denominator) > _LARGEST


def expression(tokens: Tokens, is_juxtaposed: bool = True) -> Product:
    """Reads a sum of numbers or of entries, or a product of at most three such sums, times and over numbers.

    Args:
      is_juxtaposed: whether `2 a11` and `(a11)(b11)` are products too.
    Raises:
      SchemeError: anything else, or a number too large.
    """
    return _sum(tokens, is_juxtaposed, 0)


def number_of(tokens: Tokens) -> Number:
    """Reads an expression of numbers alone, such as -1, 1/2 or -(1*0-1*1), and evaluates it exactly."""
    return _number_from(tokens, None)


def _number_from(tokens: Tokens, first: Product | None) -> Number:
    place = tokens.place
    value = _sum(tokens, False, 0, first)
    if value.forms:
        raise tokens.fault("a number", place)
    return value.scale


def _sum(tokens: Tokens, is_juxtaposed: bool, depth: int, first: Product | None = None) -> Product:
    """Reads a sum; `first` is its first factor where that has been read."""
    begin = tokens.place
    first = _product(tokens, is_juxtaposed, depth, first)
    if tokens.next not in ("+", "-"):
        return first
    terms = [first]
    while tokens.next in ("+", "-"):
        terms.append(_product(tokens, is_juxtaposed, depth))
    counts = {len(term.forms) for term in terms}
    if counts == {0}:
        return Product(_small(sum(term.scale for term in terms), tokens), ())
    if counts != {1}:
        words = "".join(map(foreign, (name for term in terms for form in term.forms for name in form)))
        raise tokens.refusal(f"expected a sum of entries, or one of numbers, got both or one of products{words}", begin)
    with tokens.at(begin):
        return Product(1, (combination((term.scale, term.forms[0]) for term in terms),))


def _product(tokens: Tokens, is_juxtaposed: bool, depth: int, first: Product | None = None) -> Product:
    scale, forms = first or _factor(tokens, is_juxtaposed, depth)
    while True:
        word = tokens.next
        if word == "/":
            tokens.take()
            place = tokens.place
            divisor = _factor(tokens, is_juxtaposed, depth)
            if divisor.forms or not divisor.scale:
                raise tokens.fault("a number other than zero to divide by", place)
            value = _small(Fraction(scale) / divisor.scale, tokens)
            scale = value.numerator if value.denominator == 1 else value
            continue
        if word == "*":
            tokens.take()
        elif not is_juxtaposed or not (word == "(" or word[:1].isalpha()):
            return Product(scale, forms)
        place = tokens.place
        factor = _factor(tokens, is_juxtaposed, depth)
        scale, forms = _small(scale * factor.scale, tokens), forms + factor.forms
        if len(forms) > 3:
            raise tokens.refusal("expected a product of at most three sums, got a fourth", place)


def _factor(tokens: Tokens, is_juxtaposed: bool, depth: int) -> Product:
    """A number, a name or a sum in parentheses, with signs before it."""
    sign = 1
    while (word := tokens.next) in ("+", "-"):
        sign = -sign if word == "-" else sign
        tokens.take()
    first = word[:1]
    if first == "(":
        if depth == _DEEPEST:
            raise tokens.fault(f"at most {_DEEPEST} parentheses within each other")
        tokens.take()
        inner = _sum(tokens, is_juxtaposed, depth + 1)
        tokens.expect(")")
        return Product(sign * inner.scale, inner.forms)
    if first.isalpha() and first.isascii() and word not in ("i", "j"):
        tokens.take()
        return Product(sign, ({word: 1},))
    if first in ".0123456789" and first:
        with tokens.at(tokens.place):
            value = number(word)
        tokens.take()
        if tokens.next not in ("i", "j"):
            return Product(sign * value, ())
    if tokens.next in ("i", "j"):
        raise tokens.refusal(COMPLEX, tokens.place)
    raise tokens.fault("a number, a name or a sum in parentheses")


def _small(value: Number, tokens: Tokens) -> Number:
    if _is_large(value):
        raise tokens.refusal("expected coefficients within int32", tokens.place - 1)
    return value


def literal(tokens: Tokens, depth: int = 0) -> Any:
    """Reads one value as Python, Mathematica and Maple write them, with nothing that could run.

    Returns:
      An exact number, also of an expression of numbers; a text, True, False or None; a list, of [..], {..} or (..),
      also in np.array(..), or of rows, of [.. ; ..]; a dictionary, of {.. : ..}, whose keys are texts or, in a
      tuple, numbers.
    """
    word = tokens.next
    if word in _CLOSED:
        if depth == _DEEPEST:
            raise tokens.fault(f"lists at most {_DEEPEST} within each other")
        return _items(tokens, depth + 1)
    if word[:1] in ("'", '"'):
        return tokens.take()[1:-1]
    if word in _CONSTANTS:
        return _CONSTANTS[tokens.take()]
    if word == "Fraction":
        return _fraction(tokens)
    if word in ("np", "numpy", "array"):
        if tokens.take() != "array":
            tokens.expect(".", "array")
        tokens.expect("(")
        made = literal(tokens, depth + 1)
        if tokens.accept(","):
            tokens.expect("dtype", "=")
            _exact_type(tokens)
        tokens.expect(")")
        return made
    if word[:1] not in tuple("+-.0123456789"):
        raise tokens.fault("a number or a list")
    return number_of(tokens)


def _exact_type(tokens: Tokens) -> None:
    """Reads a type of NumPy's that leaves small numbers as they are."""
    if tokens.accept("np") or tokens.accept("numpy"):
        tokens.expect(".")
    if tokens.next not in _EXACT_TYPES:
        raise tokens.fault(f"one of the types {', '.join(_EXACT_TYPES)}")
    tokens.take()


def _items(tokens: Tokens, depth: int) -> Any:
    """What stands in brackets."""
    opened = tokens.take()
    closed, words = _CLOSED[opened], tokens.words
    items: list[Any] = []
    rows: list[list[Any]] = []
    keyed: dict[str, Any] = {}
    is_tuple = opened != "("
    while not tokens.accept(closed):
        if opened == "[" and items and tokens.accept(";"):  # MATLAB's end of a row
            rows.append(items)
            items = []
            continue
        if items or keyed:
            tokens.expect(",")
            is_tuple = True
            if opened != "{" and tokens.accept(
                closed
            ):  # Python allows a comma at the end, for Mathematica it is an item
                break
        place = tokens.place
        sign = words[place] == "-"
        word = words[place + sign]
        if (
            len(word) == 1 and "0" <= word <= "9" and words[place + sign + 1] in (",", closed)
        ):  # most are such: made quick
            items.append(-int(word) if sign else int(word))
            tokens.place += 1 + sign
            continue
        item = literal(tokens, depth)
        if opened == "{" and not items and tokens.accept(":"):
            key = ",".join(map(str, item)) if isinstance(item, list) else item
            if not isinstance(key, str) or key in keyed:
                raise tokens.fault("keys that are texts or sizes, each once", place)
            keyed[key] = literal(tokens, depth)
        elif keyed:
            raise tokens.fault("a colon")
        else:
            items.append(item)
    if keyed:
        return keyed
    if rows:
        return [*rows, items] if items else rows
    if is_tuple or len(items) != 1:
        return items
    (inner,) = items
    return inner if isinstance(inner, (list, dict, str)) else _number_from(tokens, Product(inner, ()))


def _fraction(tokens: Tokens) -> Number:
    """Reads Fraction(1, 2), Fraction(1) or Fraction('1/2')."""
    tokens.take()
    tokens.expect("(")
    place = tokens.place
    above = literal(tokens)
    with tokens.at(place):
        value = number(above) if isinstance(above, str) else above
        if isinstance(value, (list, dict, bool)) or value is None:
            raise SchemeError("expected a number")
        if tokens.accept(","):
            below = number_of(tokens)
            if not below:
                raise SchemeError("expected a denominator other than zero")
            value = Fraction(value) / below
    tokens.expect(")")
    return _small(value.numerator if value.denominator == 1 else value, tokens)
