"""2-reductions: they lower what flips and reductions leave as it is, and keep the sum."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.moves import reduced
from stages.algebra.rings import ranks_modulo, reduced_to
from stages.algebra.targets import parse_target
from stages.refinement.modes import mode_of, start_at
from stages.refinement.two_reduction import two_reduced
from tests.examples import modulo_two, strassen
from tests.walks import FLIPS, MODULO3, TERNARY

TARGET = parse_target("2x2x2")
PAIRS = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]


def _hidden(ring: str, third: int) -> Scheme:
    """Nine terms: the four a_i1 b_1k are put together as (a_11 + a_21)(b_11 + b_12), times what they have too much."""
    u, v, w = standard(TARGET).factors
    four = (u[[0, 2]].any(axis=0) & v[[0, 1]].any(axis=0)).astype(np.int64)
    too_much = np.array([1, 1, 0, 1])
    new = np.array([1, 0, 1, 0]), np.array([1, 1, 0, 0]), too_much
    stacked = [np.column_stack(pair) for pair in zip((u, v, w - np.outer(too_much, four)), new, strict=True)]
    factors = Factors(*(stacked[(mode + 2 - third) % 3] for mode in range(3)))
    return Scheme(TARGET, ring, Factors(*(reduced_to(matrix, ring) for matrix in factors)))


@pytest.mark.parametrize("third", range(3))
@pytest.mark.parametrize("ring", ["Z2", "Z3", "Z"])
def test_dependent_products_cost_no_term(ring, third):
    scheme = _hidden(ring, third)
    assert (scheme.rank, reduced(scheme.factors, ring).rank, check(scheme)) == (9, 9, None)
    found = two_reduced(scheme)
    assert (found.rank, found.ring, check(found)) == (8, ring, None)


@pytest.mark.parametrize("walk", [FLIPS, MODULO3, TERNARY])
def test_an_attempt_ends_with_them(walk):
    mode = mode_of(walk)
    scheme = _hidden({"modulo3": "Z3", "ternary": "Z"}.get(walk.mode, "Z2"), 2)
    assert [found.rank for found in mode.harvested(mode.begin(start_at(scheme, mode.ring), 0))] == [8]


@pytest.mark.parametrize("scheme", [strassen(), modulo_two(), standard(parse_target("3x3x3"), "Z3")])
def test_a_scheme_of_independent_products_stays(scheme):
    assert two_reduced(scheme) is scheme


@pytest.mark.parametrize("ring", ["Z2", "Z3", "Z"])
def test_random_terms_keep_their_sum_and_end_independent(ring):
    rng = np.random.default_rng(0)
    for _ in range(40):
        factors = reduced(Factors(*(rng.integers(-1, 2, (4, 14)) for _ in range(3))), ring)
        found = two_reduced(Scheme(TARGET, ring, factors))
        sums = (np.einsum("ir,jr,kr->ijk", *each) for each in (factors, found.factors))
        assert not reduced_to(np.subtract(*sums), ring).any()
        for one, other, _ in PAIRS if ring != "Z" else ():
            x, y = list(found.factors)[one], list(found.factors)[other]
            products = (x[:, None] * y).reshape(1, 16, -1)
            assert ranks_modulo(products, {"Z2": 2, "Z3": 3}[ring]) == found.rank
        assert found.rank <= factors.rank
