"""Texts as the tools and people of the field write them: what is read, and what is refused in words that fit."""

import codecs
import json

import pytest

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.exchange import check
from tests.exchange import samples

EVERYWHERE = "holds over Z2, Z3, Z, Q; its third factor indexes C"
READ = {
    "555-93.exp": f"5x5x5, rank 93: {EVERYWHERE} transposed",
    "decimal.exp": f"1x1x1, rank 1: {EVERYWHERE} transposed",
    "decimal_equations.txt": f"1x1x1, rank 1: {EVERYWHERE} transposed",
    "division.exp": f"1x1x1, rank 1: {EVERYWHERE} transposed",
    "equations_A_1_1.txt": f"2x2x2, rank 7: {EVERYWHERE} transposed",
    "equations_brackets.txt": f"2x2x2, rank 7: {EVERYWHERE} transposed",
    "equations_issue3.txt": f"2x2x2, rank 7: {EVERYWHERE}",
    "equations_underscore.txt": f"2x2x2, rank 7: {EVERYWHERE} transposed",
    "equations_unicode_minus.txt": f"2x2x2, rank 7: {EVERYWHERE} transposed",
    "matmul_2x2_rank7_strassen_gf2.txt": "2x2x2, rank 7: holds over Z2; its third factor indexes C",
    "matmul_2x3x3_rank15_catalog_gf2.txt": "2x3x3, rank 15: holds over Z2; its third factor indexes C",
    "minus.exp": f"1x1x1, rank 1: {EVERYWHERE} transposed",
    "rank7_smt.json": "2x2x2, rank 7: holds over Z2; its third factor indexes C; not read: policy_analysis",
    "s2x4x5_32.tensor.txt": "2x4x5, rank 32: holds over Z3, Q; its third factor indexes C transposed",
    "strassen-2x2x2_m7_a18.json": f"2x2x2, rank 7: {EVERYWHERE} transposed; not read: slp",
}


def verdict(path, text: str | bytes) -> tuple[bool, str]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    ((holds, line),) = check.check([path], None)
    return holds, line.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", READ)
def test_a_file_of_others_holds(name, tmp_path):
    assert verdict(tmp_path / "file", (samples.FILES / name).read_bytes()) == (True, READ[name])


STRASSEN = (samples.FILES / "equations_underscore.txt").read_text()


@pytest.mark.parametrize(
    "text",
    [
        STRASSEN.replace("a_", "a").replace("b_", "B"),
        "\n".join(f"{line};" for line in STRASSEN.splitlines()),
        STRASSEN.replace("\n", "; "),
        STRASSEN.replace("\n", "\r\n").encode("utf-16"),
        codecs.BOM_UTF16_BE + STRASSEN.encode("utf-16-be"),
        codecs.BOM_UTF8 + STRASSEN.encode(),
        STRASSEN.replace("*", "·").replace("-", "\N{EN DASH}"),
        STRASSEN.replace(" * ", " \N{LOGICAL AND} "),
        STRASSEN.replace(" * ", "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}"),
        STRASSEN.replace("_11", "₁₁").replace("_2", "₂"),
        STRASSEN.replace("a_12", "A(1, 2)").replace("b_12", "B[[1, 2]]").replace("a_21", "A(2, 1)"),
        STRASSEN.replace("a_12", "a_{12}").replace("c_21", "c_{2,1}"),
        STRASSEN.replace("a_12", "a[0,1]")
        .replace("a_21", "a[1,0]")
        .replace("a_11", "a[0,0]")
        .replace("a_22", "a[1,1]"),
        "def strassen(A, B):\n" + STRASSEN + "return C\n",
        "a_11, a_12, a_21, a_22 = A[0,0], A[0,1], A[1,0], A[1,1]\n" + STRASSEN,
        STRASSEN + "C = np.array([[c_11, c_12], [c_21, c_22]])",
        STRASSEN.replace("h1 = (a_21 - a_22) * b_12", "s = a_21 - a_22\nh1 = s*b_12"),
        STRASSEN.replace("(a_21 - a_22) * b_12", "-2*(a_22 - a_21)*(+b_12)/(1+1)"),
        STRASSEN.replace(" - ", "\n    - "),
        STRASSEN.replace(" - ", " -  # and so on\n\n  "),
        STRASSEN.replace(" - ", " \\\n - ").replace(" = ", " =\n"),
        "% as for MATLAB\n" + STRASSEN.replace("b_12\n", "b_12 % first\n", 1),
    ],
    ids=range(22),
)
def test_equations_as_people_write_them(text, tmp_path):
    assert verdict(tmp_path / "file", text) == (True, READ["equations_underscore.txt"])


