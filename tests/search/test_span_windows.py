"""Windows in spans: they are their tensors whatever the terms, and all that is put back leaves every scheme exact."""

import numpy as np
import pytest

from stages.game.support import MOST_DIMENSIONS, pack_factors, unpack_factors
from stages.search.games import orbits
from stages.search.rewrites import find, learn, no_rewrites
from stages.search.span_schemes import NO_RANK, cost, energy, no_children, standard_schemes
from stages.search.span_windows import KINDS, Kind, Settings, met_windows, take, walk, write
from tests.examples import strassen
from tests.search.exactness import exact

SHARES = np.exp(-2.0 * np.arange(4))
(PLAIN,), (TURNED, ONE) = KINDS["none"], KINDS["cyclic"]


def _window(terms, is_taken, bases, dims, is_one=False):
    tensor, spans = np.empty((9, 9), np.uint16), np.empty((3, 9), np.int64)
    inside = np.empty((is_taken.sum(), 3), np.int64)
    is_inside = write(terms, is_taken, is_one, bases, dims, tensor, spans, inside)
    return tensor, spans, inside, is_inside


def _taken(terms, rank, wanted, most_dims, rng, is_one=False):
    is_taken, bases, dims = np.empty(len(terms), bool), np.zeros((3, MOST_DIMENSIONS), np.int64), np.empty(3, np.int64)
    count = take(terms, rank, is_one, wanted, most_dims, SHARES, rng, is_taken, bases, dims)
    return count, is_taken, bases, dims


def _scheme(name):
    schemes = standard_schemes((name,), 1)
    return schemes.terms[0], int(schemes.rank[0])


def _dense(words, length):
    u, v, w = np.moveaxis(unpack_factors(words, length).astype(int), 1, 0)
    return np.einsum("ri,rj,rk->ijk", u, v, w) % 2


def _restored(coordinates, spans):
    bits = coordinates[..., None] >> np.arange(MOST_DIMENSIONS) & 1  # [terms, 3, 9]
    return np.bitwise_xor.reduce(np.where(bits, spans, 0), axis=-1)


def test_taken_terms_span_what_is_allowed_and_come_back_from_their_coordinates():
    rng, (naive, rank) = np.random.default_rng(0), _scheme("5x5x5")
    # Random sums of factors, so that spans are no longer of unit vectors.
    summed = naive ^ naive[rng.permutation(rank)]
    summed = summed[summed.all(axis=1)]
    counts = set()
    for turn in range(200):
        terms = (naive, summed)[turn % 2]
        count, is_taken, bases, dims = _taken(terms, len(terms), 8, 4, rng)
        counts.add(count)
        assert is_taken.sum() == count
        assert dims.max() <= 4
        for mode in range(3):
            pivots = bases[mode, : dims[mode]] & -bases[mode, : dims[mode]]
            assert (np.diff(pivots) > 0).all()
            assert not ((bases[mode, : dims[mode], None] & pivots) != 0)[~np.eye(dims[mode], dtype=bool)].any()
        tensor, spans, inside, is_inside = _window(terms, is_taken, bases, dims)
        if is_inside:
            np.testing.assert_array_equal(_restored(inside, spans), terms[is_taken])
            unpacked = tensor[..., None] >> np.arange(9) & 1
            np.testing.assert_array_equal(_dense(inside, 9), unpacked)
    assert max(counts) == 8


def test_a_window_is_the_same_in_whatever_terms_it_is_written():
    naive, rank = _scheme("2x2x2")
    products = pack_factors(np.stack([matrix.T for matrix in strassen().factors], axis=1), np.int64)
    rng, every = np.random.default_rng(1), []
    for terms, count in ((naive, rank), (products, 7)):
        for _ in range(5):
            _, is_taken, bases, dims = _taken(terms[rng.permutation(count)], count, count, 4, rng)
            if is_taken.all():
                every.append(_window(terms, np.ones(count, bool), bases, dims)[:2])
    assert len(every) > 5
    for tensor, spans in every[1:]:
        np.testing.assert_array_equal(tensor, every[0][0])
        np.testing.assert_array_equal(spans, every[0][1])


