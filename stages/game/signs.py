"""TensorGame over Z with moves that are known modulo 2: the signs of their entries (compiled by Numba).

Factors have the entries -1, 0 and 1, so modulo 2 all of a term is known but its signs. Of the terms that are equal
modulo 2 the one is played that leaves the smallest residual, by the sum of squares.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int8, Integer

from stages.compiled import compiled

_NOISE = 0.001


def play_signed(
    residuals: Int8[np.ndarray, "states s s s"],
    moves: Integer[np.ndarray, "states candidates 3"],
    rng: np.random.Generator,
) -> tuple[Int8[np.ndarray, "states candidates s s s"], Int8[np.ndarray, "states candidates 3 s"]]:
    """Each candidate of each state played with its best signs; between equally good ones chance decides.

    Args:
      moves: vectors modulo 2, as words; none of them zero.
    Returns:
      What is left, and the factors that were played.
    """
    states, candidates = moves.shape[:2]
    noise = rng.standard_normal((states, candidates, *residuals.shape[1:]), np.float32) * np.float32(_NOISE)
    factors = _best_signs(residuals[:, None] + noise, moves.astype(np.int64))
    terms = np.einsum("...i,...j,...k->...ijk", *np.moveaxis(factors, 2, 0))
    return residuals[:, None] - terms, factors


@compiled
def _best_signs(
    seen: Float32[np.ndarray, "states candidates s s s"], moves: Integer[np.ndarray, "states candidates 3"]
) -> Int8[np.ndarray, "states candidates 3 s"]:
    """The factors, of all signs, of the terms that are nearest to what is seen.

    All signs of u and v are tried, and those of w follow: with c_k, the sum of seen_ijk u_i v_j over i and j,
    |seen - u v w|^2 = |seen|^2 + |u v w|^2 - 2 sum_k w_k c_k is smallest where w_k has the sign of c_k.
    """
    states, candidates, length = seen.shape[:3]
    factors = np.zeros((states, candidates, 3, length), np.int8)
    places, counts = np.zeros((3, length), np.int64), np.zeros(3, np.int64)
    slices, sums, kept = np.zeros((length, length)), np.zeros(length), np.zeros(length)
    for state in range(states):
        for candidate in range(candidates):
            here, signed = seen[state, candidate], factors[state, candidate]
            for mode in range(3):
                counts[mode] = 0
                for place in range(length):
                    if moves[state, candidate, mode] >> place & 1:
                        places[mode, counts[mode]] = place
                        counts[mode] += 1
            most = -1.0
            # The first entries of u and v are 1: w carries the sign of the term.
            for u in range(1 << (counts[0] - 1)):
                for j in range(counts[1]):
                    for k in range(counts[2]):
                        total = 0.0
                        for i in range(counts[0]):
                            entry = here[places[0, i], places[1, j], places[2, k]]
                            total += -entry if u << 1 >> i & 1 else entry
                        slices[j, k] = total
                for v in range(1 << (counts[1] - 1)):
                    fit = 0.0
                    for k in range(counts[2]):
                        sums[k] = 0.0
                        for j in range(counts[1]):
                            sums[k] += -slices[j, k] if v << 1 >> j & 1 else slices[j, k]
                        fit += abs(sums[k])
                    if fit > most:
                        most = fit
                        for i in range(counts[0]):
                            signed[0, places[0, i]] = -1 if u << 1 >> i & 1 else 1
                        for j in range(counts[1]):
                            signed[1, places[1, j]] = -1 if v << 1 >> j & 1 else 1
                        kept[:] = sums
            for k in range(counts[2]):
                signed[2, places[2, k]] = -1 if kept[k] < 0 else 1
    return factors
