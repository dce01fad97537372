from dataclasses import replace

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract.rows.schemes import RejectedRow, VerifiedRow
from stages.program.program import from_json, from_scheme
from stages.verification.verdict import judge, mark_representatives
from tests.examples import halves, modulo_two, product, strassen
from tests.rows import candidate_row, verified_row

EMPTY = np.zeros(0, np.int32)
LONG = standard(Size(2, 3, 4).target)


def modulo_three() -> Scheme:
    """Strassen's with 3 added to each coefficient of a factor."""
    u, v, w = strassen().factors
    return Scheme(Size(2, 2, 2).target, "Z3", Factors(u + 3, v, w))


def thirds() -> Scheme:
    """Strassen over Q with an odd denominator."""
    u, v, w = strassen().factors
    return Scheme(Size(2, 2, 2).target, "Q", Factors(3 * u, v, w), denominator=3)


def test_facts_of_strassen():
    judged = judge(candidate_row(strassen()))
    assert isinstance(judged, VerifiedRow)
    assert (judged.nonzeros, judged.largest, judged.rings) == (36, 1, "Z2 Z3 Z Q")
    assert (judged.naive_additions, judged.additions, judged.additions_bound) == (18, 18, 18)  # 36 - 2 * 7 - 4
    assert judged.nontrivial == 5 + 5 + 5  # of u: m1, m2, m5, m6, m7; of v: all but m2, m5; of w: m1 to m5
    assert (judged.emax, round(judged.growth, 2), round(judged.omega, 3)) == (12, 14.83, 2.807)
    assert from_json(judged.program) == from_scheme(strassen())


@pytest.mark.parametrize("scheme", [LONG, halves(), modulo_two(), product(strassen(), strassen())])
def test_right_schemes_are_verified(scheme):
    assert isinstance(judge(candidate_row(scheme)), VerifiedRow)


@pytest.mark.parametrize(
    ("scheme", "rings"),
    [
        (halves(), "Z3 Q"),
        (modulo_three(), "Z3"),
        (modulo_two(), "Z2"),
        (standard(Size(2, 2, 2).target, "Z2"), "Z2 Z3 Z Q"),
        (thirds(), "Z2 Q"),
    ],
)
def test_all_rings_are_named(scheme, rings):
    assert judge(candidate_row(scheme)).rings == rings


def test_one_of_each_class_is_marked():
    def row(number: int, **facts: object) -> VerifiedRow:
        made = verified_row(strassen(), **({"equivalence_class": "a", "growth": 15.0, "nontrivial": 9} | facts))
        return replace(made, hash=str(number), representative=False)

    def marked(*rows: VerifiedRow) -> list[bool]:
        return [each.representative for each in mark_representatives(rows)]

    assert marked(row(1), row(2, additions=0, growth=20.0), row(3, additions=0, growth=19.0)) == [False, False, True]
    assert marked(row(1), row(2, nontrivial=8), row(3, equivalence_class="b")) == [False, True, True]
    assert marked(row(2), row(1), row(1)) == [False, True, False]  # the same scheme of two origins: one row


def test_the_first_wrong_entry_is_named():
    u, v, w = strassen().factors
    wrong = v.copy()
    wrong[3, 2] = 1  # m3 = a11 (b12 + b22) adds a11 b22 twice too often to c12 and c22
    judged = judge(candidate_row(Scheme(Size(2, 2, 2).target, "Z", Factors(u, wrong, w))))
    assert isinstance(judged, RejectedRow)
    # The first in order of (i, j, k): a11 (0), b22 (3), c12 (row 1 * 2 + 0); -1 + 1 was 0, now 1 + 1.
    assert (judged.i, judged.j, judged.k, judged.expected, judged.got) == (0, 3, 2, "0", "2")
    assert judged.reason == "not a decomposition over Z: entry (0, 3, 2): expected 0, got 2"


def test_what_holds_modulo_two_is_no_scheme_over_the_integers():
    claimed = Scheme(Size(2, 2, 2).target, "Z", modulo_two().factors)
    assert isinstance(judge(candidate_row(claimed)), RejectedRow)


def test_a_changed_hash_is_a_rejection():
    judged = judge(replace(candidate_row(strassen()), hash="0" * 16))
    assert judged.i == -1
    assert judged.reason == f"hash: expected {strassen().hash} for these factors, got {'0' * 16}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"target": "2x2"}, "size: expected three numbers"),
        ({"ring": "R"}, "ring: expected one of"),
        ({"rank": 6}, "factor u: expected 4 x 6 entries, got 28"),
        ({"denominator": 2}, "denominator"),
        ({"u": np.full(28, 2**40)}, "expected coefficients within int32"),
        ({"rank": 0, "u": EMPTY, "v": EMPTY, "w": EMPTY}, "hash: expected"),
    ],
)
def test_malformed_rows_are_rejections(change, reason):
    judged = judge(replace(candidate_row(strassen()), **change))
    assert isinstance(judged, RejectedRow)
    assert reason in judged.reason


def test_large_coefficients_are_summed_without_overflow():
    # 2^31 - 1 cubed passes int64; the sum is named in full.
    large = np.full((1, 1), 2**31 - 1)
    judged = judge(candidate_row(Scheme(Size(1, 1, 1).target, "Z", Factors(large, large, large))))
    assert judged.got == str((2**31 - 1) ** 3)
