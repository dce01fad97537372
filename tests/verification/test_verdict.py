import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract import tables
from stages.contract.candidates import Candidate, to_row
from stages.program.program import from_json, from_scheme
from stages.verification.verdict import is_verified, judge, mark_representatives
from tests.examples import halves, modulo_two, product, strassen


def thirds() -> Scheme:
    """Strassen over Q with an odd denominator."""
    u, v, w = strassen().factors
    return Scheme(Size(2, 2, 2), "Q", Factors(3 * u, v, w), denominator=3)


def row_of(scheme: Scheme, origin: str = "refinement:walk") -> dict:
    return to_row(Candidate(scheme, origin, parent="", seed=0, clock=0))


def test_facts_of_strassen():
    judged = judge(row_of(strassen()))
    assert {*judged, "representative"} == set(tables.VERIFIED.names)
    assert (judged["nonzeros"], judged["largest"], judged["rings"]) == (36, 1, "Z2 Z Q")
    assert (judged["naive_additions"], judged["additions"]) == (18, 18)  # 36 - 2 * 7 - 4
    assert judged["nontrivial"] == 5 + 5 + 5  # of u: m1, m2, m5, m6, m7; of v: all but m2, m5; of w: m1 to m5
    assert (judged["emax"], round(judged["growth"], 2), round(judged["omega"], 3)) == (12, 14.83, 2.807)
    assert from_json(judged["program"]) == from_scheme(strassen())


@pytest.mark.parametrize("scheme", [standard(Size(2, 3, 4)), halves(), modulo_two(), product(strassen(), strassen())])
def test_right_schemes_are_verified(scheme):
    assert is_verified(judge(row_of(scheme)))


@pytest.mark.parametrize(
    ("scheme", "rings"),
    [(halves(), "Q"), (modulo_two(), "Z2"), (standard(Size(2, 2, 2), "Z2"), "Z2 Z Q"), (thirds(), "Z2 Q")],
)
def test_all_rings_are_named(scheme, rings):
    assert judge(row_of(scheme))["rings"] == rings


def test_one_of_each_class_is_marked():
    def row(number: int, **facts: object) -> dict:
        return {"class": "a", "additions": 18, "growth": 15.0, "nontrivial": 9, "hash": str(number)} | facts

    def marked(*rows: dict) -> list[bool]:
        return [each["representative"] for each in mark_representatives(rows)]

    assert marked(row(1), row(2, additions=17, growth=20.0), row(3, additions=17, growth=19.0)) == [False, False, True]
    assert marked(row(1), row(2, nontrivial=8), row(3, **{"class": "b"})) == [False, True, True]
    assert marked(row(2), row(1), row(1)) == [False, True, False]  # the same scheme of two origins: one row


def test_the_first_wrong_entry_is_named():
    u, v, w = strassen().factors
    wrong = v.copy()
    wrong[3, 2] = 1  # m3 = a11 (b12 + b22) adds a11 b22 twice too often to c12 and c22
    judged = judge(row_of(Scheme(Size(2, 2, 2), "Z", Factors(u, wrong, w))))
    assert set(judged) == set(tables.REJECTED.names)
    # The first in order of (i, j, k): a11 (0), b22 (3), c12 (row 1 * 2 + 0); -1 + 1 was 0, now 1 + 1.
    assert (judged["i"], judged["j"], judged["k"], judged["expected"], judged["got"]) == (0, 3, 2, "0", "2")
    assert judged["reason"] == "not a decomposition over Z: entry (0, 3, 2): expected 0, got 2"


def test_what_holds_modulo_two_is_no_scheme_over_the_integers():
    claimed = Scheme(Size(2, 2, 2), "Z", modulo_two().factors)
    assert not is_verified(judge(row_of(claimed)))


def test_a_changed_hash_is_a_rejection():
    judged = judge(row_of(strassen()) | {"hash": "0" * 16})
    assert judged["i"] == -1
    assert judged["reason"] == f"hash: expected {strassen().hash} for these factors, got {'0' * 16}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": "2x2"}, "size: expected three numbers"),
        ({"ring": "R"}, "ring: expected one of"),
        ({"rank": 6}, "factor u: expected 4 x 6 entries, got 28"),
        ({"denominator": 2}, "denominator"),
        ({"u": [2**40] * 28}, "expected coefficients within int32"),
        ({"rank": 0, "u": [], "v": [], "w": []}, "hash: expected"),
    ],
)
def test_malformed_rows_are_rejections(change, reason):
    judged = judge(row_of(strassen()) | change)
    assert not is_verified(judged)
    assert reason in judged["reason"]


def test_large_coefficients_are_summed_without_overflow():
    # 2^31 - 1 cubed passes int64; the sum is named in full.
    large = np.full((1, 1), 2**31 - 1)
    judged = judge(row_of(Scheme(Size(1, 1, 1), "Z", Factors(large, large, large))))
    assert judged["got"] == str((2**31 - 1) ** 3)
