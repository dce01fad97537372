"""The compiled walk, over Z2 and ternary: what every move keeps, and that the words alone are its state."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import standard
from stages.algebra.targets import parse_size
from stages.refinement import flips
from stages.refinement.words import decode, decode_ternary, encode, encode_ternary, fits_ternary

POLICY = flips.policy((50, 2000), (2, 4))


def _walker(size: str, stream: int = 0, pool: int = 16) -> flips.Walker:
    return flips.begin(encode(standard(parse_size(size).target)), pool, 4, stream)


def _walk(walker: flips.Walker, moves: int, policy: flips.Policy = POLICY) -> list[int]:
    """Ranks on the way down."""
    ranks = []
    while moves:
        moves -= int(flips.advance(walker, policy, np.uint64(moves)))
        ranks.append(int(walker.registers[flips.BEST]))
    return ranks


@pytest.mark.parametrize(("size", "rank"), [("1x1x1", 1), ("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_known_ranks_are_reached_from_the_standard_algorithm(size, rank):
    ranks = _walk(walker := _walker(size), 2_000_000)
    assert ranks[-1] == rank
    assert ranks == sorted(ranks, reverse=True)
    assert check(decode(flips.terms_of(walker)[:3], parse_size(size).target)) is None


@pytest.mark.parametrize("size", ["2x2x2", "2x3x4", "4x4x4", "1x8x8", "8x8x8"])
@pytest.mark.parametrize("stream", [0, 2**63])
def test_flips_reductions_and_plus_transitions_keep_the_sum(size, stream):
    walker = _walker(size, stream)
    start = flips.terms_of(walker).copy()
    seen = {start.shape[1]}
    for _ in range(50):
        flips.advance(walker, POLICY, np.uint64(997))
        terms = flips.terms_of(walker)
        seen.add(terms.shape[1])
        assert check(decode(terms[:3], parse_size(size).target)) is None
    if size != "1x8x8":  # a product with a row is all flips: no rank below the standard one
        assert len(seen) > 2  # plus and reduction both took place


def test_pool_holds_different_schemes_of_the_best_rank():
    _walk(walker := _walker("3x3x3"), 500_000)
    members = [decode(terms[:3], parse_size("3x3x3").target) for terms in flips.pooled_terms(walker)]
    assert {member.rank for member in members} == {int(walker.registers[flips.BEST])}
    assert all(check(member) is None for member in members)
    assert len({member.hash for member in members}) > 1


def test_no_term_pair_that_shares_two_factors_is_left():
    walker = _walker("3x3x3")
    for _ in range(50):
        flips.advance(walker, POLICY, np.uint64(311))
        u, v, w, _ = flips.terms_of(walker)
        assert np.concatenate([u, v, w]).all()
        for one, other in ((u, v), (v, w), (u, w)):
            assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == u.size


def test_walk_depends_on_the_stream_alone():
    walkers = [_walker("3x3x3", stream) for stream in (5, 5, 6)]
    for walker in walkers:
        _walk(walker, 200_000)
    first, second, third = (np.concatenate([walker.words, walker.pool.ravel()]) for walker in walkers)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_copied_state_goes_on_alike():
    walker = _walker("3x3x3")
    flips.advance(walker, POLICY, np.uint64(100_000))
    copy = flips.Walker(*(array.copy() for array in walker))
    for each in (walker, copy):
        flips.advance(each, POLICY, np.uint64(100_000))
    assert all(np.array_equal(one, other) for one, other in zip(walker, copy, strict=True))


def test_every_number_of_the_policy_changes_the_walk():
    results = []
    for policy, pool in (
        (POLICY, 16),
        (flips.policy((60, 2000), (2, 4)), 16),
        (flips.policy((50, 3000), (2, 4)), 16),
        (flips.policy((50, 2000), (1, 4)), 16),
        (flips.policy((50, 2000), (2, 3)), 16),
        (POLICY, 4),
    ):
        walker = _walker("3x3x3", pool=pool)
        _walk(walker, 300_000, policy)
        results.append(walker.words.tobytes())
    assert len(set(results)) == len(results)


def _ternary_walker(size: str, stream: int = 0, pool: int = 16) -> flips.Walker:
    return flips.begin(encode_ternary(standard(parse_size(size).target)), pool, 4, stream)


@pytest.mark.parametrize(("size", "rank"), [("1x1x1", 1), ("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_ternary_walk_reaches_known_ranks_over_z(size, rank):
    walker, left = _ternary_walker(size, pool=256), 40_000_000
    while left and walker.registers[flips.BEST] > rank:
        left -= int(flips.advance_ternary(walker, POLICY, np.uint64(left)))
    flips.advance_ternary(walker, POLICY, np.uint64(100_000))  # fills the pool
    assert int(walker.registers[flips.BEST]) == rank
    for terms in flips.pooled_terms(walker):
        scheme = decode_ternary(terms, parse_size(size).target)
        assert scheme.rank == rank
        assert fits_ternary(scheme)
        assert check(scheme) is None


@pytest.mark.parametrize("size", ["2x2x2", "2x3x4", "4x4x4", "1x5x5", "5x5x5", "4x4x8"])
@pytest.mark.parametrize("stream", [0, 2**63])
def test_ternary_moves_keep_the_sum_and_the_coefficients(size, stream):
    walker = _ternary_walker(size, stream)
    seen, signs = set(), set()
    for _ in range(50):
        flips.advance_ternary(walker, POLICY, np.uint64(997))
        terms = flips.terms_of(walker)
        seen.add(terms.shape[1])
        signs |= set(terms[3].tolist())
        halves = (terms[:3] >> np.uint64(32), terms[:3] & np.uint64(0xFFFFFFFF))
        assert not (halves[0] & halves[1]).any()  # no entry is both 1 and -1
        assert (halves[0] <= halves[1]).all()  # of a factor and its negative, the lower word
        assert check(decode_ternary(terms, parse_size(size).target)) is None
    assert signs == {0, 1}
    if size != "1x5x5":
        assert len(seen) > 2  # plus and reduction both took place


def test_full_pool_of_the_ternary_walk_gets_sparser():
    walker = _ternary_walker("3x3x3", pool=8)
    while flips.advance_ternary(walker, POLICY, np.uint64(4_000_000)) < 4_000_000:
        pass
    before = np.bitwise_count(flips.pooled_terms(walker)[:, :3]).sum(axis=(1, 2))
    flips.advance_ternary(walker, POLICY, np.uint64(4_000_000))
    after = np.bitwise_count(flips.pooled_terms(walker)[:, :3]).sum(axis=(1, 2))
    assert len(before) == len(after) == 8
    assert (after <= before).all()
    assert after.sum() < before.sum()
