"""Draws from distributions over vectors, compiled by Numba: JAX would draw a random number for each of them."""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled


@compiled
def draw(
    probabilities: np.ndarray, first: np.ndarray, sizes: np.ndarray, uniform: np.ndarray, chosen: np.ndarray
) -> None:
    """Through the inverse of the cumulative distribution.

    Args:
      probabilities: a table of distributions.
      first: [batch, candidates or 1], where in it each begins.
      sizes: [batch], how many vectors each is over; the first of them is never drawn.
      uniform: [batch, candidates] numbers in [0, 1).
      chosen: receives [batch, candidates] vectors.
    """
    for row in range(uniform.shape[0]):
        for candidate in range(uniform.shape[1]):
            start = first[row, candidate if first.shape[1] > 1 else 0]
            left, last = uniform[row, candidate], 0
            for place in range(1, sizes[row]):
                share = probabilities[start + place]
                if share > 0:
                    last = place
                    left -= share
                    if left < 0:
                        break
            chosen[row, candidate] = last
