"""Maple, as the catalogue at fmm.univ-lille.fr writes it: a set of triads, three matrices, or two lists of equations.

    Tensor:=TriadSet([Triad([Matrix(n, m, [[..]]), Matrix(m, p, [[..]]), Matrix(p, n, [[..]])]), ..]):
    LRP:=[Matrix(R, mn, [[..]]), Matrix(R, pm, [[..]]), Matrix(np, R, [[..]])]:
    MUL:=[m_1=(A_1_1+A_2_2)*(B_1_1), .., 0=0]: ADD:=[C_1_1=m_1+m_4, .., 0=0]:

L and R count the entries of A and B column by column, P those of C row by row. Before them stand the entries,
A:=Matrix(n, m, [[A_1_1, ..], ..]):, and after them what expands A.B less the scheme. Any other statement is a fault, so
nothing of a scheme can be passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats import nested
from stages.exchange.formats.candidate import (
    Candidate,
    Matrix,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_rows,
    matrix_of_terms,
    size_of_modes,
)
from stages.exchange.formats.grammar import COMMENT, Form, Product, Tokens, blank, expression, literal, number_of

Rows = list[list[Number]]
Shape = tuple[int, int]

_WARNING = re.compile(r"\AWarning:[^\n]*")  # the catalogue's own first line of its _LRP files
_ENTRY = re.compile(r"([ABC])_([1-9][0-9]{0,2})_([1-9][0-9]{0,2})", re.ASCII)
_EXPANDED = {
    "TriadSet": "(expand,A.B-add(LinearAlgebra:-Trace(LinearAlgebra:-Transpose(op([1,i,1,1],Tensor)).A)"
    "*LinearAlgebra:-Trace(LinearAlgebra:-Transpose(op([1,i,1,2],Tensor)).B)"
    "*LinearAlgebra:-Transpose(op([1,i,1,3],Tensor)),i=1..{rank}))",
    "ADD": "(expand,subs(subs(MUL,ADD),C-A.B))",
}


def read(text: str) -> Iterator[Candidate]:
    """The scheme of a file; one that has it in several of the three forms gives each."""
    tokens = Tokens(_WARNING.sub(blank, text), COMMENT)
    shapes: dict[str, Shape] = {}
    products: dict[str, tuple[Form, Form]] = {}
    expanded: dict[str, int] = {}  # a form that Maple's own test of it may follow, and its rank
    seen: set[str] = set()
    found: list[Candidate] = []  # given out when all is read
    while tokens.next:
        place, name = tokens.place, tokens.take()
        if name == "map":
            _read_test(tokens, expanded)
        else:
            if name in seen:
                raise tokens.refusal(f"{name} is defined twice", place)
            seen.add(name)
            tokens.expect(":=")
            if name in ("A", "B", "C"):
                shapes[name] = _entries(tokens, name)
            elif name == "MUL":
                products = _products(tokens)
            elif name == "ADD":
                with tokens.at(place):
                    found.append(_of_equations(tokens, products, shapes))
                expanded["ADD"] = len(products)
            elif name == "LRP":
                with tokens.at(place):
                    found.append(_of_matrices(tokens))
            else:
                triads = _triads(tokens)
                with tokens.at(place):
                    (first, second, _), *_ = triads
                    size = checked_size(len(first), len(second), len(second[0]))
                    _check_shapes(shapes, size)
                    found.append(nested.of_products(triads, size))
                expanded["TriadSet"] = len(triads)
        if tokens.next and not tokens.accept(":"):
            tokens.expect(";")
    if not found:
        raise tokens.fault("a TriadSet, LRP, or MUL and ADD")
    yield from found


def _read_test(tokens: Tokens, expanded: dict[str, int]) -> None:
    """Reads Maple's own test of a form that stands above it."""
    form = "ADD" if tokens.words[tokens.place + 3 : tokens.place + 4] == ["subs"] else "TriadSet"
    if form not in expanded:
        raise tokens.fault(f"{form} above its test")
    rank = expanded.pop(form)  # one test of each
    *words, _ = Tokens(_EXPANDED[form].format(rank=rank)).words
    for word in words:
        if not tokens.accept(word):
            raise tokens.fault(f"the catalogue's own test of {rank} products")