@pytest.mark.parametrize(
    ("facts", "is_right"),
    [
        ('"n": 1, "m": 2, "p": 3', True),
        ('"m": 1, "k": 2, "n": 3', True),
        ('"m": 6, "rank": 6, "n": [1, 2, 3]', True),
        ('"n": 1, "k": 2, "m": 3', False),
        ('"n": 3, "rank": 6', False),
        ('"n": 3, "m": 2, "p": 1', False),
    ],
)
@pytest.mark.parametrize("names", ["UVW", "uvw"])
def test_facts_are_compared(facts, is_right, names, tmp_path):
    rows = [factor.T.tolist() for factor in standard(Size(1, 2, 3).target).factors]
    text = ", ".join(f'"{name}": {part}' for name, part in zip(names, rows, strict=True))
    assert verdict(tmp_path / "file", f"{{{text}, {facts}}}")[0] == is_right
    text = ", ".join(f'"{name}": [[1]]' for name in names)
    assert verdict(tmp_path / "file", f'{{"n": 1, {text}}}')[0]


@pytest.mark.parametrize(
    ("given", "sides"),
    [({"m": 1, "n": 2, "p": 3}, "n x m, B is m x p"), ({"n": 1, "k": 2, "m": 3}, "m x k, B is k x n")],
)
def test_a_side_that_disagrees_says_which_sides_are_meant(given, sides, tmp_path):
    u, v, w = (factor.tolist() for factor in standard(Size(1, 2, 3).target).factors)
    as_python = "".join(f"{name} = {side}\n" for name, side in given.items()) + f"u = {u}\nv = {v}\nw = {w}\n"
    for text in (json.dumps(given | {"u": u, "v": v, "w": w}), as_python):
        holds, line = verdict(tmp_path / "file", text)
        assert not holds
        assert f"(A is {sides})" in line


def test_what_stands_beside_the_factors_is_named(tmp_path):
    text = '{"u": [[1]], "v": [[1]], "w": [[1]], "x": [[1]], "loss": 1e-30, "y": {"z": [[0]]}}'
    assert verdict(tmp_path / "file", text) == (True, f"1x1x1, rank 1: {EVERYWHERE} transposed; not read: x, y")


def test_blanks_part_the_numbers_of_a_matrix_and_no_sums(tmp_path):
    holds, line = verdict(tmp_path / "file", "U = [1 -1;]\nV = [1 1;]\nW = [1 0;]")
    assert (holds, line) == (True, f"1x1x1, rank 2: {EVERYWHERE} transposed")
    holds, line = verdict(tmp_path / "file", "U = [2 - 1;]\nV = [1;]\nW = [1;]")
    assert (holds, line) == (True, f"1x1x1, rank 1: {EVERYWHERE} transposed")
    holds, line = verdict(tmp_path / "file", "U = [[ 1 -1  0]]\nV = [[1 1 1]]\nW = [[1 0 0]]")  # as NumPy prints
    assert (holds, line) == (True, f"1x1x1, rank 3: {EVERYWHERE} transposed")


@pytest.mark.parametrize("row", ["[\n [1 -1],\n]", "[[1 -1]]", "[[1 -1], [0, 1]]", "[[1\n -1]]"])
def test_a_blank_that_may_part_numbers_or_a_sum_is_refused(row, tmp_path):
    """Python computes [0] of [1 -1], where MATLAB and NumPy have two numbers."""
    holds, line = verdict(tmp_path / "file", f"U = {row}\nV = [[1], [1]]\nW = [[1], [0]]")
    assert not holds
    assert "expected a comma, or a blank after the sign of a sum" in line


def test_a_field_that_is_claimed_must_hold(tmp_path):
    text = '{"fields": ["F2", "Z"], "u": [[3]], "v": [[1]], "w": [[1]]}'
    assert verdict(tmp_path / "file", text) == (
        False,
        "1x1x1, rank 1: WRONG: not over Z: entry (0, 0, 0): expected 1, got 3",
    )


def test_an_array_says_which_convention_is_meant(tmp_path):
    """issue3 puts its entries into C and transposes; without that the same names mean C transposed."""
    text = (samples.FILES / "equations_issue3.txt").read_text()
    assert verdict(tmp_path / "file", text.replace(".T", ""))[1] == f"2x2x2, rank 7: {EVERYWHERE} transposed"


@pytest.mark.parametrize("name", samples.TEXTS)
def test_a_text_of_every_layout_holds(name, tmp_path):
    assert verdict(tmp_path / "file", samples.TEXTS[name])[0]


def test_an_ampersand_aligns_in_latex_alone(tmp_path):
    text = "m_{1} &= a_{11} b_{11} \\\\\nc_{11} &= 2 m_{1} \\\\\n & - m_{1}"
    assert verdict(tmp_path / "file", text) == (True, f"1x1x1, rank 1: {EVERYWHERE} transposed")


