"""Every character of a text counts: what is inserted changes the verdict, or is refused, or is provably meaningless."""

import ast
import operator
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.exchange import check
from tests.exchange import samples

SMALL = {name: data.decode() for name, data in samples.TEXTS.items() if len(data) < 2500}
PIECES = (
    "7",
    " 7",
    "7,",
    ",7",
    "[7]",
    "{7}",
    "(7)",
    "\n7\n",
    "x",
    "a11",
    "-",
    "(",
    ")",
    "}",
    "]",
    ";",
    "!",
    "7*",
    "/7",
    "=",
)
COMMENTS = ("#", "# seven 7\n")
_LINES = re.MULTILINE | re.IGNORECASE
_TOKEN = re.compile(r"\w+|\S")
OPTIONAL = re.compile(r"product Gamma|[ab]11, .* = [AB]\.ravel\(\)")
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def verdict(path: Path, text: str) -> list[tuple[bool, str]] | None:
    """What is printed of a file; None where anything of it is refused as unreadable."""
    path.write_text(text)
    lines = list(check.check([path], None))
    return None if any("unreadable" in line for _, line in lines) else lines


def without_remarks(text: str) -> str:
    """A text without comments and white space."""
    return "".join(re.sub(r"\AWarning:.*|[#%].*", "", text).split())


def said(text: str) -> str:
    """A text without what says nothing of a scheme: remarks, names of entries, a program's own lines."""
    text = re.sub(r"\AWarning:.*|[#%].*", "", text)
    text = re.sub(
        r"^[ABC]:=Matrix\(.*|^map\(.*|^simplify\(.*\)[;:]?|^(import|from|def|return) .*", "", text, flags=_LINES
    )
    text = re.sub(r"\\(begin|end)\{\w+\*?\}|\\allowdisplaybreaks|\\\\|\\,|&", "", text)  # of LaTeX
    return without_remarks(text)


def value(node: ast.AST) -> Fraction:
    """The value of an expression of numbers; ValueError where it holds anything else."""
    match node:
        case ast.Constant(value=int() | float()):
            return Fraction(str(node.value))
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            return value(node.operand) * (-1 if isinstance(node.op, ast.USub) else 1)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
    raise ValueError


def is_same_number(before: str, piece: str, after: str) -> bool:
    """Whether the number at a place has the same value with a piece and without it."""
    for chars in (r"[-+*/(). \d]*", r"[-+*/().\d]*"):  # blanks may part numbers
        first, last = re.search(chars + "$", before)[0], re.match(chars, after)[0]
        try:
            one, other = (
                value(ast.parse(each.strip(), mode="eval").body) for each in (first + last, first + piece + last)
            )
        except (SyntaxError, ValueError, ZeroDivisionError):
            continue
        if one == other:
            return True
    return False


def is_meaningless(before: str, piece: str, after: str) -> bool:
    """Whether a piece can mean nothing at its place, by the rules of remarks, separators and arithmetic."""
    if any(fn(before + piece + after).strip(";:") == fn(before + after).strip(";:") for fn in (without_remarks, said)):
        return True
    if is_same_number(before, piece, after):
        return True
    line_before, line_after = before.rpartition("\n")[2], after.partition("\n")[0]
    if piece.startswith("#") and (line_after.strip() == ";" or OPTIONAL.match(line_before + line_after)):
        return True  # a remark in place of what may be left out: the end of a row, a line of headings or names
    if re.search(r'"[^"]*$', line_before) and re.match(r'[^"]*": *([^\[{]|\[[^\[])', line_after):
        return True  # the name of a fact in JSON
    stripped = piece.strip()
    if stripped in (";", ":"):  # ends a statement
        return not line_after.strip() or not line_before.strip() or line_after.startswith((";", "]"))
    if stripped == ",":  # Python's comma at the end
        return after.lstrip()[:1] in tuple("])")
    if set(stripped) <= {"+"} or stripped == "*":  # a sign, or a product that stood there by juxtaposition
        return True
    if stripped in ("1", "1*", "1/", "*1", "/1"):  # once
        return re.match(r"\s*[-(a-z0-9*]", after, re.IGNORECASE) is not None
    if not stripped.strip("0") and re.search(r"\.[0-9]*$", before):  # the last decimal
        return True
    if set(stripped) <= {"-", "+"}:
        return stripped.count("-") % 2 == 0 or re.match(r"\s*[-+]*0(?![0-9])", after) is not None
    # Zero times or over a number is zero.
    return (stripped[0] == "/" and re.search(r"(?<![0-9.])0$", before.rstrip()) is not None) or (
        stripped[-1] == "*" and re.match(r"\s*[-+]*0(?![0-9.])", after) is not None
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("insertion") / "text"


@pytest.mark.parametrize("name", SMALL)
def test_an_insertion_is_never_passed_over(name, path):
    text = SMALL[name]
    before = verdict(path, text)
    assert before
    assert all(holds for holds, _ in before)
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    lines = [match.span() for match in re.finditer(r"[^\n]+\n?", text)]

    @given(st.data())
    @settings(max_examples=25, deadline=None, derandomize=True)  # at random: benchmarks/faults.py
    def changed(data):
        kind = data.draw(st.sampled_from(["piece", "tokens", "line"]))
        place = data.draw(st.integers(0, len(text)))
        if kind == "piece":
            piece = data.draw(st.sampled_from((*PIECES, *COMMENTS)))
        elif kind == "line":
            first, last = data.draw(st.sampled_from(lines))
            piece, place = text[first:last], data.draw(st.sampled_from(lines))[0]
        else:
            first = data.draw(st.integers(0, len(tokens) - 1))
            last = data.draw(st.integers(first, min(first + 6, len(tokens) - 1)))
            piece, place = text[tokens[first][0] : tokens[last][1]], data.draw(st.sampled_from(tokens))[0]
        after = verdict(path, text[:place] + piece + text[place:])
        assert after != before or is_meaningless(text[:place], piece, text[place:]), (
            text[max(0, place - 30) : place],
            piece,
            text[place : place + 30],
        )

    changed()
