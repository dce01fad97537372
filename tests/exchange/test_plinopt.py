"""PLinOpt: L, R and P are one scheme, as sparse matrices or as programs; written are both, and read again."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract.named_targets import read_target
from stages.errors import SchemeError
from stages.exchange.findings import C, Wanted, find
from stages.exchange.formats import files, plinopt
from tests import examples
from tests.exchange.samples import FILES

ROOT = Path(__file__).parents[2]
NAME = "2x2x2_7_Winograd"
SCHEMES = [
    examples.strassen(),
    examples.modulo_two(),
    examples.halves(),
    standard(Size(2, 3, 4).target),
    standard(read_target(ROOT / "data/targets/skew4.json")),
]


def put(folder: Path, scheme: Scheme, kind: str, name: str = "it") -> Path:
    for part, data in files.write(kind, scheme).items():
        (folder / f"{name}{part}").write_bytes(data)
    return folder / f"{name}_R.{kind}"


@pytest.mark.parametrize("letter", "LRP")
@pytest.mark.parametrize("kind", ["sms", "slp"])
def test_each_of_the_three_stands_for_all(letter, kind):
    (candidate,) = files.read(FILES / "plinopt" / f"{NAME}_{letter}.{kind}")
    found = find(candidate)
    assert (candidate.label, found.target.name, candidate.factors.rank) == ("L, R and P together", "2x2x2", 7)
    assert (found.rings, found.convention) == (("Z2", "Z3", "Z", "Q"), C)


@pytest.mark.parametrize("kind", ["sms", "slp"])
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: f"{scheme.target.name} {scheme.ring}")
def test_what_is_written_is_read(kind, scheme, tmp_path):
    (candidate,) = files.read(put(tmp_path, scheme, kind))
    found = find(candidate, Wanted([] if scheme.target.lengths else [scheme.target]))
    assert scheme.ring in found.rings
    assert found.target == scheme.target
    turned = Scheme(scheme.target, scheme.ring, Factors(*map(np.asfortranarray, scheme.factors)), scheme.denominator)
    assert files.write(kind, turned) == files.write(kind, scheme)


def test_the_letter_may_stand_first_and_kinds_may_be_mixed(tmp_path):
    for letter, kind in (("L", "sms"), ("R", "slp"), ("P", "sms")):
        shutil.copyfile(FILES / "plinopt" / f"{NAME}_{letter}.{kind}", tmp_path / f"{letter}_{NAME}.{kind}")
    (candidate,) = files.read(tmp_path / f"L_{NAME}.sms")
    assert find(candidate).rings == ("Z2", "Z3", "Z", "Q")


def test_a_program_may_divide_and_name_a_variable_anew(tmp_path):
    put(tmp_path, examples.strassen(), "sms")
    forms = ["(i1+i3)/2", "t1*2", "-(-i0-i3)", "(i2+i3)*1", "i0", "i3", "(6*i0+6*i1)/6", "i2-i0", "i1-i3"]
    # Strassen's left sums, the first two lines only to be written over; o0 = a11 + a22.
    lines = [f"t1:={forms[0]};", f"t1:={forms[1]};"]
    lines += [f"o{index}:={form};" for index, form in enumerate(forms[2:])]
    (tmp_path / "it_L.sms").unlink()
    (tmp_path / "it_L.slp").write_text("\n".join(lines))
    (candidate,) = files.read(tmp_path / "it_P.sms")
    assert find(candidate).rings == ("Z2", "Z3", "Z", "Q")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("7 4 R", "7 3 R", "expected each entry of 7 x 3 at most once"),
        ("7 4 R", "6 4 R", "expected each entry of 6 x 4 at most once"),
        ("7 4 R", "9 4 R", "expected as many rows of L and of R as columns of P, got 9, 7 and 7"),
        ("7 4 R", "99999999 99999999 R", "coefficients, more than"),
        ("0 0 0", "", "expected row, column and number, got the end"),
        ("0 0 0", "0 0 0\n1 1 1", "line 15, column 1: expected the end after 0 0 0, got '1'"),
        ("\n1 1 1\n", "\n1 1 1\n1 1 1\n", "line 3, column 1: expected each entry of 7 x 4 at most once"),
        ("\n1 1 1\n", "\n1 1 x\n", "expected a number"),
        ("\n1 1 1\n", "\n1 1 1 1\n", "got '1'"),
        ("\n1 1 1\n", "\n1 1 1/0\n", "zero"),
    ],
)
def test_a_matrix_that_is_wrong_is_one_line(old, new, message, tmp_path):
    put(tmp_path, examples.strassen(), "sms")
    text = (tmp_path / "it_L.sms").read_text()
    assert old in text
    (tmp_path / "it_L.sms").write_text(text.replace(old, new, 1))
    for part in "LP":
        with pytest.raises(SchemeError, match=r"^[^\n]*$") as caught:
            list(files.read(tmp_path / f"it_{part}.sms"))
        assert message in str(caught.value)
        assert str(caught.value).startswith("it_L.sms: ") == (part == "P" and "together" not in str(caught.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("o0:=i0+t1;", "'t1' is not defined"),
        ("o0:=i0*i1;", "o0: expected a sum of variables"),
        ("o0:=i0+1;", "expected a sum of entries"),
        ("o0:=3;", "o0: expected a sum of variables"),
        ("o0:=i0; o2:=i1;", "expected outputs o0 to o1, o1 is not defined"),
        ("o0:=i0;\ni1:=i0;", "line 2, column 1: expected an assignment"),
        ("o0:=i0 i1;", "expected the end of the line, got 'i1'"),
        ("o0:=i9999999;", "'i9999999' is not defined"),
        ("o0:=i999999;" + "\n".join(f"o{index}:=i0;" for index in range(1, 99)), "coefficients, more than"),
    ],
)
def test_a_program_that_is_wrong_is_one_line(text, message, tmp_path):
    put(tmp_path, examples.strassen(), "slp")
    (tmp_path / "it_R.slp").write_text(text)
    with pytest.raises(SchemeError) as caught:
        list(files.read(tmp_path / "it_R.slp"))
    assert message in str(caught.value)


def test_every_product_has_a_column_of_p(tmp_path):
    """An eighth row in L and R alone is no product that P leaves out."""
    put(tmp_path, examples.strassen(), "sms")
    for letter in "LR":
        path = tmp_path / f"it_{letter}.sms"
        path.write_text(path.read_text().replace("7 4 R", "8 4 R").replace("0 0 0", "8 1 1\n0 0 0"))
    with pytest.raises(SchemeError, match="as many rows of L and of R as columns of P, got 8, 8 and 7"):
        list(files.read(tmp_path / "it_P.sms"))


def test_a_part_without_the_others_says_so(tmp_path):
    path = put(tmp_path, examples.strassen(), "sms")
    (tmp_path / "it_P.sms").unlink()
    with pytest.raises(SchemeError, match=r"expected L, R and P together, and there is no it_P\.sms beside it"):
        list(files.read(path))
    path = path.rename(tmp_path / "matrix")
    with pytest.raises(SchemeError, match=r"three files together, NAME_L\.sms, NAME_R\.sms and NAME_P\.sms"):
        list(files.read(path))


def test_programs_have_fewer_additions_than_matrices():
    scheme = standard(Size(1, 1, 1).target)
    assert plinopt.write_programs(scheme)["_L.slp"] == b"o0:=i0;\n"
    (winograd,) = files.read(FILES / "plinopt" / f"{NAME}_L.sms")
    held = Scheme(Size(2, 2, 2).target, "Z", find(winograd).factors)
    additions = [len(re.findall(rb"(?<=[0-9])[-+]", text)) for text in plinopt.write_programs(held).values()]
    assert additions == [4, 4, 7]  # Winograd's 15
