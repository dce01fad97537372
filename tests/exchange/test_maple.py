"""Maple's files: whatever stands in them is read, or the file is refused with the place of what is not."""

from pathlib import Path

import pytest

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.check import check
from stages.exchange.formats import files
from tests import examples
from tests.exchange import layouts
from tests.exchange.samples import FILES

TENSOR = layouts.maple(examples.strassen()).decode()
MATRICES = layouts.maple_matrices(examples.strassen()).decode()
EQUATIONS = layouts.maple_equations(examples.strassen()).decode()
EIGHTH = "Triad([Matrix(2, 2, [[1,0],[0,0]]), Matrix(2, 2, [[1,0],[0,0]]), Matrix(2, 2, [[1,0],[0,0]])])"


@pytest.mark.parametrize(
    ("name", "size", "rank"),
    [
        ("2x2x2_LRP.mpl", "2x2x2", 7),
        ("2x2x2_raw.mpl", "2x2x2", 7),
        ("arithmetic_tensor.mpl", "2x2x2", 7),
        ("2x4x6_tensor.mpl", "2x4x6", 39),
    ],
)
def test_the_catalogues_files_hold(name, size, rank):
    ((holds, line),) = check([FILES / name], "Z")
    assert holds
    assert f"{size}, rank {rank}: holds over Z2, Z3, Z, Q" in line


def refused(text: str, folder: Path) -> str:
    (folder / "file").write_text(text)
    with pytest.raises(SchemeError) as caught:
        list(files.read(folder / "file"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Seven good terms and an eighth that is written in another way.
        (TENSOR.replace("])])]):", f"])]), {EIGHTH}]):"), "expected the catalogue's own test of 8 products, got '.7'"),
        (TENSOR.replace("])])]):", "])]), 2]):"), "expected Triad, got '2'"),
        (TENSOR.replace("TriadSet([", "TriadSet([2*"), "line 4, column 19: expected Triad, got '2'"),
        (TENSOR.replace("Matrix(2, 2, [[1,0],[0,1]])", "Matrix(2, 2, {(1,3)=1})", 1), "expected row and column"),
        (TENSOR.replace("Matrix(2, 2, [[1,0],[0,1]])", "Matrix(2, 2, 1)", 1), "expected rows such as"),
        (TENSOR.replace("Matrix(2, 2, [[1,0]", "Matrix(3, 5, [[1,0]", 1), "expected 3 rows of 5 numbers"),
        (TENSOR.replace("[[1,0]", "[[A,0]", 1), "expected a number or a list, got 'A'"),
        (TENSOR.replace("[[1,0]", "[[[1],0]", 1), "expected rows of numbers"),
        (TENSOR.replace("A:=", "Tensor:=", 1), "expected TriadSet, got 'Matrix'"),
        (TENSOR.replace("A_1_2", "A_2_1", 1), "line 1, column 25: expected A_1_2, got 'A_2_1'"),
        (TENSOR.replace("map(", "print("), "expected :=, got '('"),
        (TENSOR.replace("expand,A.B-", "expand,"), "the catalogue's own test of 7 products"),
        (TENSOR + TENSOR, "A is defined twice"),
        (TENSOR + TENSOR[TENSOR.index("map(") :], "line 6, column 4: expected TriadSet above its test"),
        (TENSOR[: TENSOR.index("Tensor")], "expected a TriadSet, LRP, or MUL and ADD, got the end"),
        (TENSOR[: TENSOR.index("Tensor")] + "map(expand,A.B);", "expected TriadSet above its test"),
        (layouts.maple(standard(Size(2, 2, 3).target)).decode().replace("B:=", "D:="), "expected TriadSet"),
        (MATRICES.replace("Matrix(7, 4, ", "Matrix(7, 3, ", 1), "expected 7 rows of 3 numbers"),
        (MATRICES.replace("]:", "]", 1) + "x", "expected ;, got 'x'"),
        (MATRICES.split("\n")[1].replace("LRP", "LR"), "expected TriadSet, got '['"),
        (EQUATIONS.replace("0=0]", "1=1]"), "line 12, column 1: expected m_1="),
        (EQUATIONS.replace("m_2=", "m_1="), "each once"),
        (EQUATIONS.replace("C_1_2=", "C_1_1="), "C_1_1 is defined twice"),
        (EQUATIONS.replace("C_1_2=", "C_1_3="), "C_1_3: expected an entry of C, which is 2 x 2"),
        (EQUATIONS.replace("(A_1_1+", "(A_1_1+B_1_1+", 1), "line 5, column 1: expected m_1="),
        (EQUATIONS.replace("(A_1_1", "(A_3_1", 1), "A_3_1: expected an entry of A"),
        (EQUATIONS[EQUATIONS.index("MUL") :], "expected A, B and C with their entries"),
    ],
)
def test_what_is_not_read_is_refused(text, message, tmp_path):
    assert message in refused(text, tmp_path)


def test_a_sparse_matrix_has_zeros_where_nothing_is_written(tmp_path):
    rest = TENSOR.replace("[[1,0],[0,1]]", "{(2, 2) = 1, (1, 1) = 2/2}")
    for text, holds in ((rest, True), (rest.replace("(2, 2) = 1, ", "", 1), False)):
        (tmp_path / "file").write_text(text)
        assert [line[0] for line in check([tmp_path / "file"], None)] == [holds]


def test_an_eighth_term_counts_however_it_is_written(tmp_path):
    without_test = TENSOR[: TENSOR.index("map(")]
    for eighth in (EIGHTH, EIGHTH.replace("[[1,", "[[(1),"), EIGHTH.replace("Triad([", "Triad( [")):
        (tmp_path / "file").write_text(without_test.replace("])])]):", f"])]), {eighth}]):"))
        ((holds, line),) = check([tmp_path / "file"], None)
        assert not holds
        assert "rank 8: WRONG" in line


def test_comments_are_no_terms(tmp_path):
    (tmp_path / "file").write_text(TENSOR.replace("])])]):", f"])])# , {EIGHTH}\n(* , {EIGHTH} *)]):"))
    ((holds, line),) = check([tmp_path / "file"], None)
    assert holds
    assert "rank 7" in line
