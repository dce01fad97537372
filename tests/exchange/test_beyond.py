"""Right schemes whose numbers do not fit into the tables: they hold, and are not kept."""

import numpy as np
import pytest

from stages.errors import SchemeError
from stages.exchange.check import check
from stages.exchange.formats.candidate import Matrix, candidate_of
from stages.exchange.importing import import_files

_TERMS = "(a11 + {0}*a12)*(b11)*(c11)\n(a12)*(b21 - {0}*b11)*(c11)\n"  # 1x2x1 for any number
_LARGE = 10**11 - 1


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (_LARGE, "factor u: expected coefficients within int32, got 0..99999999999"),
        (f"1/{_LARGE}", "denominator: expected one within int32, got 99999999999"),
    ],
)
def test_what_holds_beyond_int32_is_said_to_hold_and_is_not_imported(number, reason, tmp_path):
    path = tmp_path / "file"
    path.write_text(_TERMS.format(number))
    line = f"{path}: 1x2x1, rank 2: holds over Q; its third factor indexes C transposed; but it cannot be imported: "
    assert list(check([path], None)) == list(check([path], "Q")) == [(True, line + reason)]
    assert list(import_files([path], tmp_path)) == [(False, line + reason)]
    assert list(tmp_path.iterdir()) == [path]
    assert list(check([path], "Z2")) == [(False, f"{path}: 1x2x1, rank 2: WRONG: not over Z2: {reason}")]


def test_what_is_wrong_beyond_int32_is_said_to_be_wrong(tmp_path):
    path = tmp_path / "file"
    path.write_text(_TERMS.format(_LARGE).replace("b21 -", "b21 +"))
    ((holds, line),) = check([path], None)
    assert not holds
    assert line.endswith("1x2x1, rank 2: WRONG: not over Q: entry (1, 0, 0): expected 0, got 199999999998")


def test_small_factors_over_a_large_denominator_are_wrong(tmp_path):
    denominator = 10**19 + 1
    (tmp_path / "file").write_text(f"1/{denominator}*(a11)*(b11)*(c11)")
    ((_, line),) = check([tmp_path / "file"], None)
    assert line.endswith(f"WRONG: not over Q: entry (0, 0, 0): expected {denominator}, got 1")


def test_both_conventions_of_the_third_factor_are_tried_beyond_int32(tmp_path):
    """The standard 2x1x2 of A B, once with a number and its negative, with C not transposed."""
    terms = [f"(a{i}1)*(b1{k})*(c{i}{k})" for i in "12" for k in "12"]
    terms += [f"{sign}{_LARGE}*(a11 + a21)*(b11)*(c22)" for sign in ("", "-")]
    (tmp_path / "file").write_text("\n".join(terms))
    ((holds, line),) = check([tmp_path / "file"], None)
    assert holds
    assert "2x1x2, rank 6: holds over Q; its third factor indexes C; but it cannot be imported" in line


def test_factors_of_unlike_many_columns_are_still_refused():
    u, v, w = np.full((1, 1), 2**40), np.ones((1, 1), int), np.ones((1, 2), int)
    with pytest.raises(SchemeError, match="factors: expected as many columns in u, v and w"):
        candidate_of([Matrix(u), Matrix(v), Matrix(w)])
