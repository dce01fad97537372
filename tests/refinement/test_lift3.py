"""Walks over Z3, and lifting from there to Z or Q."""

from pathlib import Path

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, modulo, standard
from stages.algebra.targets import Target, parse_target
from stages.contract.named_targets import read_target
from stages.contract.origin import Origin
from stages.refinement import flips
from stages.refinement.archive import WalkArchive
from stages.refinement.lift import lift
from stages.refinement.packed import Z3
from stages.refinement.places import Free
from tests import examples

POLICY = flips.policy((50, 2000), (2, 4), (5_000, 10_000_000), 1.05, 16)
SYMSYM2 = read_target(Path(__file__).parents[2] / "data/targets/symsym2.json")


def _walked(target: Target, rank: int, moves: int = 4_000_000) -> list[Scheme]:
    """The pool over Z3 when a rank is reached."""
    terms = Z3().encode(standard(target))
    walker = flips.begin(terms, 16, terms.shape[1] + 4, 5_000, 1)
    while moves and walker.registers[flips.BEST] > rank:
        moves -= int(flips.advance(Z3(), Free(), walker, POLICY, np.uint64(moves)))
    flips.advance(Z3(), Free(), walker, POLICY, np.uint64(20_000))  # fills the pool
    return [Z3().decode(terms, target) for terms in flips.pooled_terms(walker)]


@pytest.mark.parametrize("size", ["2x2x2", "2x3x4", "4x4x4", "5x5x5", "4x4x8"])
def test_moves_over_z3_keep_the_sum_and_merge_what_shares_two_factors(size):
    target, seen, signs = parse_target(size), set(), set()
    terms = Z3().encode(standard(target))
    walker = flips.begin(terms, 16, terms.shape[1] + 4, 5_000, 3)
    for _ in range(30):
        flips.advance(Z3(), Free(), walker, POLICY, np.uint64(997))
        u, v, w, negative = flips.terms_of(walker)
        seen.add(u.size)
        signs |= set(negative.tolist())
        assert check(Z3().decode(flips.terms_of(walker), target)) is None
        assert np.concatenate([u, v, w]).all()
        for one, other in ((u, v), (v, w), (u, w)):
            assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == u.size
    assert signs == {0, 1}
    assert len(seen) > 1 + (size != "2x2x2")  # plus and reduction both took place


@pytest.mark.parametrize("name", ["2x2x2", "2x2x3"])
def test_walked_schemes_of_products_lift_to_what_they_are_modulo_3(name):
    target = parse_target(name)
    lifted = [(scheme, lift(scheme)) for scheme in _walked(target, {"2x2x2": 7, "2x2x3": 11}[name])[:4]]
    for scheme, found in lifted:
        assert found is not None
        assert check(found) is None
        assert modulo(found, "Z3").hash == scheme.hash


def test_a_lift_has_a_two_below_where_integers_do_not_do():
    """Symmetric times symmetric 2x2 with five products; over Z2 and Z the walks end at six."""
    lifted = [(scheme, lift(scheme)) for scheme in _walked(SYMSYM2, 5)[:4]]
    assert {found.ring for _, found in lifted if found} == {"Q"}
    for scheme, found in lifted:
        if found:
            assert found.rank == 5
            assert found.denominator % 2 == 0
            assert check(found) is None
            assert modulo(found, "Z3").hash == scheme.hash


def _two_entries(value: int) -> tuple[Target, Scheme]:
    """e0 e0 e0 + value * e1 e1 e1, and the first of its terms over Z3."""
    target = Target("corners", (2, 2, 2), np.array([[0, 0, 0, 1], [1, 1, 1, value]]))
    return target, Scheme(target, "Z3", Factors(*3 * [np.array([[1], [0]])]))


def test_what_has_no_solution_modulo_9_does_not_lift_and_is_kept_over_z3():
    """One term is enough where 3 is 0. A small change of e0 e0 e0 never touches e1 e1 e1, so the 3 stays."""
    target, scheme = _two_entries(3)
    assert check(scheme) is None
    assert lift(scheme) is None
    archive = WalkArchive(Origin("refinement", "walk"), 0, 10, [], Z3())
    archive.offer(scheme, "", 0)
    assert [one.scheme.hash for one in archive.held.candidates()] == [scheme.hash]
    assert archive.held.best(target, "Z3") == 1
    assert archive.lowest_rank(target, "Z") == 2


def test_what_lifts_to_z_is_kept_there_too():
    archive = WalkArchive(Origin("refinement", "walk"), 0, 10, [], Z3())
    archive.offer(modulo(examples.strassen(), "Z3"), "", 0)
    assert {one.scheme.ring for one in archive.held.candidates()} == {"Z3", "Z"}
    assert all(check(one.scheme) is None for one in archive.held.candidates())


def test_halves_have_residues_modulo_3():
    scheme = modulo(examples.halves(), "Z3")
    assert check(scheme) is None
    with pytest.raises(ValueError, match="not invertible"):
        modulo(examples.halves(), "Z2")
