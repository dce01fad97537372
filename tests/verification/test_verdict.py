import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract import tables
from stages.contract.candidates import Candidate, to_row
from stages.program.program import from_json, from_scheme
from stages.verification.verdict import is_verified, judge
from tests.examples import halves, modulo_two, product, strassen


def row_of(scheme: Scheme, origin: str = "refinement:walk") -> dict:
    return to_row(Candidate(scheme, origin, parent="", seed=0, clock=0))


def test_facts_of_strassen():
    judged = judge(row_of(strassen()))
    assert set(judged) == set(tables.VERIFIED.names)
    assert (judged["nonzeros"], judged["largest"], judged["additions"]) == (36, 1, 18)
    assert from_json(judged["program"]) == from_scheme(strassen())


@pytest.mark.parametrize("scheme", [standard(Size(2, 3, 4)), halves(), modulo_two(), product(strassen(), strassen())])
def test_right_schemes_are_verified(scheme):
    assert is_verified(judge(row_of(scheme)))


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
