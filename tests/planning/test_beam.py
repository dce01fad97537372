"""The beam in spans, with known moves in place of a network's: what is solved, what is cut, what is merged."""

import numpy as np
import pytest

from stages.algebra.targets import parse_target
from stages.game.moves import play_moves, sum_moves
from stages.game.support import pack, pack_factors, unpack_factors
from stages.planning import beam as beam_lib
from stages.planning import successors as successors_lib
from tests.agents import span_agent, untrained
from tests.examples import strassen

STRASSEN = pack_factors(np.stack([matrix.T for matrix in strassen().factors], axis=1))
NETWORK = untrained(span_agent("2x2x2"))
INTEGERS = parse_target("2x2x2").tensor.astype(np.int8)
TARGET = pack(INTEGERS)


@pytest.fixture
def play(monkeypatch):
    """A beam that is offered Strassen's moves and a wrong one at each state; returns its lines and its widths."""
    widths = []

    def propose(network, residuals, rng, candidates):
        widths.append(len(residuals))
        return np.tile(np.concatenate([STRASSEN, [[1, 1, 1]]]).astype(np.uint16), (len(residuals), 1, 1))

    def assess(network, residuals, risk):
        return np.zeros(len(residuals), np.float32), np.ones(len(residuals), np.int64)

    monkeypatch.setattr(successors_lib, "propose", propose)
    monkeypatch.setattr(beam_lib, "assess", assess)

    def run(**changes):
        widths.clear()
        settings = {"width": 1000, "candidates": 8, "children": 8, "noise": 0.0, "risk": 0.5} | changes
        start, limit = settings.pop("start", TARGET), settings.pop("limit", 8)
        return beam_lib.beam(NETWORK, start, limit, np.random.default_rng(0), **settings), list(widths)

    return run


def test_strassens_moves_are_played_to_the_end(play):
    lines, widths = play()
    assert lines
    for line in lines:
        assert len(line) == 7
        residuals, costs = sum_moves(line[None], np.array([7]), False)
        np.testing.assert_array_equal(residuals[0], TARGET)
        assert costs == [7]
    # Orders of the same moves are one state: no more after k moves than choices of at most k of the eight.
    assert widths[:3] == [1, 8, 8 * 7 // 2 + 1]


def test_strassens_moves_get_signs_that_end_a_game_over_z(play):
    lines, _ = play(start=INTEGERS, width=10_000)  # states that differ in signs are many
    assert lines
    for line in lines:
        assert line.shape == (7, 3, 4)
        np.testing.assert_array_equal(np.einsum("ri,rj,rk->ijk", *np.moveaxis(line, 1, 0)), INTEGERS)


def test_what_is_even_over_z_is_given_up(play):
    term = np.einsum("i,j,k->ijk", *unpack_factors(STRASSEN[0], 4))
    assert play(start=term, limit=3)[0]
    assert play(start=3 * term, limit=3)[0] == []  # twice the term is in the way, where no vector could be chosen


def test_no_line_costs_more_than_the_limit(play):
    assert play(limit=6)[0] == []
    assert play(limit=7)[0]


def test_width_and_children_bound_what_stays(play):
    _, widths = play(width=5)
    assert max(widths) == 5
    _, widths = play(children=2)
    assert widths[:3] == [1, 2, 4]


def test_a_symmetric_move_is_an_orbit_or_a_cube():
    zero = np.zeros((1, 9, 9), np.uint16)
    (after,), (costs,) = play_moves(zero, np.array([[[1, 2, 4], [3, 3, 3]]], np.uint16), True)
    assert costs.tolist() == [3, 1]
    orbit = np.zeros((3, 3, 3), int)
    orbit[0, 1, 2] = orbit[1, 2, 0] = orbit[2, 0, 1] = 1
    np.testing.assert_array_equal(after[0], pack(orbit))
    cube = np.zeros((2, 2, 2), int) + 1
    np.testing.assert_array_equal(after[1], pack(cube))
