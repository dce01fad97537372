import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.invariants import class_of
from stages.algebra.targets import Size
from stages.program import costs
from stages.program.annealing import ADDITIONS, GROWTH, Annealing, anneal
from stages.program.program import from_scheme
from tests.examples import halves, modulo_two, product, strassen, winograd

SHORT = Annealing(20_000, 2.0, 0.1)
OBLONG = product(strassen(), standard(Size(1, 2, 3).target))  # 2x4x6, with factors shared by many terms


@pytest.mark.parametrize(
    ("scheme", "aim"),
    [(strassen(), ADDITIONS), (OBLONG, ADDITIONS), (winograd(), GROWTH), (product(winograd(), winograd()), GROWTH)],
)
def test_what_comes_out_is_another_exact_and_ternary_scheme(scheme, aim):
    for seed in range(3):
        annealed, _ = anneal(scheme, aim, SHORT, seed)
        assert annealed.hash != scheme.hash
        assert check(annealed) is None
        assert annealed.rank == scheme.rank
        assert max(np.abs(factor).max() for factor in annealed.factors) == 1


def test_strassen_becomes_winograd():
    annealed, cost = anneal(strassen(), ADDITIONS, SHORT, 0)
    assert check(annealed) is None
    assert costs.additions(from_scheme(annealed)) == 15
    assert cost == 15 - 7 + 4  # of u, v and the transposed w: rank - np less (Tellegen's theorem)


def test_flips_leave_the_class_and_save_additions():
    before = costs.additions(from_scheme(OBLONG))
    annealed, _ = anneal(OBLONG, ADDITIONS, SHORT, 0)
    assert check(annealed) is None
    assert costs.additions(from_scheme(annealed)) < before
    assert class_of(annealed) != class_of(OBLONG)


def test_winograd_grows_as_little_as_strassen_in_another_basis():
    annealed, cost = anneal(winograd(), GROWTH, SHORT, 0)
    assert check(annealed) is None
    assert cost == pytest.approx(2 * 2**0.5 + 12)
    assert costs.growth(from_scheme(annealed)) == pytest.approx(cost)


def test_growth_is_lowered_within_the_class():
    annealed, cost = anneal(OBLONG, GROWTH, SHORT, 0)
    assert cost <= costs.growth(from_scheme(OBLONG))
    assert class_of(annealed) == class_of(OBLONG)


def test_seed_decides():
    hashes = [anneal(strassen(), ADDITIONS, SHORT, seed)[0].hash for seed in (0, 0, 1, 2, 3)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) > 1


@pytest.mark.parametrize(
    "scheme", [modulo_two(), halves(), Scheme(Size(2, 2, 2).target, "Z", halves().factors)], ids=["Z2", "Q", "twos"]
)
def test_other_schemes_are_refused(scheme):
    with pytest.raises(ValueError, match="expected coefficients -1, 0, 1 over Z"):
        anneal(scheme, ADDITIONS, SHORT, 0)
