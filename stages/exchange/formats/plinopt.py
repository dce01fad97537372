"""PLinOpt, which looks for fewer additions: three files are one scheme, NAME_L, NAME_R and NAME_P (or L_NAME, ..).

L and R have a row per product and a column per entry of A or B; P has a row per entry of C and a column per product;
entries are counted row by row. A file is a sparse matrix, `.sms`, or a program that multiplies by one, `.slp`:

    7 4 R           height, width, and a letter; then row and column from 1, and a number; three zeros at the end
    1 1 -3/5        t4:=i0-i1;
    0 0 0           o0:=(t4+i2)/2;
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange.formats.candidate import (
    Candidate,
    Number,
    candidate_of,
    check_extent,
    matrix_of_terms,
)
from stages.exchange.formats.expressions import over, sum_text
from stages.exchange.formats.grammar import HASH, Tokens, combination, expression, number_of
from stages.program.subexpressions import share
from stages.program.sums import Sums

LETTERS = ("L", "R", "P")
TOGETHER = "L, R and P together"

_NAME = re.compile(r"(.*_|)[LRP](_.*|)\.(sms|slp)((?:\.(?:gz|bz2|xz))?)", re.ASCII)
_MATRIX = re.compile(r"[0-9]+[ \t]+[0-9]+[ \t]+[A-Z]\s", re.ASCII)
_PROGRAM = re.compile(r"^[ \t]*o[0-9]+[ \t]*:=", re.ASCII | re.MULTILINE)
_VARIABLE = re.compile(r"[a-z][0-9]{1,6}", re.ASCII)


class Linear(NamedTuple):
    """A matrix by its rows, {column: number}."""

    rows: list[dict[int, Number]]
    width: int


def is_part(text: str) -> bool:
    """Whether a text, without its lines of comments, is one of three that are a scheme."""
    return bool(_MATRIX.match(text) or _PROGRAM.search(text))


def read(path: Path, text: str, text_fn: Callable[[Path], str]) -> Iterator[Candidate]:
    """The scheme that a file and the two beside it are.

    Args:
      text: of the file.
      text_fn: reads another.
    Raises:
      SchemeError: one of the three is missing or wrong, or they do not fit together.
    """
    parts = []
    for part in _together(path):
        try:
            parts.append(_linear(text if part == path else text_fn(part)))
        except SchemeError as error:
            raise SchemeError(f"{part.name}: {error}" if part != path else str(error)) from None
    left, right, outputs = parts
    rank = len(left.rows)
    if len(right.rows) != rank or outputs.width != rank:
        raise SchemeError(
            f"{TOGETHER}: expected as many rows of L and of R as columns of P, "
            f"got {rank}, {len(right.rows)} and {outputs.width}"
        )
    check_extent((left.width, right.width, len(outputs.rows)), rank)
    columns: list[dict[int, Number]] = [{} for _ in range(rank)]
    for row, form in enumerate(outputs.rows):
        for column, entry in form.items():
            columns[column][row] = entry
    sides = ((left.rows, left.width), (right.rows, right.width), (columns, len(outputs.rows)))
    yield candidate_of([matrix_of_terms(terms, length) for terms, length in sides], label=TOGETHER)


def _together(path: Path) -> list[Path]:
    """The files of L, R and P; where one is missing, the other kind of file is taken for it."""
    match = _NAME.fullmatch(path.name)
    if not match:
        raise SchemeError("a part of a scheme: expected three files together, NAME_L.sms, NAME_R.sms and NAME_P.sms")
    before, after, kind, container = match.groups()
    found = []
    for letter in LETTERS:
        names = [f"{before}{letter}{after}.{kind_}{container}" for kind_ in (kind, "slp" if kind == "sms" else "sms")]
        beside = [path.with_name(name) for name in names if path.with_name(name).exists()]
        if not beside:
            raise SchemeError(f"a part of a scheme: expected {TOGETHER}, and there is no {names[0]} beside it")
        found.append(beside[0])
    return found


def _linear(text: str) -> Linear:
    tokens = Tokens(text, HASH, is_by_line=True)
    _skip_lines(tokens)
    return _matrix(tokens) if tokens.next.isdigit() else _program(tokens)


def _matrix(tokens: Tokens) -> Linear:
    height, width = _count(tokens), _count(tokens)
    check_extent((width,), height)
    if not re.fullmatch("[A-Z]", tokens.take()):
        raise tokens.fault("a letter such as R", tokens.place - 1)
    rows: list[dict[int, Number]] = [{} for _ in range(height)]
    while True:
        if tokens.next != "\n":
            raise tokens.fault("the end of the line")
        _skip_lines(tokens)
        place = tokens.place
        row, column, entry = _count(tokens), _count(tokens), number_of(tokens)
        if row == column == entry == 0:
            break
        if not (1 <= row <= height and 1 <= column <= width) or column - 1 in rows[row - 1]:
            raise tokens.refusal(f"expected each entry of {height} x {width} at most once", place)
        rows[row - 1][column - 1] = entry
    _skip_lines(tokens)
    if tokens.next:
        raise tokens.fault("the end after 0 0 0")
    return Linear(rows, width)


def _skip_lines(tokens: Tokens) -> None:
    while tokens.accept("\n"):
        pass


def _count(tokens: Tokens) -> int:
    if not re.fullmatch("[0-9]{1,8}", tokens.next, re.ASCII):
        raise tokens.fault("row, column and number")
    return int(tokens.take())


def _program(tokens: Tokens) -> Linear:
    """Reads assignments of linear forms in order; i are inputs, o are outputs, all others stand for sums."""
    known: dict[str, dict[int, Number]] = {}
    width = 0
    for place in tokens.statements():
        name = tokens.take()
        if not _VARIABLE.fullmatch(name) or name[0] == "i":
            raise tokens.fault("an assignment such as o0:=i1+t2", place)
        tokens.expect(":=")
        scale, forms = expression(tokens, is_juxtaposed=False)
        if len(forms) > 1 or (scale and not forms):
            raise tokens.refusal(f"{name}: expected a sum of variables", place)
        terms = []
        for variable, number in forms[0].items() if forms else ():
            if variable in known:
                terms.append((scale * number, known[variable]))
            elif variable[0] == "i" and _VARIABLE.fullmatch(variable):
                width = max(width, int(variable[1:]) + 1)
                terms.append((scale * number, {int(variable[1:]): 1}))
            else:
                raise tokens.unknown(variable, place)
        with tokens.at(place):
            known[name] = combination(terms)
    height = sum(name[0] == "o" for name in known)
    check_extent((width,), height)
    missing = next((index for index in range(height) if f"o{index}" not in known), None)
    if missing is not None:
        raise SchemeError(f"expected outputs o0 to o{height - 1}, o{missing} is not defined")
    return Linear([known[f"o{index}"] for index in range(height)], width)


def write_matrices(scheme: Scheme) -> Mapping[str, bytes]:
    """The three `.sms` of a scheme, by what each adds to their common name."""
    return {
        f"_{letter}.sms": _matrix_text(matrix, denominator)
        for letter, (matrix, denominator) in zip(LETTERS, _parts(scheme), strict=True)
    }


def write_programs(scheme: Scheme) -> Mapping[str, bytes]:
    """The three `.slp` of a scheme, common subexpressions shared."""
    return {
        f"_{letter}.slp": _program_text(share(matrix), denominator)
        for letter, (matrix, denominator) in zip(LETTERS, _parts(scheme), strict=True)
    }


def _parts(scheme: Scheme) -> list[tuple[np.ndarray, int]]:
    """L and R [R, S] and P [S, R], each with its denominator."""
    u, v, w = scheme.factors
    if scheme.target.lengths:  # row k*n + i becomes row i*p + k
        n, _, p = scheme.size
        w = w.reshape(p, n, -1).transpose(1, 0, 2).reshape(n * p, -1)
    return [(u.T, 1), (v.T, 1), (w, scheme.denominator)]


def _program_text(sums: Sums, denominator: int) -> bytes:
    names = [f"i{index}" for index in range(sums.inputs)] + [f"t{index}" for index in range(len(sums.temporaries))]
    lines = []
    for letter, combinations, below in (("t", sums.temporaries, 1), ("o", sums.outputs, denominator)):
        for index, combination_ in enumerate(combinations):
            text = sum_text(((number, names[register]) for number, register in combination_), "{}*".format)
            lines.append(f"{letter}{index}:={text if below == 1 else f'({text})/{below}'};".replace(" ", ""))
    return "\n".join([*lines, ""]).encode()


def _matrix_text(matrix: np.ndarray, denominator: int) -> bytes:
    height, width = matrix.shape
    entries = (
        f"{row + 1} {column + 1} {over(int(matrix[row, column]), denominator)}"
        for row, column in zip(*np.nonzero(matrix), strict=True)
    )
    return "\n".join([f"{height} {width} R", *entries, "0 0 0", ""]).encode()
