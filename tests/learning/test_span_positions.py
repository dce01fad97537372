"""Learning in spans: a batch fills its blocks, or is refused."""

import numpy as np
import pytest

from stages.game.support import pack
from stages.learning.spans import Positions, see


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
