"""Windows: they are exact coordinates of the terms taken, and whatever comes back leaves every scheme exact."""

import jax
import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.rings import ranks_modulo
from stages.algebra.targets import parse_size
from stages.game.rules import rules_for
from stages.learning.positions import Terms
from stages.search.starts import change_terms, draw_bases
from stages.search.windows import (
    Population,
    Windows,
    put_back,
    select,
    standard_population,
    take_windows,
    window_tensors,
)
from tests.agents import agent
from tests.examples import strassen

RINGS = ["Z2", "Z"]
LIMITS = (2, 8)


def _player(ring):
    return agent(ring, "2x2x2", "2x2x3", "2x3x3", window="2x2x2")


def _assert_exact(population, player):
    for terms, rank, target in zip(*population, strict=True):
        size = parse_size(player.targets[target])
        assert not terms[rank:].any()
        assert not any(terms[:, mode, length:].any() for mode, length in enumerate(size.modes))
        factors = Factors(*(terms[:rank, mode, :length].T for mode, length in enumerate(size.modes)))
        assert check(Scheme(size.target, player.ring, factors)) is None


def _sums(terms, ring):
    total = np.einsum("nri,nrj,nrk->nijk", *np.moveaxis(np.asarray(terms, int), 2, 0))
    return total % 2 if ring == "Z2" else total


def _flipped(population, ring, count):
    """The population after random flips: pairs that share u, rewritten as in the flip graph."""
    rng = np.random.default_rng(0)
    terms = population.terms.copy()
    for scheme, rank in zip(terms, population.rank, strict=True):
        for _ in range(count):
            mode = rng.integers(3)
            same = (scheme[:rank, None, mode] == scheme[None, :rank, mode]).all(-1) & ~np.eye(rank, dtype=bool)
            pairs = np.argwhere(same)
            if not len(pairs):
                continue
            one, two = pairs[rng.integers(len(pairs))]
            a, b = (mode + 1) % 3, (mode + 2) % 3
            grown, shrunk = scheme[one, a] + scheme[two, a], scheme[two, b] - scheme[one, b]
            if ring == "Z2":
                grown, shrunk = grown % 2, shrunk % 2
            if np.abs([grown, shrunk]).max() <= 2 and grown.any() and shrunk.any():
                scheme[one, a], scheme[two, b] = grown, shrunk
    return population._replace(terms=terms)


def _population(ring):
    return _flipped(standard_population(_player(ring), 48), ring, count=20)


def test_the_standard_population_is_exact_and_has_more_of_larger_targets():
    for ring in RINGS:
        player = _player(ring)
        population = standard_population(player, 7)
        assert population.terms.shape == (7, 18, 3, 9)  # as 2x3x3 needs
        assert population.rank.tolist() == [8, 12, 12, 18, 18, 18, 18]  # 64, 144 and 324 of 532
        assert population.target.tolist() == [0, 1, 1, 2, 2, 2, 2]
        _assert_exact(population, player)
        _assert_exact(_population(ring), player)


@pytest.fixture(scope="module", params=RINGS)
def taken(request):
    """Windows of one population for six keys."""
    ring = request.param
    population, rules = _population(ring), rules_for(ring, "2x2x2")
    draws = [take_windows(population, jax.random.key(seed), rules, LIMITS, 4.0) for seed in range(6)]
    return ring, rules, population, [jax.tree.map(np.asarray, windows) for windows in draws]


def test_coordinates_times_bases_are_the_terms_that_were_taken(taken):
    ring, rules, population, draws = taken
    for windows in draws:
        assert windows.terms.shape == (48, 8, 3, rules.length)
        back = np.einsum("nrms,nmsl->nrml", windows.terms, windows.bases)
        back = back % 2 if ring == "Z2" else back
        for row, scheme in enumerate(population.terms):
            chosen = scheme[windows.is_taken[row]]
            given = back[row, : windows.count[row]]
            assert sorted(given.tolist()) == sorted(chosen.tolist())
            assert not windows.terms[row, windows.count[row] :].any()
            assert not windows.is_taken[row, population.rank[row] :].any()