def _entries(tokens: Tokens, letter: str) -> Shape:
    """Reads the matrix of the names of all entries of A, B or C; its shape."""
    shape = _shape(tokens)
    tokens.expect("[")
    for row in range(shape[0]):
        tokens.expect(*([","] if row else []), "[")
        for column in range(shape[1]):
            tokens.expect(*([","] if column else []), f"{letter}_{row + 1}_{column + 1}")
        tokens.expect("]")
    tokens.expect("]", ")")
    return shape


def _shape(tokens: Tokens) -> Shape:
    tokens.expect("Matrix", "(")
    sides = []
    for _ in range(2):
        if not re.fullmatch("[1-9][0-9]{0,5}", tokens.next, re.ASCII):
            raise tokens.fault("the number of rows or columns")
        sides.append(int(tokens.take()))
        tokens.expect(",")
    return sides[0], sides[1]


def _matrix(tokens: Tokens) -> Rows:
    """Reads Matrix(2, 2, [[1,0],[0,-(1*0-1*1)]]), whose numbers are evaluated, or Matrix(2, 2, {(1, 1) = 1})."""
    height, width = _shape(tokens)
    place = tokens.place
    if tokens.accept("{"):
        return _nonzeros(tokens, height, width)
    if tokens.next != "[":
        raise tokens.fault("rows such as [[1,0],[0,1]]")
    rows: Rows = literal(tokens)
    if len(rows) != height or not all(isinstance(row, list) and len(row) == width for row in rows):
        raise tokens.refusal(f"expected {height} rows of {width} numbers", place)
    if any(type(entry) not in (int, Fraction) for row in rows for entry in row):
        raise tokens.refusal("expected rows of numbers", place)
    tokens.expect(")")
    return rows


def _nonzeros(tokens: Tokens, height: int, width: int) -> Rows:
    """Reads the rest of a matrix of which only the non-zeros are written."""
    check_extent((width,), height)
    rows: Rows = [[0] * width for _ in range(height)]
    seen: set[tuple[int, int]] = set()
    while not tokens.accept("}"):
        if seen:
            tokens.expect(",")
        place = tokens.place
        index = literal(tokens)
        match index:
            case [int() as row, int() as column] if 0 < row <= height and 0 < column <= width:
                pass
            case _:
                raise tokens.refusal(f"expected row and column of a matrix of {height} x {width}", place)
        if (row, column) in seen:
            raise tokens.refusal("expected each entry at most once", place)
        seen.add((row, column))
        tokens.expect("=")
        rows[row - 1][column - 1] = number_of(tokens)
    tokens.expect(")")
    return rows


def _triads(tokens: Tokens) -> list[list[Rows]]:
    """Reads a TriadSet, every triad of it."""
    tokens.expect("TriadSet", "(", "[")
    triads: list[list[Rows]] = []
    while not triads or tokens.accept(","):
        tokens.expect("Triad", "(", "[")
        triads.append(_matrices(tokens))
        tokens.expect(")")
    tokens.expect("]", ")")
    return triads


def _matrices(tokens: Tokens) -> list[Rows]:
    """Reads three matrices, and the bracket after them."""
    matrices = []
    for mark in (",", ",", "]"):
        matrices.append(_matrix(tokens))
        tokens.expect(mark)
    return matrices


def _check_shapes(shapes: dict[str, Shape], size: Size) -> None:
    """Refuses matrices of entries that are not those of the size; that of C may be transposed."""
    n, m, p = size
    for letter, right in (("A", [(n, m)]), ("B", [(m, p)]), ("C", [(n, p), (p, n)])):
        if letter in shapes and shapes[letter] not in right:
            raise SchemeError(f"{letter}: expected {right[0][0]} x {right[0][1]} entries of {size.name}")


