"""Draws from distributions over vectors, compiled by Numba: JAX would draw a random number for each of them."""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled


@compiled
def draw(probabilities: np.ndarray, uniform: np.ndarray, chosen: np.ndarray) -> None:
    """Through the inverse of the cumulative distribution: [batch, candidates or 1, n], [batch, candidates]."""
    shared = probabilities.shape[1] == 1
    for row in range(uniform.shape[0]):
        for candidate in range(uniform.shape[1]):
            given = probabilities[row, 0 if shared else candidate]
            left, last = uniform[row, candidate], 0
            for place in range(1, len(given)):
                if given[place] > 0:
                    last = place
                    left -= given[place]
                    if left < 0:
                        break
            chosen[row, candidate] = last