def test_the_number_of_terms_is_one_for_all_but_where_the_spans_are_full(taken):
    ring, rules, population, draws = taken
    wanted = [int(windows.count.max()) for windows in draws]
    assert min(wanted) >= LIMITS[0]
    assert max(wanted) <= LIMITS[1]
    assert len(set(wanted)) > 2
    prime = 2 if ring == "Z2" else 32749

    def dimensions(terms):
        return ranks_modulo(np.moveaxis(np.asarray(terms, int), 1, 0), prime)

    short = 0
    for windows, most in zip(draws, wanted, strict=True):
        np.testing.assert_array_equal(windows.is_taken.sum(1), windows.count)
        for row, scheme in enumerate(population.terms):
            chosen = scheme[windows.is_taken[row]]
            held = (windows.bases[row] != 0).any(-1).sum(-1)
            np.testing.assert_array_equal(held, dimensions(chosen))
            if windows.count[row] < most and ring == "Z2":  # over Z a term may also lack a unit pivot
                short += 1
                for term in scheme[: population.rank[row]][~windows.is_taken[row, : population.rank[row]]]:
                    assert dimensions(np.concatenate([chosen, term[None]])).max() > rules.length
    assert short or ring == "Z"


def test_near_terms_are_taken_rather_than_far_ones():
    # Of the seven other terms of 2x2x2 three share a factor with the first (one for each mode), four share none.
    population = standard_population(agent("Z2", "2x2x2"), 64)
    windows = take_windows(population, jax.random.key(0), rules_for("Z2", "2x2x2"), (2, 2), 4.0)
    dims = np.asarray(windows.bases).any(-1).sum((1, 2))
    assert set(dims) <= {5, 6}
    assert (dims == 5).mean() > 0.8  # 3/7 without a preference, 1 - 4/3 exp(-4) with it


def test_the_tensor_of_a_window_is_the_sum_of_its_terms_in_the_bases(taken):
    ring, rules, population, draws = taken
    for windows in draws:
        tensors = window_tensors(windows.terms, rules)
        np.testing.assert_array_equal(tensors, _sums(windows.terms, ring))
        whole = np.einsum("nabc,nai,nbj,nck->nijk", tensors, *np.moveaxis(windows.bases, 1, 0), optimize=True)
        chosen = np.where(windows.is_taken[..., None, None], population.terms, 0)
        np.testing.assert_array_equal(whole % 2 if ring == "Z2" else whole, _sums(chosen, ring))


def test_the_way_through_a_random_basis_and_back_leaves_every_scheme_exact(taken):
    ring, rules, population, draws = taken
    player, rng = _player(ring), np.random.default_rng(5)
    for windows in draws:
        bases = draw_bases(rng, rules, np.full((48, 3), rules.length), density=0.5)
        played = change_terms(windows.terms, bases.matrices, rules)
        start = np.einsum(
            "nabc,nia,njb,nkc->nijk", window_tensors(windows.terms, rules), *np.moveaxis(bases.matrices, 1, 0)
        )
        np.testing.assert_array_equal(window_tensors(played, rules), start % 2 if ring == "Z2" else start)
        # A game that plays these terms in another order.
        order = np.argsort(np.where(played.any((2, 3)), rng.random(played.shape[:2]), 2.0), axis=1)
        played = np.take_along_axis(played, order[..., None, None], axis=1)
        canonical = change_terms(played, bases.inverses, rules)
        whole = change_terms(canonical, windows.bases.swapaxes(-1, -2), rules)
        after = put_back(population, np.arange(48), windows, Terms(whole, windows.count))
        _assert_exact(after, player)
        np.testing.assert_array_equal(after.rank, population.rank)
        assert (after.terms != population.terms).any()


def _small(ring):
    """Twice the standard algorithm of 2x2x2, and between them Strassen's with its first term in two parts."""
    player = agent(ring, "2x2x2", window="2x2x2")
    population = standard_population(player, 3)
    products = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    parts = np.concatenate([products, products[:1]])
    parts[0, 2], parts[7, 2] = (1, 0, 0, 0), (0, 0, 0, 1)  # w = (1, 0, 0, 1)
    population.terms[1] = parts % 2 if ring == "Z2" else parts
    _assert_exact(population, player)
    return player, population