def test_terms_outside_of_the_spans_of_their_sum_are_told():
    terms = np.array([[1, 1, 1], [2, 1, 1], [2, 1, 1]])
    _, is_taken, bases, dims = _taken(terms, 3, 3, 4, np.random.default_rng(0))
    tensor, spans, _, is_inside = _window(terms, is_taken, bases, dims)
    assert not is_inside
    assert tensor[0, 0] == 1
    assert tensor.sum() == 1
    assert spans[:, 0].tolist() == [1, 1, 1]
    assert not spans[:, 1:].any()


def _walked(schemes, rewrites, temperature, steps=400, terms=(2, 8), plays=0, some=1, kind=PLAIN):
    children, met = no_children(schemes), met_windows(schemes, terms[1], some)
    temperatures = np.full(len(schemes.rank), temperature)
    settings = Settings(kind, terms, 4, SHARES, plays)
    walk(schemes, children, rewrites, temperatures, settings, steps, np.random.default_rng(2), met)
    return children, met


@pytest.fixture(scope="module")
def strassens():
    """The rewrite of a window of 2x2x2 as Strassen's, and of two terms that share a factor as a flip."""
    products = pack_factors(np.stack([matrix.T for matrix in strassen().factors], axis=1), np.int64)
    return _learnt(products)


def _learnt(terms, price=None, is_one=False):
    """A table that knows one rewrite of the sum of all terms."""
    count = len(terms)
    is_taken, bases, dims = _taken(terms, count, count, 4, np.random.default_rng(0), is_one)[1:]
    while not is_taken.all():
        is_taken, bases, dims = _taken(terms, count, count, 4, np.random.default_rng(dims.sum()), is_one)[1:]
    tensor, _, inside, _ = _window(terms, is_taken, bases, dims, is_one)
    padded = np.zeros((1, 8, 3), np.int64)
    padded[0, :count] = inside
    return learn(no_rewrites(8), tensor[None], padded, np.array([price or count]))[0]


def test_a_shorter_rewrite_leads_to_a_child_and_the_scheme_goes_on(strassens):
    schemes = standard_schemes(("2x2x2", "2x2x4"), 3)
    before = schemes.terms.copy()
    children, met = _walked(schemes, strassens, 0.5)
    np.testing.assert_array_equal(schemes.terms, before)
    assert schemes.rank.tolist() == [8] * 3 + [16] * 3
    assert children.rank.tolist() == [7] * 3 + [15] * 3
    for name, rows in (("2x2x2", range(3)), ("2x2x4", range(3, 6))):
        for row in rows:
            assert exact(children.terms[row], children.rank[row], name)
            assert children.cost[row] == children.rank[row]
            assert children.energy[row] == energy(children.terms[row], children.rank[row], False)
    assert met.is_met.all()  # windows of which nothing is known
    for tensor, terms, count in zip(*(field[:, 0] for field in met[1:4]), strict=True):
        assert find(strassens, tensor) == -1
        np.testing.assert_array_equal(_dense(terms[:count], 9), tensor[..., None] >> np.arange(9) & 1)


def _with_flips():
    """Rewrites of two terms that share their first factor, and of what comes of those."""
    pair = np.array([[[1, 1, 1], [1, 2, 2]], [[1, 3, 1], [1, 2, 3]]])
    tensor = np.zeros((1, 9, 9), np.uint16)
    tensor[0, 0, 0], tensor[0, 0, 1] = 1, 2
    return learn(no_rewrites(2), np.repeat(tensor, 2, axis=0), pair, np.array([2, 2]))[0]


@pytest.mark.parametrize(("temperature", "moves"), [(0.01, False), (100.0, True)])
def test_rewrites_as_long_follow_the_energy(temperature, moves):
    schemes = standard_schemes(("2x2x3",), 4)
    before = energy(schemes.terms[0], 12, False)
    children, _ = _walked(schemes, _with_flips(), temperature, terms=(2, 2))
    assert (children.cost == NO_RANK).all()
    for terms, rank in zip(schemes.terms, schemes.rank, strict=True):
        assert exact(terms, rank, "2x2x3")
        assert (energy(terms, rank, False) > before) == moves


