"""Learning in spans: a batch fills its blocks, or is refused; positions of games that were played."""

import numpy as np
import pytest

from stages.game.moves import sum_moves
from stages.game.support import pack
from stages.learning.spans import Positions, positions_of_games, see


def test_positions_that_leave_blocks_over_are_refused():
    large, small = np.zeros((2, 7, 7, 7), int)
    large[np.arange(7), np.arange(7), np.arange(7)] = small[0, 0, 0] = 1  # 128 vectors of a mode, and two

    def seen(*tensors):
        actions, values = np.ones((len(tensors), 3), np.uint16), np.full(len(tensors), -1.0, np.float32)
        return see(Positions(pack(np.stack(tensors)), actions, values), False, 3)

    layout = seen(large, small).layout
    assert layout.owner.tolist() == [0, 0, 1]
    rows = layout.first[layout.owner] + layout.place  # of the table, where blocks begin: each once
    assert sorted(rows) == [0, 64, 128]
    for tensors, filled in (((large,), 2), ((small, small), 2), ((large, large), 4)):
        with pytest.raises(ValueError, match=f"fill 3 blocks, got {filled}"):
            seen(*tensors)


def test_positions_of_a_game_have_its_moves_and_what_it_cost_from_there_on():
    solved = np.array([[1, 1, 1], [1, 2, 4], [2, 2, 2]])  # a cube, an orbit, a cube
    failed = np.array([[1, 1, 1], [1, 2, 4], [0, 0, 0]])
    moves, counts = np.stack([solved, failed]), np.array([3, 2])
    start = sum_moves(moves, np.array([3, 3]), True)[0][:1].repeat(2, axis=0)
    game, made = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2])
    found = positions_of_games(start[game], moves[game], made, counts[game], np.array([0, 7])[game], True)
    assert found.values.tolist() == [-5, -4, -1, -11, -10, -7]  # what a failed game left counts as 7
    np.testing.assert_array_equal(found.residuals[0], start[0])
    np.testing.assert_array_equal(found.residuals[[2, 5]], np.repeat(pack(one_cell(1))[None], 2, axis=0))
    assert found.actions[:3].tolist() == solved.tolist()
    # Moves of a failed game are no example.
    seen = see(Positions(*(np.repeat(field[[0, 3]], 32, axis=0) for field in found)), True, 64)
    assert seen.is_inside.tolist() == [True] * 32 + [False] * 32


def one_cell(place):
    tensor = np.zeros((3, 3, 3), int)
    tensor[place, place, place] = 1
    return tensor