def _windows(population, taken):
    """Windows of which only the places of the terms matter."""
    is_taken = np.zeros(population.terms.shape[:2], bool)
    for member, places in taken.items():
        is_taken[member, places] = True
    count = is_taken.sum(1)
    return Windows(is_taken, np.zeros((3, 8, 3, 4), int), count, np.zeros((3, 3, 4, 4), int))


@pytest.mark.parametrize("ring", RINGS)
def test_the_same_terms_in_another_order_come_back(ring):
    player, population = _small(ring)
    windows = _windows(population, {0: [1, 4, 6], 1: [0, 2, 7], 2: [3, 4, 5]})
    rewritten = np.zeros((2, 8, 3, 4), int)
    for row, member in enumerate((2, 1)):
        rewritten[row, :3] = population.terms[member, windows.is_taken[member]][::-1]
    after = put_back(population, np.array([2, 1]), windows, Terms(rewritten, np.array([3, 3])))
    _assert_exact(after, player)
    for before, now in zip(population.terms, after.terms, strict=True):
        assert sorted(before.tolist()) == sorted(now.tolist())
    np.testing.assert_array_equal(after.terms[0], population.terms[0])  # no member that was given back


@pytest.mark.parametrize("ring", RINGS)
def test_another_rewrite_and_a_shorter_one_come_back(ring):
    player, population = _small(ring)
    # Terms 0 and 1 of the standard algorithm are a11 b11 and a11 b12.
    u, v1, w1 = population.terms[0, 0].astype(int)
    same, v2, w2 = population.terms[0, 1].astype(int)
    np.testing.assert_array_equal(u, same)
    rewritten = np.zeros((2, 8, 3, 4), int)
    rewritten[0, :2] = [[u, v1 + v2, w1], [u, v2, w2 - w1]]
    products = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    rewritten[1, 0] = products[0]
    rewritten = rewritten % 2 if ring == "Z2" else rewritten
    windows = _windows(population, {0: [0, 1], 1: [0, 7]})
    before = jax.tree.map(np.copy, population)
    after = put_back(population, np.array([0, 1]), windows, Terms(rewritten, np.array([2, 1])))
    assert after.rank.tolist() == [8, 7, 8]
    _assert_exact(after, player)
    assert not (after.terms[0, :, None] == population.terms[0, None, :2]).all((2, 3)).any()
    np.testing.assert_array_equal(after.terms[2], population.terms[2])
    jax.tree.map(np.testing.assert_array_equal, population, before)  # nothing in place


@pytest.mark.parametrize("ring", RINGS)
def test_a_rewritten_term_with_a_factor_of_zeros_is_none(ring):
    # A game may play what lies outside of a span; in the canonical basis nothing of it is left.
    player, population = _small(ring)
    rewritten = np.zeros((1, 8, 3, 4), int)
    rewritten[0, 0], rewritten[0, 2] = population.terms[0, 4], population.terms[0, 6]
    rewritten[0, 1, :2] = 1
    windows = _windows(population, {0: [4, 6]})
    after = put_back(population, np.array([0]), windows, Terms(rewritten, np.array([3])))
    assert after.rank.tolist() == [8, 8, 8]
    _assert_exact(after, player)


def test_selection_copies_the_best_of_the_same_target():
    rank = np.array([7, 11, 8, 12, 7, 11, 9, 18])
    target = np.array([0, 1, 0, 1, 0, 1, 0, 2])
    marks = np.zeros((8, 18, 3, 9), np.int8)
    marks[:, 0, 0, 0] = np.arange(8)
    sources = {2: set(), 3: set(), 6: set()}
    for seed in range(20):
        after = select(Population(marks, rank, target), np.random.default_rng(seed))
        assert after.rank.tolist() == [7, 11, 7, 11, 7, 11, 7, 18]
        np.testing.assert_array_equal(after.target, target)
        source = after.terms[:, 0, 0, 0]
        assert source[[0, 1, 4, 5, 7]].tolist() == [0, 1, 4, 5, 7]  # the best stay, and where there is one alone
        for member in sources:
            sources[member].add(int(source[member]))
    assert sources == {2: {0, 4}, 3: {1, 5}, 6: {0, 4}}
    assert marks[2, 0, 0, 0] == 2  # nothing in place
