"""Where the vectors of states stand: each has room for those of its largest mode, and blocks know their states."""

import numpy as np

from stages.game.layout import BLOCK, lay_out


def test_states_follow_one_another_in_blocks():
    layout = lay_out(np.array([[2, 3, 1], [7, 8, 5], [6, 6, 6]]), 8)
    assert layout.first[:3].tolist() == [0, BLOCK, 5 * BLOCK]
    assert layout.owner.tolist() == [0, 1, 1, 1, 1, 2, 7, 7]
    assert layout.place[:6].tolist() == [0, 0, 64, 128, 192, 0]
    assert layout.dims[:3].tolist() == [[2, 3, 1], [7, 8, 5], [6, 6, 6]]
    assert not layout.dims[3:].any()
