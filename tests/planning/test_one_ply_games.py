"""Games in spans one ply at a time: moves add up to what was played, within the limits, at what they cost."""

import numpy as np
import pytest

from stages.algebra.targets import parse_target
from stages.game.moves import sum_moves
from stages.game.support import pack
from stages.planning import one_ply_games as games_lib
from stages.planning import successors as successors_lib
from tests.agents import span_agent, untrained

GIVEN = {"candidates": 8, "noise": 0.1, "risk": 0.5}


@pytest.mark.parametrize(("known", "symmetry"), [("none", "none"), ("cyclic", "cyclic"), ("none", "cyclic")])
def test_solved_games_sum_to_their_tensors_within_their_limits(known, symmetry):
    network, is_cyclic = untrained(span_agent("2x2x2", symmetry=known)), symmetry != known
    starts = np.zeros((24, 9, 9), np.uint16)
    starts[:, 0, 0] = 1  # one term, in the cyclic game a cube
    second = {"none": [0, 1], "cyclic": [1, 1]}[symmetry]
    starts[12:, *second] = 2  # twelve of two
    limits = np.repeat([2, 4], 12)
    rng = np.random.default_rng(0)
    games = games_lib.one_ply_games(network, starts, limits, 4, rng, is_cyclic=is_cyclic, **GIVEN)
    assert games.moves.shape == (24, 4, 3)
    assert games.is_solved[:12].any()
    assert games.is_solved[12:].any()
    assert (games.costs <= limits).all()
    after, costs = sum_moves(games.moves, games.counts, symmetry == "cyclic")
    np.testing.assert_array_equal((after == starts).all(axis=(1, 2)), games.is_solved)
    np.testing.assert_array_equal(costs, games.costs)
    np.testing.assert_array_equal(games.left, after ^ starts)
    assert not games.moves[np.arange(4) >= games.counts[:, None]].any()


def test_a_network_of_ordinary_games_plays_some_cubes_in_cyclic_ones(monkeypatch):
    def proposed(network, states, rng, count):
        return np.tile(np.array([1, 2, 3], np.uint16), (len(states), count, 1))

    monkeypatch.setattr(successors_lib, "propose", proposed)
    start = pack(parse_target("2x2x2").tensor)[None]
    network, rng = untrained(span_agent("2x2x2")), np.random.default_rng(0)
    terms, after, prices, _ = successors_lib.successors(network, start, rng, 400, is_cyclic=True)
    is_cube = (terms[0] == 1).all(axis=1)
    assert (is_cube | (terms[0] == [1, 2, 3]).all(axis=1)).all()
    assert 0.15 < is_cube.mean() < 0.35
    np.testing.assert_array_equal(prices[0], np.where(is_cube, 1, 3))
    for cube, left in zip(is_cube, after[0], strict=True):
        played, _ = sum_moves(np.array([[[1, 1, 1] if cube else [1, 2, 3]]]), np.array([1]), True)
        np.testing.assert_array_equal(left, start[0] ^ played[0])


def test_over_z_a_game_ends_at_integers_that_are_zero():
    network = untrained(span_agent("1x2x2", ring="Z"))
    start = np.zeros((4, 4, 4), np.int8)
    start[:3, :3, :3] = np.pad(parse_target("1x1x2").tensor, [(0, 3 - axis) for axis in (1, 2, 2)])
    starts = np.repeat(start[None], 24, axis=0)
    games = games_lib.one_ply_games(network, starts, np.full(24, 4), 4, np.random.default_rng(0), **GIVEN)
    assert games.is_solved.any()
    sums = np.einsum("gmi,gmj,gmk->gijk", *np.moveaxis(games.moves, 2, 0))
    np.testing.assert_array_equal((sums == starts).all(axis=(1, 2, 3)), games.is_solved)


def test_the_best_of_what_fits_is_played(monkeypatch):
    """Of three successors the one with the best value less its price; none that the limit cannot hold."""
    offered = np.array([[1, 1, 1], [1, 2, 1], [2, 1, 1]], np.uint16)

    monkeypatch.setattr(
        successors_lib, "propose", lambda network, states, rng, count: np.tile(offered, (len(states), 1, 1))
    )
    monkeypatch.setattr(
        games_lib,
        "assess",
        lambda network, states, risk: (np.arange(len(states)) * 1.0, np.ones(len(states), np.int64)),
    )
    start = pack(parse_target("2x2x2").tensor)[None]
    network, rng = untrained(span_agent("2x2x2")), np.random.default_rng(0)
    settings = GIVEN | {"noise": 0.0}
    games = games_lib.one_ply_games(network, start, np.array([2]), 2, rng, **settings)
    assert games.moves[0, 0].tolist() == [2, 1, 1]
    games = games_lib.one_ply_games(network, start, np.array([1]), 2, rng, **settings)
    assert games.counts.tolist() == [0]