def _of_matrices(tokens: Tokens) -> Candidate:
    """Reads L and R, a row per product, and P, a row per entry of C."""
    tokens.expect("[")
    left, right, outputs = _matrices(tokens)
    n, m, p = size = size_of_modes((len(left[0]), len(right[0]), len(outputs)))
    factors = [outputs]
    for rows, height, width in ((right, m, p), (left, n, m)):
        columns = list(zip(*rows, strict=True))
        factors.insert(0, [list(columns[j * height + i]) for i in range(height) for j in range(width)])
    return candidate_of([matrix_of_rows(rows, name) for rows, name in zip(factors, "LRP", strict=True)], size)


def _equations(tokens: Tokens) -> Iterator[tuple[str, int, Product]]:
    """Reads a list of equations, which may end with 0=0: name, place and right side of each."""
    tokens.expect("[")
    while not tokens.accept("0"):
        place, name = tokens.place, tokens.take()
        tokens.expect("=")
        yield name, place, expression(tokens, is_juxtaposed=False)
        if tokens.accept("]"):
            return
        tokens.expect(",")
    tokens.expect("=", "0", "]")


def _products(tokens: Tokens) -> dict[str, tuple[Form, Form]]:
    """Reads the list MUL: by its name the sums over A and over B of each product."""
    products: dict[str, tuple[Form, Form]] = {}
    for name, place, (scale, forms) in _equations(tokens):
        left, right = sorted(forms, key=lambda form: sorted(form)[:1]) if len(forms) == 2 else ({}, {})
        letters = [{entry[0] for entry in form} for form in (left, right)]
        if letters != [{"A"}, {"B"}] or name in products or not re.fullmatch("m_[0-9]+", name):
            raise tokens.refusal("expected m_1=(A_1_1+A_1_2)*(B_1_1) and other such products, each once", place)
        products[name] = {entry: scale * number for entry, number in left.items()}, right
    return products


def _of_equations(tokens: Tokens, products: dict[str, tuple[Form, Form]], shapes: dict[str, Shape]) -> Candidate:
    """Reads the list ADD, the entries of C as sums of the products above it."""
    if shapes.keys() != {"A", "B", "C"} or not products:
        raise SchemeError("expected A, B and C with their entries and MUL above ADD")
    size = checked_size(*shapes["A"], shapes["B"][1])
    _check_shapes(shapes, size)
    check_extent(size.modes, len(products))
    sides = [
        [{_row(entry, letter, shapes): number for entry, number in pair[mode].items()} for pair in products.values()]
        for mode, letter in enumerate("AB")
    ]
    outputs: dict[str, dict[int, Number]] = {name: {} for name in products}
    seen: set[int] = set()
    for name, place, (scale, forms) in _equations(tokens):
        if len(forms) > 1 or (scale and not forms) or not all(entry in products for form in forms for entry in form):
            raise tokens.refusal(f"{name}: expected a sum of products", place)
        row = _row(name, "C", shapes)
        if row in seen:
            raise tokens.refusal(f"{name} is defined twice", place)
        seen.add(row)
        for form in forms:
            for entry, number in form.items():
                outputs[entry][row] = scale * number
    parts = zip([*sides, list(outputs.values())], size.modes, strict=True)
    factors: list[Matrix] = [matrix_of_terms(terms, length) for terms, length in parts]
    return candidate_of(factors, size)


def _row(name: str, letter: str, shapes: dict[str, Shape]) -> int:
    """The row of a factor that an entry such as A_1_2 indexes."""
    match = _ENTRY.fullmatch(name)
    height, width = shapes[letter]
    if not match or match[1] != letter or int(match[2]) > height or int(match[3]) > width:
        raise SchemeError(f"{name}: expected an entry of {letter}, which is {height} x {width}")
    return (int(match[2]) - 1) * width + int(match[3]) - 1
