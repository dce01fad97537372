"""Nested lists of numbers: `.m` in braces, {{{a}, {b}, {c}}, ..} with one triple of matrices per product; lists of
Python, also the three factors. The third matrix of a product is p x n, C transposed. Matrices of MATLAB and Julia,
U = [1 0; 0 1], and those that NumPy prints are such lists without their commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import MODE_AXES
from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats import expressions
from stages.exchange.formats.candidate import (
    Candidate,
    Matrix,
    candidate_of,
    check_extent,
    checked_size,
    facts_of,
    matrix_of_rows,
    meant,
    rank_last,
    short,
)
from stages.exchange.formats.grammar import COMMENT, LINE_COMMENT, Tokens, blank, literal, plain, position

_NAMES = ({"u", "v", "w"}, {"a", "b", "c"})
_FACTS = ("n", "m", "k", "p", "rank")
_REMARK = f"{COMMENT}|{LINE_COMMENT}"
_ROW = r"[^\[\],;]*"
_PRINTED = re.compile(  # by NumPy: rows in brackets; two rows, or two numbers, side by side are no Python
    rf"\[\s*\[(?={_ROW}(?:\]\s*\[|[0-9.]\s+[0-9.])){_ROW}\](?:\s*\[{_ROW}\])*\s*\]"
)
_SPACED = re.compile(  # of MATLAB: rows in lines, or ended by semicolons; Python has a second bracket after `=`
    rf"=\s*\[[^\[\],]*\]|\[{_ROW};[^\[\],]*\]"
)
_BLANK = r"(?<=[0-9.])[ \t](?=[ \t]*[-+]?[0-9.])"  # between two numbers
_UNCLEAR = re.compile(r"(?<=[0-9.])\s+(?=[-+][0-9.])")  # two numbers, or their sum


def read(text: str) -> Iterator[Candidate]:
    """One list, which may have a name, `scheme = {{..}}`, or three factors with names, `U = [[..]]`.

    Before it may stand its sides and its rank, which are compared.
    """
    text = re.sub(_REMARK, blank, plain(text))
    text = _SPACED.sub(_of_lines, _PRINTED.sub(_of_printed, text))
    if unclear := _UNCLEAR.search(text):
        raise SchemeError(f"{position(text, unclear.end())}: expected a comma, or a blank after the sign of a sum")
    tokens = Tokens(text, _REMARK)
    while tokens.next in ("import", "from"):  # what np.array and Fraction need
        if tokens.take() == "from":
            tokens.expect("fractions", "import", "Fraction")
            continue
        tokens.expect("numpy")
        if tokens.accept("as"):
            tokens.expect("np")
    named: dict[str, Any] = {}
    while tokens.next[:1].isalpha() and tokens.words[tokens.place + 1] in ("=", ":="):
        place, name = tokens.place, tokens.take().lower()
        tokens.take()
        if name in named:
            raise tokens.refusal(f"{name} is defined twice", place)
        named[name] = literal(tokens)
        tokens.accept(";")
    facts = {name: named.pop(name) for name in _FACTS if type(named.get(name)) is int}
    value = named if len(named) > 1 else named.popitem()[1] if named else literal(tokens)
    tokens.accept(";")
    if tokens.next:
        raise tokens.fault("the end")
    found = candidate(value)
    of_scheme = facts_of(found, facts)
    for name, fact in facts.items():
        if of_scheme.get(name) != fact:
            raise SchemeError(
                f"{name}: expected {of_scheme.get(name)}, as the factors have it, got {fact}{meant(name, facts)}"
            )
    yield found


def _of_printed(match: re.Match[str]) -> str:
    """A matrix that NumPy prints, with commas between its numbers and its rows; what is there keeps its place."""
    return re.sub(r"(?<=[0-9.\]])(\s)(?=\s*(?:[-+]?[0-9.]|\[))", lambda gap: ",\n" if gap[0] == "\n" else ",", match[0])


def _of_lines(match: re.Match[str]) -> str:
    """A matrix of MATLAB, with commas between its numbers and semicolons after its rows; the same is kept."""
    return re.sub(r"(?<=[0-9.])([ \t]*)\n(?=\s*[-+]?[0-9.])", r"\1;\n", re.sub(_BLANK, ",", match[0]))


def candidate(value: Any, size: Size | None = None, label: str = "") -> Candidate:
    """The scheme that nested lists hold, or a mapping of the names u, v, w or a, b, c to its factors.

    A list has the three factors, [S, R] or [R, S] or with R matrices each; or a triple of rows or matrices per product,
    which may be a mapping of these names too.
    """
    if is_products(value):
        products = [{name.lower(): part for name, part in product.items()} for product in value]
        return _of_triples([[product[name] for name in sorted(product)] for product in products], size, label)
    if isinstance(value, Mapping):
        names = {name.lower(): part for name, part in value.items()}
        if names.keys() not in _NAMES or len(value) != 3:
            raise SchemeError(f"expected u, v and w, got {short(sorted(value))}")
        return _of_factors([names[name] for name in sorted(names)], size, label)
    if isinstance(value, list) and len(value) == 3 and _depth(value) == 3:
        return _of_factors(value, size, label)
    if isinstance(value, list) and all(isinstance(product, list) and len(product) == 3 for product in value):
        return _of_triples(value, size, label)
    if isinstance(value, list) and len(value) == 3:
        return _of_factors(value, size, label)
    raise SchemeError("expected three matrices per product, or three factors")


def is_products(value: object) -> bool:
    """Whether it is a list of products, each a mapping of the names u, v, w or a, b, c."""
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(
            isinstance(product, Mapping) and len(product) == 3 and {name.lower() for name in product} in _NAMES
            for product in value
        )
    )


def _of_triples(products: list[Any], size: Size | None, label: str) -> Candidate:
    """The scheme of a triple of rows, or of matrices, per product."""
    if _depth(products) != 3:
        return of_products(products, size, label)
    return _of_factors([[[product[mode]] for product in products] for mode in range(3)], size, label)


def _depth(value: Any) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list) and value else 0


def _of_factors(factors: list[Any], size: Size | None, label: str) -> Candidate:
    return candidate_of(
        rank_last([_factor(part, name) for part, name in zip(factors, "uvw", strict=True)]), size, label
    )


def _factor(part: Any, name: str) -> Matrix:
    """A factor from its rows, or from a matrix per product."""
    if _depth(part) == 3:
        if len({_shape(matrix) for matrix in part}) > 1:
            raise SchemeError(f"factor {name}: expected matrices of one shape")
        part = [[entry for row in matrix for entry in row] for matrix in part]
    _shape(part)
    return matrix_of_rows(part, name)


def of_products(products: list[Any], size: Size | None = None, label: str = "") -> Candidate:
    """u, v, w of the products; all of one shape."""
    shapes = [_shape(matrix) for matrix in products[0]] if products and isinstance(products[0], list) else []
    if len(shapes) != 3:
        raise SchemeError("expected three matrices per product")
    (n, m), (m_too, p), last = shapes
    size = size or checked_size(n, m, p)
    if m_too != m or last not in ((p, n), (n, p)):
        raise SchemeError(f"expected matrices n x m, m x p, p x n, got {', '.join(f'{r} x {c}' for r, c in shapes)}")
    check_extent(size.modes, len(products))
    factors = []
    for mode, name in enumerate("uvw"):
        rows = []
        for count, product in enumerate(products, start=1):
            if not isinstance(product, list) or len(product) != 3 or _shape(product[mode]) != shapes[mode]:
                raise SchemeError(f"product {count}: expected three matrices, of the same shapes throughout")
            rows.append([entry for row in product[mode] for entry in row])
        factors.append(matrix_of_rows(list(zip(*rows, strict=True)), name))
    return candidate_of(factors, size, label)


def _shape(matrix: object) -> tuple[int, int]:
    rows = matrix if isinstance(matrix, list) else []
    if not rows or not all(isinstance(row, list) and row and len(row) == len(rows[0]) for row in rows):
        raise SchemeError("expected a matrix of numbers")
    if any(type(entry) not in (int, Fraction) for row in rows for entry in row):
        raise SchemeError("expected a matrix of numbers")
    return len(rows), len(rows[0])


def write(scheme: Scheme) -> bytes:
    """`.m`, one product a line; over Q the third matrices hold fractions."""
    denominators = (1, 1, scheme.denominator)
    products = []
    for columns in zip(*(factor.T.tolist() for factor in scheme.factors), strict=True):
        matrices = []
        for column, (_, axis), denominator in zip(columns, MODE_AXES, denominators, strict=True):
            width = scheme.size[axis]
            entries = [str(expressions.over(entry, denominator)) for entry in column]
            rows = (entries[start : start + width] for start in range(0, len(entries), width))
            matrices.append("{" + ",".join("{" + ",".join(row) + "}" for row in rows) + "}")
        products.append("{" + ",".join(matrices) + "}")
    return ("{" + ",\n".join(products) + "}\n").encode()
