"""Lifting from Z2 to Z or Q. Schemes come from the walk."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import parse_size
from stages.refinement import jacobian
from stages.refinement import lift as lift_lib
from stages.refinement.lift import lift
from tests.linear import is_sum, slopes
from tests.walks import walked


@pytest.mark.parametrize(("name", "rank"), [("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_walked_schemes_lift_to_z(name, rank):
    schemes = walked(name, 1_000_000)
    lifted = [(scheme, lift(scheme)) for scheme in schemes]
    assert any(over_z is not None for _, over_z in lifted)
    for scheme, over_z in lifted:
        if over_z is None:
            continue
        assert (over_z.ring, over_z.rank) == ("Z", rank)
        assert check(over_z) is None
        for odd, matrix in zip(scheme.factors, over_z.factors, strict=True):
            assert np.array_equal(odd, matrix % 2)


def test_lift_needs_signs():
    """Strassen's scheme holds over Z only with minus signs: the walk's 0/1 factors do not."""
    scheme = walked("2x2x2", 100_000)[0]
    assert scheme.rank == 7
    assert check(Scheme(scheme.target, "Z", scheme.factors)) is not None
    over_z = lift(scheme)
    assert over_z is not None
    assert min(int(matrix.min()) for matrix in over_z.factors) < 0


def test_standard_algorithm_is_its_own_lift():
    scheme = standard(parse_size("2x3x4").target, "Z2")
    over_z = lift(scheme)
    assert over_z is not None
    assert over_z.hash == standard(parse_size("2x3x4").target).hash


def test_terms_that_vanish_are_left_out():
    scheme = walked("2x2x2", 100_000)[0]
    padded = Factors(*(np.insert(matrix, 3, 2 - (mode > 0), axis=1) for mode, matrix in enumerate(scheme.factors)))
    over_z = lift(Scheme(scheme.target, "Z2", padded))
    assert over_z is not None
    assert over_z.rank == 7
    assert check(over_z) is None


def test_longest_mode_need_not_be_the_first():
    for name in ("2x2x3", "2x3x3", "2x3x4"):
        modes = parse_size(name).modes
        for scheme in walked(name, 300_000):
            over_z = lift(scheme)
            assert over_z is None or check(over_z) is None
        assert over_z is not None
        assert max(modes) != modes[0]


def test_lift_depends_on_the_scheme_alone():
    schemes = walked("3x3x4", 6_000_000, 1)
    once = [lift(scheme) for scheme in schemes]
    again = [lift(scheme) for scheme in reversed(schemes)][::-1]
    for first, second in zip(once, again, strict=True):
        assert (first is None) == (second is None)
        if first is not None:
            for one, other in zip(first.factors, second.factors, strict=True):
                assert np.array_equal(one, other)


def test_without_a_sketch_all_is_the_same(monkeypatch):
    """A sketch that loses an equation is noticed, and every equation then taken."""
    schemes = walked("3x3x3", 300_000, 1)[:3]
    sketched = [lift(scheme) for scheme in schemes]
    calls = []
    linearise, annihilates = jacobian.linearise, jacobian.annihilates
    monkeypatch.setattr(jacobian, "linearise", lambda *args: calls.append(args[-1]) or linearise(*args))
    monkeypatch.setattr(jacobian, "annihilates", lambda *args: not calls[-1] and annihilates(*args))
    assert [lift(scheme).hash for scheme in schemes] == [scheme.hash for scheme in sketched]
    assert calls == [True, False] * 3


@pytest.mark.parametrize("place", [0, 40, 300])
def test_a_wrong_solution_never_passes(monkeypatch, place):
    """One entry of every solution flipped: lift says None or something right."""
    schemes = walked("3x3x3", 300_000, 1)[:3]
    solve = jacobian.solve

    def wrong(*args):
        is_solved, change = solve(*args)
        change.ravel()[place] ^= 1
        return is_solved, change

    monkeypatch.setattr(jacobian, "solve", wrong)
    for scheme in schemes:
        lifted = lift(scheme)
        assert lifted is None or check(lifted) is None


def _largest(scheme: Scheme) -> int:
    return max(int(np.abs(matrix).max()) for matrix in scheme.factors)


def test_coefficients_are_as_small_as_modulo_4_allows(monkeypatch):
    """-1, 0 and 1 if J x = defect has a solution x that is zero where the factors are; else 2. Then no order is tried
    in vain."""
    orders = []
    lift_in_order = lift_lib._lift_in_order
    monkeypatch.setattr(lift_lib, "_lift_in_order", lambda *args: orders.append(1) or lift_in_order(*args))
    found = []
    for stream in (0, 1):
        for scheme in walked("3x3x3", 300_000, stream):
            over_z = lift(scheme)
            matrix, defect = _linearised(scheme)
            ones = matrix[np.concatenate([factor.ravel() for factor in scheme.factors]) == 1]
            is_ternary = is_sum(defect, ones)
            assert _largest(over_z) == (1 if is_ternary else 2)
            found.append(is_ternary)
    assert set(found) == {False, True}
    assert len(orders) == len(found)


def test_further_orders(monkeypatch):
    """Of these schemes one lifts in the first order to Q alone, one only in a later order, one to larger numbers."""
    schemes = walked("3x3x4", 6_000_000, 1)
    best = [lift(scheme) for scheme in schemes]
    monkeypatch.setattr(lift_lib, "ORDERS", 0)
    first = [lift(scheme) for scheme in schemes]
    pairs = [(one, other) for one, other in zip(first, best, strict=True) if other is not None]
    assert all(scheme.ring == "Z" and check(scheme) is None for _, scheme in pairs)
    assert any(one is None for one, _ in pairs)
    assert any(one is not None and one.ring == "Z" and _largest(one) > _largest(other) for one, other in pairs)
    over_q = [(scheme, one) for scheme, one in zip(schemes, first, strict=True) if one is not None and one.ring == "Q"]
    assert over_q
    for scheme, one in over_q:
        assert check(one) is None
        assert one.denominator % 2 == 1
        assert one.denominator > 1
        for odd, matrix in zip(scheme.factors, one.factors, strict=True):
            assert np.array_equal(odd, matrix % 2)


def test_fractions_are_checked_exactly(monkeypatch):
    scheme = walked("3x3x4", 6_000_000, 1)
    monkeypatch.setattr(lift_lib, "ORDERS", 0)
    scheme = next(each for each in scheme if (lifted := lift(each)) is not None and lifted.ring == "Q")
    rational_factors = lift_lib.rational_factors

    def wrong(*args):
        (u, v, w), denominator = rational_factors(*args)
        return (u, v, w), denominator + 2

    monkeypatch.setattr(lift_lib, "rational_factors", wrong)
    assert lift(scheme) is None


def test_scheme_without_a_solution_modulo_4_is_refused(monkeypatch):
    """A walk to rank 29 of 3x3x4 ends in schemes of Z2 alone; the ranks of J and of (J, defect) prove it."""
    schemes = walked("3x3x4", 6_000_000, 3)
    # Nothing is tried after the first step.
    monkeypatch.setattr(jacobian, "kernel", lambda *_: pytest.fail("went on"))
    scheme = next(each for each in schemes if lift(each) is None)
    assert check(scheme) is None
    matrix, defect = _linearised(scheme)
    assert not is_sum(defect, matrix)


def _linearised(scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    """The Jacobian modulo 2 [unknowns, equations], and the defect / 2. A step x leads to a solution modulo 4 exactly if
    J x = defect / 2 modulo 2."""
    defect = scheme.target.tensor - np.einsum("ir,jr,kr->ijk", *scheme.factors)
    return slopes(*scheme.factors), defect.ravel() // 2 % 2
