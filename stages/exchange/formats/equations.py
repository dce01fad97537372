"""Equations a person can follow: sums of A and of B, products m1, m2, .., and C as sums of these; text and LaTeX.

Read are the text and the LaTeX that `write` and `write_latex` make, the text of the lifting tools (entries counted a1,
a2, ..), scripts for computer algebra with `:=`, and lines of NumPy that take the entries out of A and B and put them
into C. A name may stand for a sum that was defined above, as in files with fewer additions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import NamedTuple

from stages.algebra.factors import Scheme
from stages.algebra.rings import PRIMES
from stages.errors import SchemeError
from stages.exchange.formats import expressions
from stages.exchange.formats.candidate import (
    Candidate,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_terms,
)
from stages.exchange.formats.grammar import (
    LINE_COMMENT,
    SEPARATORS,
    WRAPPED,
    Form,
    Tokens,
    blank,
    combination,
    expression,
    plain,
)

# Statements of a program that say nothing of the scheme; `Simplify(..)` is a script's own test.
# A statement goes on where its line ends with an operator, and where the next one begins with one: it must have a name.
_WRAPPED = re.compile(r"(?<=[-+*/=,(\[])[ \t]*\n\s*|(?<!\s)\s*\n[ \t]*(?=[-+*/)\]])|\\[ \t]*\n")
_IS_LATEX = re.compile(r"\\[a-z]{2}|\\\\[ \t]*$|_\{", re.MULTILINE)  # Python has `&=` too, with another meaning
_MARKUP = re.compile(  # says how LaTeX sets what is around it
    r"\\(?:begin|end)\{[a-z]+\*?\}|\\allowdisplaybreaks\b|\\(?:left|right)(?=[()])|\\[,;!]|\\quad\b|\\\\|\$"
    r"|^[ \t]*&|&(?=\s*:?[-+=])|(?<==)[ \t]*&",  # beside an operator; elsewhere it would be a product
    re.MULTILINE,
)
_FRACTION = re.compile(r"\\[td]?frac\{([0-9]+)\}\{([0-9]+)\}", re.ASCII)
_TIMES = re.compile(r"\\(?:cdot|times)(?![a-z])")
_AROUND = re.compile(r"import numpy( as np)?|def \w+ \( a , b \)|return c|simplify \( .* \)")


class Product(NamedTuple):
    """The sums over A and over B, and the place where they stand."""

    sides: tuple[Form, Form]
    place: int


class Output(NamedTuple):
    """The sum over products that is an entry of C, and the place where it stands."""

    form: Form
    place: int


class Array(NamedTuple):
    """A matrix as rows of names of its entries, one row alone where its width is not said, and where it stands."""

    rows: list[list[str]]
    place: int


class Said(NamedTuple):
    """What the statements of a file say, each by its name."""

    known: dict[str, Form]  # sums over entries of A, of B, or over products
    products: dict[str, Product]
    outputs: dict[str, Output]
    arrays: dict[str, Array]


def read(text: str) -> Iterator[Candidate]:
    text = re.sub(LINE_COMMENT, blank, plain(text).lower())
    if _IS_LATEX.search(text):
        text = _without_markup(text)
    text = _WRAPPED.sub(lambda wrap: wrap[0].replace("\n", WRAPPED).replace("\\", " "), text)
    tokens = Tokens(text, LINE_COMMENT, is_by_line=True)
    said = Said({}, {}, {}, {})
    for _ in tokens.statements():
        _read_statement(tokens, said)
    if not said.products or not said.outputs:
        raise SchemeError("expected products and equations for c")
    yield _candidate(tokens, said)


def _without_markup(text: str) -> str:
    """LaTeX as plain text of the same extent."""
    text = _FRACTION.sub(lambda match: f"({match[1]}/{match[2]})".ljust(len(match[0])), text)
    text = _TIMES.sub(lambda match: "*".ljust(len(match[0])), text)
    return _MARKUP.sub(blank, text)


def _read_statement(tokens: Tokens, said: Said) -> None:
    begin = tokens.place
    if tokens.next in ("import", "def", "return", "simplify"):
        words = list(takewhile(lambda word: word and word not in SEPARATORS, tokens.words[begin:]))
        if _AROUND.fullmatch(" ".join(words)):
            tokens.place += len(words)
            return
    names = [_name(tokens)]
    while tokens.accept(","):
        names.append(_name(tokens))
    if not tokens.accept(":="):
        tokens.expect("=")
    if names == ["c"]:
        _define_once(tokens, said, "c", begin)
        said.arrays["c"] = Array(_array(tokens), begin)
    elif tokens.next in ("a", "b") and tokens.words[tokens.place + 1] == ".":
        letter = tokens.take()
        _define_once(tokens, said, letter, begin)
        tokens.expect(".", "ravel", "(", ")")
        said.arrays[letter] = Array([names], begin)
    else:
        for index, name in enumerate(names):
            if index:
                tokens.expect(",")
            _define(tokens, said, name, begin)


def _name(tokens: Tokens) -> str:
    if not tokens.next[:1].isalpha():
        raise tokens.fault("an equation such as m1 = (a11 + a22)*(b11)")
    return tokens.take()


def _define_once(tokens: Tokens, said: Said, name: str, begin: int) -> None:
    if name in said.known or name in said.outputs or name in said.arrays:
        raise tokens.refusal(f"{name} is defined twice", tokens.words.index(name, begin))


def _define(tokens: Tokens, said: Said, name: str, begin: int) -> None:
    """Reads the right side of an equation."""
    _define_once(tokens, said, name, begin)
    place = tokens.place
    scale, forms = expression(tokens)
    sums = [_expanded(tokens, form, said.known, place) for form in forms]
    if len(sums) == 2:
        left, right = sorted(sums, key=_letter)
        with tokens.at(place):
            said.products[name] = Product((combination([(scale, left)]), right), place)
        if [_letter(side) for side in said.products[name].sides] != ["a", "b"]:
            raise tokens.refusal(f"{name}: expected a sum over a times one over b", place)
        said.known[name] = {name: 1}
    elif len(sums) == 1:
        with tokens.at(place):
            form = combination([(scale, sums[0])])
        if expressions.is_entry(name, "c"):
            said.outputs[name] = Output(form, place)
        else:
            said.known[name] = form
    else:
        raise tokens.refusal(f"{name}: expected a sum or a product of two sums", place)


def _expanded(tokens: Tokens, form: Form, known: dict[str, Form], place: int) -> Form:
    for name in form:
        if name not in known and not expressions.is_entry(name, "ab"):
            raise tokens.unknown(name, place)
    with tokens.at(place):
        return combination((entry, known.get(name, {name: 1})) for name, entry in form.items())


def _letter(form: Form) -> str:
    letters = {name[0] if expressions.is_entry(name, "ab") else "m" for name in form}
    return letters.pop() if len(letters) == 1 else "m"


def _array(tokens: Tokens) -> list[list[str]]:
    """Reads np.array([c11, c12, c21, c22]).reshape(2, 2), also with rows or transposed: the names by row."""
    tokens.expect("np", ".", "array", "(", "[")
    rows = []
    while tokens.accept("["):
        rows.append(_names(tokens))
        tokens.accept(",")
    if rows:
        tokens.expect("]")
    else:
        rows = [_names(tokens)]
    tokens.expect(")")
    while tokens.accept("."):
        if tokens.accept("t"):
            rows = [list(row) for row in zip(*rows, strict=len({len(row) for row in rows}) == 1)]
            continue
        tokens.expect("reshape", "(")
        place, height = tokens.place, tokens.take()
        tokens.expect(",")
        names, width = [name for row in rows for name in row], tokens.take()
        if not (height.isdecimal() and width.isdecimal()) or int(height) * int(width) != len(names):
            raise tokens.fault(f"a shape of {len(names)} entries", place)
        rows = [names[start : start + int(width)] for start in range(0, len(names), int(width))]
        tokens.expect(")")
    return rows


def _names(tokens: Tokens) -> list[str]:
    """Reads names, commas between them, and the bracket after them."""
    names = [_name(tokens)]
    while not tokens.accept("]"):
        tokens.expect(",")
        names.append(_name(tokens))
    return names


def _candidate(tokens: Tokens, said: Said) -> Candidate:
    order = {name: column for column, name in enumerate(said.products)}
    for output in said.outputs.values():
        for name in output.form:
            if name not in order:
                raise tokens.refusal("expected c as sums of products", output.place)
    entries = [name for product in said.products.values() for side in product.sides for name in side]
    places = expressions.indices(tokens, [*entries, *said.outputs, *_entries(tokens, said)])
    for letter, array in said.arrays.items():
        _place(tokens, array, letter, places)
    size = expressions.size_of_entries(places)
    if size is None:
        lengths = [1 + max(place.row for name, place in places.items() if name[0] == letter) for letter in "abc"]
        widths = (0, 0, 0)
        check_extent(lengths, len(order))
    else:
        _, m, p = checked_size(*size)
        check_extent(size.modes, len(order))
        lengths, widths = list(size.modes), (m, p, p)
    goes: list[dict[int, Number]] = [{} for _ in order]
    for name, output in said.outputs.items():
        with tokens.at(output.place):
            row = expressions.row_of(name, places[name], widths[2])
            if row >= lengths[2]:
                raise SchemeError(f"entry {name}: expected a row below {lengths[2]}")
        for product, entry in output.form.items():
            goes[order[product]][row] = entry
    factors = [
        matrix_of_terms(
            [_rows(product.sides[side], places, widths[side]) for product in said.products.values()], lengths[side]
        )
        for side in (0, 1)
    ]
    return candidate_of([*factors, matrix_of_terms(goes, lengths[2])], size)


def _entries(tokens: Tokens, said: Said) -> Iterator[str]:
    """The names in arrays; those of C must be the outputs, each once."""
    for letter, array in said.arrays.items():
        names = [name for row in array.rows for name in row]
        if not all(expressions.is_entry(name, letter) for name in names):
            raise tokens.refusal(f"expected entries of {letter}", array.place)
        if letter == "c" and sorted(names) != sorted(said.outputs):
            raise tokens.refusal("expected every entry of c once", array.place)
        yield from names


def _place(tokens: Tokens, array: Array, letter: str, places: dict[str, expressions.Indices]) -> None:
    """Gives the entries of C the places of their array; those of A and B must stand row by row in theirs."""
    if letter == "c":
        width = len(array.rows[0])
        for row, names in enumerate(array.rows):
            for column, name in enumerate(names):
                is_counted = places[name].column is None
                places[name] = expressions.Indices(
                    row * width + column if is_counted else row, None if is_counted else column
                )
        return
    (names,) = array.rows
    width = 1 + max(places[name].column or 0 for name in names)
    rows = [expressions.row_of(name, places[name], width) for name in names]
    all_names = {name for name in places if name[0] == letter}
    if rows != list(range(len(names))) or len(names) % width or all_names != set(names):
        raise tokens.refusal(f"expected all entries of {letter}, row by row", array.place)


def _rows(form: Form, places: dict[str, expressions.Indices], width: int) -> dict[int, Number]:
    return {expressions.row_of(name, places[name], width): entry for name, entry in form.items()}


def _equations(
    scheme: Scheme, spell_fn: Callable[[str, int, int | None], str], times_fn: Callable[[Number], str]
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """Name, left and right sum of each product; name and sum of each entry of C."""
    n, m, p = scheme.size
    u, v, w = scheme.factors
    entries_a = [spell_fn("a", *divmod(row, m)) for row in range(n * m)]
    entries_b = [spell_fn("b", *divmod(row, p)) for row in range(m * p)]
    names = [spell_fn("m", column, None) for column in range(scheme.rank)]

    def text(coefficients: list[int], entries: list[str], denominator: int = 1) -> str:
        terms = (
            (expressions.over(entry, denominator), name) for entry, name in zip(coefficients, entries, strict=True)
        )
        return expressions.sum_text(((entry, name) for entry, name in terms if entry), times_fn)

    products = [
        (names[column], text(u[:, column].tolist(), entries_a), text(v[:, column].tolist(), entries_b))
        for column in range(scheme.rank)
    ]
    outputs = [
        (spell_fn("c", i, k), text(w[k * n + i].tolist(), names, scheme.denominator))
        for i in range(n)
        for k in range(p)
    ]
    return products, outputs


def _title(scheme: Scheme) -> str:
    n, m, p = scheme.size
    sums = f", sums modulo {PRIMES[scheme.ring]}" if scheme.ring in PRIMES else ""
    return f"C = A B, {n}x{m} times {m}x{p}, {scheme.rank} products, over {scheme.ring}{sums}; {scheme.hash}"


def write(scheme: Scheme) -> bytes:
    """Plain text."""

    def spell(letter: str, row: int, column: int | None) -> str:
        return f"m{row + 1}" if column is None else expressions.spelled(letter, row, column)

    products, outputs = _equations(scheme, spell, "{}*".format)
    lines = [f"# {_title(scheme)}", *(f"{name} = ({left})*({right})" for name, left, right in products), ""]
    return "\n".join([*lines, *(f"{name} = {right}" for name, right in outputs), ""]).encode()


def write_latex(scheme: Scheme) -> bytes:
    """Two aligned blocks for amsmath, products and then entries of C."""

    def spell(letter: str, row: int, column: int | None) -> str:
        if column is None:
            return f"{letter}_{{{row + 1}}}"
        comma = "," if max(row, column) > 8 else ""
        return f"{letter}_{{{row + 1}{comma}{column + 1}}}"

    products, outputs = _equations(scheme, spell, _tfrac)
    blocks = (
        [f"{name} &= ({left})({right})" for name, left, right in products],
        [f"{name} &= {right}" for name, right in outputs],
    )
    text = f"% {_title(scheme)}\n\\allowdisplaybreaks\n"
    for block in blocks:
        text += "\\begin{align*}\n" + " \\\\\n".join(block) + "\n\\end{align*}\n"
    return text.encode()


def _tfrac(coefficient: Number) -> str:
    if coefficient.denominator == 1:
        return f"{coefficient}\\,"
    return f"\\tfrac{{{coefficient.numerator}}}{{{coefficient.denominator}}}"