def test_terms_that_cancel_are_dropped():
    schemes = standard_schemes(("2x2x2",), 1)
    schemes = schemes._replace(
        terms=np.concatenate([schemes.terms, np.full((1, 2, 3), 5)], axis=1), rank=np.array([10])
    )
    children = _walked(schemes, no_rewrites(2), 0.5, terms=(2, 2))[0]
    assert children.rank.tolist() == [8]
    assert exact(children.terms[0], 8, "2x2x2")


def test_a_window_is_played_as_often_as_is_asked_for(strassens):
    schemes = standard_schemes(("2x2x2",), 1)
    assert not _walked(schemes, strassens, 0.5, terms=(8, 8))[1].is_met.any()
    met = _walked(schemes, strassens, 0.5, terms=(8, 8), plays=1)[1]
    assert met.count.tolist() == [[8]]
    assert (met.known.tolist(), met.plays.tolist()) == ([[7]], [[0]])
    played, _ = learn(strassens, *(field[:, 0] for field in met[1:4]), plays=1)
    assert not _walked(schemes, played, 0.5, terms=(8, 8), plays=1)[1].is_met.any()


def test_the_windows_that_one_scheme_meets_are_distinct_and_the_first_stays_the_first(strassens):
    """All windows of 2x2x2 of one term are one tensor; there are many of two."""
    one, many, first = (
        _walked(standard_schemes(("2x2x2",), 3), strassens, 0.5, terms=terms, plays=1, some=some)[1]
        for terms, some in (((1, 1), 6), ((2, 4), 6), ((2, 4), 1))
    )
    assert one.is_met.tolist() == [[True] + 5 * [False]] * 3
    assert many.is_met.all()
    for tensors in many.tensors:
        assert len(np.unique(tensors, axis=0)) == 6
    np.testing.assert_array_equal(many.tensors[:, :1], first.tensors)


def _cyclic(name, members=1):
    return standard_schemes((name,), members, "cyclic")


def test_moves_are_turned_as_they_fit_and_none_is_taken_twice():
    """The eight products of one block of 4x4x4 are of eight orbits, whose first turns do not stand alike."""
    schemes, rng = _cyclic("4x4x4"), np.random.default_rng(0)
    most, rank = 0, schemes.rank[0]
    turned = np.concatenate([np.roll(schemes.terms[0, :rank], -one, axis=1) for one in range(3)])
    for _ in range(200):
        count, is_taken, _, dims = _taken(turned, rank, 8, 4, rng)
        taken = np.flatnonzero(is_taken) % rank
        assert len(set(taken)) == len(taken) == count
        assert dims.max() <= 4
        most = max(most, count)
    assert most == 8


def test_windows_in_one_span_are_cyclic_and_come_back_from_their_coordinates():
    rng, orders = np.random.default_rng(0), set()
    for _ in range(100):
        terms = rng.integers(1, 2**6, (12, 3))
        count, is_taken, bases, dims = _taken(terms, 12, 6, 5, rng, is_one=True)
        vectors = terms[is_taken].ravel()
        span = {0}
        for vector in vectors:
            span |= {vector ^ other for other in span}
        assert (dims == np.log2(len(span))).all()
        assert (bases[0, : dims[0]] == bases[1:, : dims[0]]).all()
        tensor, spans, inside, is_inside = _window(terms, is_taken, bases, dims, is_one=True)
        unpacked = tensor[..., None] >> np.arange(9) & 1
        np.testing.assert_array_equal(unpacked, unpacked.transpose(1, 2, 0))
        if is_inside:
            np.testing.assert_array_equal(_restored(inside, spans), terms[is_taken])
            np.testing.assert_array_equal(_dense(orbits(inside[..., None])[..., 0], 9), unpacked)
        orders.add(count)
    assert {2, 3} <= orders


