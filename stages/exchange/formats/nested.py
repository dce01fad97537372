"""Nested lists of numbers: `.m` in braces, {{{a}, {b}, {c}}, ..} with one triple of matrices per product, and Maple's
`tensor.mpl`, Triad([Matrix(n, m, [[..]]), ..]). The third matrix is p x n, C transposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import MODE_AXES
from stages.errors import SchemeError
from stages.exchange.formats import expressions
from stages.exchange.formats.candidate import (
    Candidate,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_rows,
    number,
    short,
)

_TOKEN = re.compile(r"\s*([-+]?\s?[0-9.]+(?:/[0-9]+)?|[{}\[\],])", re.ASCII)
_OPEN, _CLOSED = "{[", "}]"
_TRIAD = re.compile(r"Triad\(\[((?:Matrix\([^()]*\)[\s,]*)+)\]\)")
_MATRIX = re.compile(r"Matrix\(\s*[0-9]{1,4}\s*,\s*[0-9]{1,4}\s*,([^()]*)\)")
_DEPTH = 4  # products, matrices, rows, entries


def read(text: str) -> Iterator[Candidate]:
    """`.m`: braces or brackets."""
    yield _candidate(_lists(text))


def read_maple(text: str) -> Iterator[Candidate]:
    triads = [[_lists(matrix) for matrix in _MATRIX.findall(triad)] for triad in _TRIAD.findall(text)]
    if not triads:
        raise SchemeError("expected Triad([Matrix(n, m, [[..]]), Matrix(..), Matrix(..)])")
    yield _candidate(triads)


def _lists(text: str) -> list[Any]:
    """Reads one nested list of numbers, without recursion."""
    outermost: list[Any] = []
    stack = [outermost]
    text = text.rstrip().rstrip(";")
    place, is_entry = 0, True  # is_entry: an entry may stand here, not a comma
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise SchemeError(f"expected nested lists of numbers, got {short(text[place : place + 60])}")
        token, place = match[1], match.end()
        if token == ",":
            if is_entry or len(stack) == 1:
                raise SchemeError("expected a number or a list, got a comma")
            is_entry = True
            continue
        if token in _CLOSED:
            if len(stack) == 1 or (is_entry and stack[-1]):
                raise SchemeError("unbalanced brackets")
            stack.pop()
            is_entry = False
            continue
        if not is_entry:
            raise SchemeError(f"expected a comma, got {short(token)}")
        if token in _OPEN:
            if len(stack) > _DEPTH:
                raise SchemeError(f"lists deeper than {_DEPTH}")
            stack[-1].append([])
            stack.append(stack[-1][-1])
        else:
            stack[-1].append(number(token.replace(" ", "")))
            is_entry = False
    if len(stack) != 1 or len(outermost) != 1 or not isinstance(outermost[0], list):
        raise SchemeError("unbalanced brackets")
    return outermost[0]


def _candidate(products: list[Any]) -> Candidate:
    """u, v, w of the products; all of one shape."""
    shapes = [_shape(matrix) for matrix in products[0]] if products and isinstance(products[0], list) else []
    if len(shapes) != 3:
        raise SchemeError("expected three matrices per product")
    (n, m), (m_too, p), last = shapes
    size = checked_size(n, m, p)
    if m_too != m or last not in ((p, n), (n, p)):
        raise SchemeError(f"expected matrices n x m, m x p, p x n, got {', '.join(f'{r} x {c}' for r, c in shapes)}")
    check_extent(size.modes, len(products))
    factors = []
    for mode, name in enumerate("uvw"):
        rows = []
        for product in products:
            if not isinstance(product, list) or len(product) != 3 or _shape(product[mode]) != shapes[mode]:
                raise SchemeError("expected three matrices per product, of the same shapes throughout")
            rows.append([entry for row in product[mode] for entry in row])
        factors.append(matrix_of_rows(list(zip(*rows, strict=True)), name))
    return candidate_of(factors, size)


def _shape(matrix: object) -> tuple[int, int]:
    rows = matrix if isinstance(matrix, list) else []
    if not rows or not all(isinstance(row, list) and row and len(row) == len(rows[0]) for row in rows):
        raise SchemeError("expected a matrix of numbers")
    if any(isinstance(entry, list) for row in rows for entry in row):
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
