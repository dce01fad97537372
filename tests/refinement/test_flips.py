"""The compiled walk, over Z2 and ternary: what every move keeps, and that the packed factors alone are its state."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import standard
from stages.algebra.targets import parse_target
from stages.refinement import flips
from stages.refinement.packed import Z2, Ring, Ternary
from stages.refinement.places import Free

OVER_Z2 = Z2()


def _policy(
    plus_after: tuple[int, int] = (50, 2000),
    margin: tuple[int, int] = (2, 4),
    length: tuple[int, int] = (5_000, 10_000_000),
    growth: float = 1.05,
    plus_draws: int = 16,
) -> flips.Policy:
    return flips.policy(plus_after, margin, length, growth, plus_draws)


POLICY = _policy()


def _walker(size: str, stream: int = 0, pool: int = 16, ring: Ring = OVER_Z2) -> flips.Walker:
    terms = ring.encode(standard(parse_target(size)))
    return flips.begin(terms, pool, terms.shape[1] + 4, 5_000, stream)


def _advance(walker: flips.Walker, moves: int, policy: flips.Policy = POLICY, ring: Ring = OVER_Z2) -> int:
    return int(flips.advance(ring, Free(), walker, policy, np.uint64(moves)))


def _walk(walker: flips.Walker, moves: int, policy: flips.Policy = POLICY) -> list[int]:
    """Ranks on the way down."""
    ranks = []
    while moves:
        moves -= _advance(walker, moves, policy)
        ranks.append(int(walker.registers[flips.BEST]))
    return ranks


@pytest.mark.parametrize(("size", "rank"), [("1x1x1", 1), ("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_known_ranks_are_reached_from_the_standard_algorithm(size, rank):
    ranks = _walk(walker := _walker(size), 2_000_000)
    assert ranks[-1] == rank
    assert ranks == sorted(ranks, reverse=True)
    assert check(Z2().decode(flips.terms_of(walker)[:3], parse_target(size))) is None


@pytest.mark.parametrize("size", ["2x2x2", "2x3x4", "4x4x4", "1x8x8", "8x8x8"])
@pytest.mark.parametrize("stream", [0, 2**63])
def test_flips_reductions_and_plus_transitions_keep_the_sum(size, stream):
    walker = _walker(size, stream)
    start = flips.terms_of(walker).copy()
    seen = {start.shape[1]}
    for _ in range(50):
        _advance(walker, 997)
        terms = flips.terms_of(walker)
        seen.add(terms.shape[1])
        assert check(Z2().decode(terms[:3], parse_target(size))) is None
    if size != "1x8x8":  # a product with a row is all flips: no rank below the standard one
        assert len(seen) > 2  # plus and reduction both took place


def test_pool_holds_different_schemes_of_the_best_rank():
    _walk(walker := _walker("3x3x3"), 500_000)
    members = [Z2().decode(terms[:3], parse_target("3x3x3")) for terms in flips.pooled_terms(walker)]
    assert {member.rank for member in members} == {int(walker.registers[flips.BEST])}
    assert all(check(member) is None for member in members)
    assert len({member.hash for member in members}) > 1


def test_no_term_pair_that_shares_two_factors_is_left():
    walker = _walker("3x3x3")
    for _ in range(50):
        _advance(walker, 311)
        u, v, w, _ = flips.terms_of(walker)
        assert np.concatenate([u, v, w]).all()
        for one, other in ((u, v), (v, w), (u, w)):
            assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == u.size


def test_walk_depends_on_the_stream_alone():
    walkers = [_walker("3x3x3", stream) for stream in (5, 5, 6)]
    for walker in walkers:
        _walk(walker, 200_000)
    first, second, third = (np.concatenate([walker.factors, walker.pool.ravel()]) for walker in walkers)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_copied_state_goes_on_alike():
    walker = _walker("3x3x3")
    _advance(walker, 100_000)
    copy = flips.Walker(*(array.copy() for array in walker))
    for each in (walker, copy):
        _advance(each, 100_000)
    assert all(np.array_equal(one, other) for one, other in zip(walker, copy, strict=True))


def test_every_number_of_the_policy_changes_the_walk():
    results = []
    for policy, pool in (
        (POLICY, 16),
        (_policy(plus_after=(60, 2000)), 16),
        (_policy(plus_after=(50, 3000)), 16),
        (_policy(margin=(1, 4)), 16),
        (_policy(margin=(2, 3)), 16),
        (_policy(length=(4_000, 10_000_000)), 16),
        (_policy(length=(5_000, 6_000)), 16),
        (_policy(growth=1.1), 16),
        (_policy(plus_draws=1), 16),
        (POLICY, 4),
    ):
        walker = _walker("3x3x3", pool=pool)
        _walk(walker, 300_000, policy)
        results.append(walker.factors.tobytes())
    assert len(set(results)) == len(results)


@pytest.mark.parametrize(("size", "rank"), [("1x1x1", 1), ("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_ternary_walk_reaches_known_ranks_over_z(size, rank):
    walker, left = _walker(size, pool=256, ring=Ternary()), 40_000_000
    while left and walker.registers[flips.BEST] > rank:
        left -= _advance(walker, left, ring=Ternary())
    _advance(walker, 100_000, ring=Ternary())  # fills the pool
    assert int(walker.registers[flips.BEST]) == rank
    for terms in flips.pooled_terms(walker):
        scheme = Ternary().decode(terms, parse_target(size))
        assert scheme.rank == rank
        assert Ternary().fits(scheme)
        assert check(scheme) is None


@pytest.mark.parametrize("size", ["2x2x2", "2x3x4", "4x4x4", "1x5x5", "5x5x5", "4x4x8"])
@pytest.mark.parametrize("stream", [0, 2**63])
def test_ternary_moves_keep_the_sum_and_the_coefficients(size, stream):
    walker = _walker(size, stream, ring=Ternary())
    seen, signs = set(), set()
    for _ in range(50):
        _advance(walker, 997, ring=Ternary())
        terms = flips.terms_of(walker)
        seen.add(terms.shape[1])
        signs |= set(terms[3].tolist())
        halves = (terms[:3] >> np.uint64(32), terms[:3] & np.uint64(0xFFFFFFFF))
        assert not (halves[0] & halves[1]).any()  # no entry is both 1 and -1
        assert (halves[0] <= halves[1]).all()  # of a factor and its negative, the lower word
        assert check(Ternary().decode(terms, parse_target(size))) is None
    assert signs == {0, 1}
    if size != "1x5x5":
        assert len(seen) > 2  # plus and reduction both took place


def test_full_pool_of_the_ternary_walk_gets_sparser():
    walker = _walker("3x3x3", pool=8, ring=Ternary())
    while _advance(walker, 4_000_000, ring=Ternary()) < 4_000_000:
        pass
    before = np.bitwise_count(flips.pooled_terms(walker)[:, :3]).sum(axis=(1, 2))
    _advance(walker, 4_000_000, ring=Ternary())
    after = np.bitwise_count(flips.pooled_terms(walker)[:, :3]).sum(axis=(1, 2))
    assert len(before) == len(after) == 8
    assert (after <= before).all()
    assert after.sum() < before.sum()