ONE = "(a11)*(b11)*(c11)"
BORDER = "coefficients in x and 1/x: a scheme of border rank, which holds in no ring"
REFUSED = {
    "a border rank": (
        (samples.FILES / "bini223-10-52-approx").read_bytes(),
        f"line 2, column 1: expected a number, got 'x': {BORDER}",
    ),
    "a border rank in a product": ("(a11+x*a12)*(b11)*(c11)", f"got both or one of products: {BORDER}"),
    "complex coefficients": (
        (samples.FILES / "complex.txt").read_bytes(),
        "line 14, column 10: complex coefficients, which are in none of the rings Z2, Z3, Z and Q",
    ),
    "a complex entry": ('{"u": [["1+2j"]], "v": [[1]], "w": [[1]], "n": 1, "m": 1}', "none of the rings"),
    "a lost parenthesis": ((samples.FILES / "555m93_lifted.exp").read_bytes(), "line 41, column 1: expected a sum"),
    "a sign alone": (f"{ONE}\n(a11)*(b11)*(c11)+", "line 2, column 19: expected a number, a name or a sum"),
    "a bracket": (f"{ONE}]", "line 1, column 18: expected the end of the line, got ']'"),
    "an unknown name": (f"{ONE}\n(a11+d12)*(b11)*(c11)", "line 2, column 6: 'd12' is not defined"),
    "division by zero": (f"{ONE}/(1-1)", "line 1, column 19: expected a number other than zero"),
    "division by an entry": ("(a11)*(b11)/(c11)", "line 1, column 13: expected a number other than zero"),
    "zeros before a number": ("(007*a11)*(b11)*(c11)", "line 1, column 2: expected a number, got '007'"),
    "a product of four": (f"{ONE}*(a11)", "line 1, column 19: expected a product of at most three sums"),
    "one entry, two names": ("(a11+a_11)*(b11)*(c11)", "line 1, column 6: 'a_11' and 'a11' are one entry"),
    "entries in another order": (
        "a11, a21, a12, a22 = A.ravel()\n" + STRASSEN.replace("_", ""),
        "line 1, column 1: expected all entries of a, row by row",
    ),
    "an array without an entry": (STRASSEN + "C = np.array([c_11, c_12, c_21])", "expected every entry of c once"),
    "an array of another shape": (
        STRASSEN + "C = np.array([c_11, c_12, c_21, c_22]).reshape(3, 2)",
        "line 12, column 48: expected a shape of 4 entries, got '3'",
    ),
    "a call": (STRASSEN + "C = evil([c_11])", "line 12, column 5: expected np, got 'evil'"),
    "a number in a list": ("{{{{1}},{{1}},{{a}}}}", "line 1, column 17: expected a number or a list, got 'a'"),
    "two lists": ("{{{{1}},{{1}},{{1}}}}\n{{}}", "line 2, column 1: expected the end"),
    "a cut dictionary": ("{'u': [[1]], 'v': [[1]], 'w'", "line 1, column 29: expected a colon, got the end"),
    "a key twice": ("{'u': [[1]], 'u': [[1]], 'w': [[1]]}", "line 1, column 14: expected keys"),
    "a factor twice": ("u = [[1]]\nv = [[1]]\nu = [[1]]", "line 3, column 1: u is defined twice"),
    "a fourth factor": ("u = [[1]]\nv = [[1]]\nw = [[1]]\nx = [[1]]", "expected u, v and w, got ['u', 'v', 'w', 'x']"),
    "another fact": ("n = 2\nu = [[1]]\nv = [[1]]\nw = [[1]]", "n: expected 1, as the factors have it, got 2"),
    "a row cut short": ("U = [1 0; 0]\nV = [1]\nW = [1]", "expected a matrix of numbers"),
    "a difference in a matrix": ("U = [1 - 1];\nV = [1];\nW = [1];\nx = [1 2", "line 4, column 8: expected ,"),
    "complex arrays": ("d = (np.array([[0.5+0.5j, 1.]]), np.array([[1.]]))", "line 1, column 24: complex coefficients"),
    "a text for a number": ("[[['1']], [[1]], [[1]]]", "expected a matrix of numbers"),
    "shared sums alone": ('{"u": [[1]], "v": [[1]], "w": [[1]], "u_fresh": [[1]]}', "u_fresh: expected n and m"),
    "two lists of products": (
        '{"x": [{"u": [1], "v": [1], "w": [1]}], "y": [{"u": [1], "v": [1], "w": [1]}]}',
        "expected u, v, w with size and ring",
    ),
    "a row twice": (
        '{"n": 1, "m": 1, "u_sparse": {"0": {"i": [0, 0], "c": [1, 0]}}, "v_sparse": [{"0": 1}], "w_sparse": [{}]}',
        "u_sparse: expected rows below 1, each once, and as many coefficients in 0",
    ),
    "a row too far": (
        '{"n": 1, "m": 1, "u_sparse": [{"1": 1}], "v_sparse": [{"0": 1}], "w_sparse": [{"0": 1}]}',
        "u_sparse: expected rows below 1, each once",
    ),
    "another count of products": (
        '{"n": 1, "m": 1, "u_sparse": [], "v_sparse": [{"0": 1}], "w_sparse": [{"0": 1}]}',
        "u_sparse: expected 1 products, counted from 0",
    ),
    "products that commute": ('{"scheme_type": "non_bilinear", "w": [[[0, 0.5]]]}', "mix entries of A and B"),
    "a complex field": ('{"fields": ["C"], "n": 1, "m": 1, "u": [[[1, 0]]], "v": [[1]], "w": [[1]]}', "complex"),
    "no coefficient": ('{"u": [[1e-3]], "v": [[1]], "w": [[1]], "n": 1, "m": 1}', "expected a number, got '1e-3'"),
    "another rank": (
        '{"u": [[1]], "v": [[1]], "w": [[1]], "rank": 2}',
        "rank: expected 1, as u, v and w have it, got 2",
    ),
    "a mask too many": ("1\n1 1 1\n1 1 1", "expected 1 products, as the first line says, got 2"),
    "a remainder": (
        STRASSEN.replace("b_12\n", "b_12 % 2\n", 1),
        "line 1, column 27: expected the end of the line",
    ),
    "a fault in two lines": (
        STRASSEN.replace("(a_21 - a_22)", "(a_21 -\n d)"),
        "line 2, column 2: 'd' is",
    ),
    "an assignment of Python": ("m1 = a11*b11\nc11 &= m1", "line 2, column 5: expected =, got '&'"),
    "an operator that is no product": (
        "m_{1} = a_{11} & b_{11}\nc_{11} = m_{1}",
        "line 1, column 16: expected the end of the line, got '&'",
    ),
    "a factor in both cases": (
        '[{"u": [5], "U": [1], "v": [1], "w": [1]}]',
        "expected three matrices per product, or three factors",
    ),
    "a factor of a size in both cases": (
        '{"1x1x1": {"u": [[5]], "U": [[1]], "v": [[1]], "w": [[1]]}}',
        "expected u, v and w, got ['U', 'u', 'v', 'w']",
    ),
    "an equation without its right side": (STRASSEN + "s =", "line 12, column 4: expected a number, a name"),
    "a type that changes numbers": (
        "u = np.array([[1]], dtype=bool)",
        "line 1, column 27: expected one of",
    ),
    "a page of the web": ("\n<!DOCTYPE html>\n<html lang=en>", "a page of the web is not read: save the raw file"),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:4d", "git lfs pull gets the file"),
    "a server's message": ("404: Not Found", "the message of a server that has no such file"),
    "a notebook": ('{"cells": [], "nbformat": 4}', "a notebook is not read: save the cell of the scheme"),
    "a table of Brent equations": ((samples.FILES / "s2x2x2_07.brent.txt").read_bytes(), "tensor or script beside it"),
    "a program": ("function C = DPS(A, B, nmin)\nC = A*B;", "a program is not read: its equations are"),
    "a sparse matrix, too far": ("LRP:=[Matrix(1, 1, {(1, 2) = 1})", "line 1, column 21: expected row and column of a"),
    "a sparse matrix, twice": (
        "LRP:=[Matrix(1, 1, {(1, 1) = 1, (1, 1) = 0})",
        "column 33: expected each entry at most",
    ),
    "remarks alone": ("# nothing\n \n#", "nothing but white space and comments"),
    "an empty mask": ("1 0 1", "belong to no matrix product"),
    "an empty field": ("1,1,1,1\n1\n1,,1", "line 3, column 1: expected numbers, ',' once between any two"),
    "another heading": ("Bini 1 1 1 1\nproduct Alpha Beta Gamma\n1;1;1;1", "expected 1 rows"),
    "a wrong count": ("Bini 1 1 1 1\n2 ; 1 ; 1 ; 1", "line 2, column 1: expected «1; row of C; row of A; row of B»"),
    "a word in a table": ("1 1 1 1\n1\n2\n1/x 3", f"line 4, column 1: expected a number, got '1/x': {BORDER}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_place(name, tmp_path):
    text, message = REFUSED[name]
    holds, line = verdict(tmp_path / "file", text)
    assert not holds
    assert line.startswith("unreadable: ")
    assert message in line
