"""Equations a person can follow: sums of A and of B, products m1, m2, .., and C as sums of these; text and LaTeX.

Read are the plain text that `write` makes, the text of the lifting tools (entries counted a1, a2, ..), and scripts for
computer algebra with `:=`. A name may stand for a sum that was defined above, as in files with fewer additions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange.formats import expressions
from stages.exchange.formats.candidate import (
    Candidate,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_terms,
    short,
)

_EQUATION = re.compile(r"([a-z]+[0-9]+(?:_[0-9]+)?)\s*:?=(.*)", re.ASCII)


def read(text: str) -> Iterator[Candidate]:
    known: dict[str, expressions.Form] = {}  # a name above -> its sum over entries of A, of B, or over products
    products: dict[str, tuple[expressions.Form, expressions.Form]] = {}
    outputs: dict[str, expressions.Form] = {}
    for line in expressions.lines(text):
        if line.startswith("simplify("):
            continue  # a script's own test
        equation = _EQUATION.fullmatch(line)
        if not equation:
            raise SchemeError(f"expected equations such as m1 = (a11 + a22)*(b11), got {short(line)}")
        name, (scale, forms) = equation[1], expressions.parse(equation[2])
        if name in known or name in outputs:
            raise SchemeError(f"{short(name)} is defined twice")
        sums = [_expanded(form, known) for form in forms]
        if len(sums) == 2:
            left, right = sorted(sums, key=_letter)
            products[name] = (expressions.combination([(scale, left)]), right)
            known[name] = {name: 1}
        elif len(sums) == 1:
            form = expressions.combination([(scale, sums[0])])
            (outputs if re.fullmatch("c[0-9_]+", name) else known)[name] = form
        else:
            raise SchemeError(f"{short(name)}: expected a sum or a product of two sums")
    if not products or not outputs:
        raise SchemeError("expected products and equations for c")
    yield _candidate(products, outputs)


def _expanded(form: expressions.Form, known: dict[str, expressions.Form]) -> expressions.Form:
    for name in form:
        if name not in known and not re.fullmatch("[ab][0-9_]+", name):
            raise SchemeError(f"{short(name)} is not defined")
    return expressions.combination((entry, known.get(name, {name: 1})) for name, entry in form.items())


def _letter(form: expressions.Form) -> str:
    letters = {name[0] if re.fullmatch("[ab][0-9_]+", name) else "m" for name in form}
    return letters.pop() if len(letters) == 1 else "m"


def _candidate(
    products: Mapping[str, tuple[expressions.Form, expressions.Form]], outputs: Mapping[str, expressions.Form]
) -> Candidate:
    for name, sides in products.items():
        if [_letter(side) for side in sides] != ["a", "b"]:
            raise SchemeError(f"{short(name)}: expected a sum over a times one over b")
    order = {name: column for column, name in enumerate(products)}
    if any(name not in order for form in outputs.values() for name in form):
        raise SchemeError("expected c as sums of products")
    entries = [name for sides in products.values() for side in sides for name in side]
    places = expressions.indices([*entries, *outputs])
    size = expressions.size_of_entries(places)
    if size is None:
        lengths = [1 + max(place.row for name, place in places.items() if name[0] == letter) for letter in "abc"]
        widths = (0, 0, 0)
        check_extent(lengths, len(products))
    else:
        _, m, p = checked_size(*size)
        check_extent(size.modes, len(products))
        lengths, widths = list(size.modes), (m, p, p)
    goes: list[dict[int, Number]] = [{} for _ in products]
    for name, form in outputs.items():
        row = expressions.row_of(name, places[name], widths[2])
        if row >= lengths[2]:
            raise SchemeError(f"entry {short(name)}: expected a row below {lengths[2]}")
        for product, entry in form.items():
            goes[order[product]][row] = entry
    factors = [
        matrix_of_terms([_rows(sides[side], places, widths[side]) for sides in products.values()], lengths[side])
        for side in (0, 1)
    ]
    return candidate_of([*factors, matrix_of_terms(goes, lengths[2])], size)


def _rows(form: expressions.Form, places: dict[str, expressions.Indices], width: int) -> dict[int, Number]:
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
    sums = ", sums modulo 2" if scheme.ring == "Z2" else ""
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
