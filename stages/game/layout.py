"""Where the vectors of many states stand in one table: in blocks of 64, whatever their dimensions.

So a network is compiled once, and not once for each number of dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

BLOCK = 64  # vectors; a state of fewer has a block of its own


class Layout(NamedTuple):
    """As many blocks as rows for states; the states come first, and so do their blocks.

    Attributes:
      dims: of the three modes of each state; zero where there is no state.
      first: row of the table where each state's vectors begin.
      owner: the state of each block; of a block that is left over the last row, where there is no state then.
      place: the vector with which each block begins.
    """

    dims: Int32[np.ndarray, "blocks 3"]
    first: Int32[np.ndarray, " blocks"]
    owner: Int32[np.ndarray, " blocks"]
    place: Int32[np.ndarray, " blocks"]


def count_blocks(dims: np.ndarray) -> np.ndarray:
    """How many blocks each state needs: room for the vectors of its largest mode."""
    return np.maximum(1, 2 ** dims.max(axis=-1) // BLOCK)


def lay_out(dims: np.ndarray, blocks: int) -> Layout:
    """The states with these dimensions, [states, 3], one after another in so many blocks; they must fit."""
    counts = count_blocks(dims)
    ends = np.cumsum(counts)
    padded = np.zeros((blocks, 3), np.int32)
    padded[: len(dims)] = dims
    first, place = np.zeros(blocks, np.int32), np.zeros(blocks, np.int32)
    first[: len(dims)] = (ends - counts) * BLOCK
    owner = np.full(blocks, blocks - 1, np.int32)
    owner[: ends[-1]] = np.repeat(np.arange(len(dims)), counts)
    place[: ends[-1]] = np.arange(ends[-1]) * BLOCK - first[owner[: ends[-1]]]
    return Layout(padded, first, owner, place)