def _moves_of_strassen():
    """Strassen's algorithm is cyclic: one cube and two orbits."""
    products = pack_factors(np.stack([matrix.T for matrix in strassen().factors], axis=1), np.int64)
    moves = [(u, v, w) for u, v, w in products.tolist() if (u, v, w) == min((u, v, w), (v, w, u), (w, u, v))]
    assert len(moves) == 3
    return np.array(moves)


def test_a_cheaper_rewrite_of_turned_moves_saves_all_three_turns(strassens):
    schemes = _cyclic("4x4x4", 2)
    children, _ = _walked(schemes, strassens, 0.5, steps=2000, terms=(8, 8), kind=TURNED)
    assert children.cost.tolist() == [61, 61]
    for terms, rank in zip(children.terms, children.rank, strict=True):
        assert exact(terms, rank, "4x4x4", is_cyclic=True)


def test_a_window_in_one_span_is_the_same_wherever_it_lies():
    """The moves of 2x2x2, and those of each two rows and columns of 4x4x4: two cubes and two orbits."""
    table = _learnt(_moves_of_strassen(), 7, is_one=True)
    for name, lowest in (("2x2x2", 7), ("4x4x4", 63)):
        schemes = _cyclic(name, 2)
        children, _ = _walked(schemes, table, 0.5, steps=2000, terms=(4, 4), kind=ONE)
        assert children.cost.tolist() == [lowest] * 2
        assert children.rank.tolist() == [schemes.rank[0] - 1] * 2
        assert exact(children.terms[0], children.rank[0], name, is_cyclic=True)


def test_moves_that_memory_holds_in_other_turns_are_the_same():
    """Else what a scheme is would be two of its choices."""
    schemes = _cyclic("2x2x2", 8)
    table = _learnt(schemes.terms[0, :4], 8, is_one=True)
    schemes.terms[:] = np.roll(schemes.terms, 1, axis=-1)
    before = schemes.terms.copy()
    children, _ = _walked(schemes, table, 100.0, steps=20, terms=(4, 4), kind=ONE)
    np.testing.assert_array_equal(schemes.terms, before)
    assert (children.cost == NO_RANK).all()


@pytest.mark.parametrize("kind", [TURNED, ONE])
def test_a_rewrite_that_makes_a_cube_costs_one(kind):
    schemes = _cyclic("2x2x2")
    terms = schemes.terms[0]
    assert terms[0].tolist() == [1, 1, 1]
    terms[0], terms[4], schemes.rank[0] = (1, 1, 5), (1, 1, 4), 5  # sums to the cube of 1
    assert exact(terms, 5, "2x2x2", is_cyclic=True)
    one = np.zeros((1, 9, 9), np.uint16)
    one[0, 0, 0] = 1
    table, _ = learn(no_rewrites(2), one, np.array([[[1, 1, 1], [0, 0, 0]]]), np.array([1]))
    children = _walked(schemes, table, 0.5, terms=(2, 2), kind=kind)[0]
    assert (children.cost.tolist(), children.rank.tolist()) == ([8], [4])
    assert exact(children.terms[0], 4, "2x2x2", is_cyclic=True)


def test_rewrites_as_long_that_lose_a_cube_are_left_and_others_leave_the_scheme_exact():
    schemes = _cyclic("3x3x3", 4)
    before = schemes.terms.copy()
    children, _ = _walked(schemes, _with_flips(), 100.0, terms=(2, 2), kind=Kind(True, False))
    assert (schemes.terms != before).any(axis=(1, 2)).all()
    for terms, rank in zip(schemes.terms, schemes.rank, strict=True):
        assert exact(terms, rank, "3x3x3", is_cyclic=True)
        assert cost(terms, rank, True) == 27
    for row in np.flatnonzero(children.cost < NO_RANK):
        assert children.cost[row] < 27
        assert exact(children.terms[row], children.rank[row], "3x3x3", is_cyclic=True)
