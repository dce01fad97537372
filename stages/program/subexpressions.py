"""Sums with common subexpressions shared: the best of several greedy eliminations (`elimination`), from either side.

Any way to compute M x gives one to compute M^T y, each sum read backwards, with the additions changed by a number that
the shape alone fixes (Tellegen's theorem). So a matrix is also tried by way of its transpose.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from stages.program.elimination import eliminate
from stages.program.sums import Combination, Sums

# The method's own schedule: (gain, loss) of the eliminations tried first, one of each kind that `elimination` names;
# after them the weights are drawn, up to the highest.
METHODS = ((0.0, 0.0), (0.3, 0.3), (0.0, 0.2))
HIGHEST_WEIGHT = 0.6
TRIES = 8  # eliminations of a matrix and of its transpose; the time grows with them
MOST_TEMPORARIES = 4000  # of one elimination, whose table of pairs is square: 200 MB
LARGE = 4000  # non-zeros; beyond, where the weighted ones take seconds each, there is one elimination, the plain one


def share(matrix: Int[np.ndarray, "outputs inputs"], tries: int = TRIES, seed: int = 0) -> Sums:
    """Sums that compute `matrix @ inputs`, with the fewest additions of `tries` eliminations from either side.

    Raises:
      SchemeError: a zero row.
    """
    forward = _best(matrix, tries, seed)
    if not matrix.any(axis=0).all():
        return forward  # an unused input: its transpose has a zero row
    return min(forward, transposed(_best(matrix.T, tries, seed)), key=lambda sums: sums.additions)


def _best(matrix: np.ndarray, tries: int, seed: int) -> Sums:
    """The sums of fewest additions of several eliminations."""
    rng = np.random.default_rng(seed)
    outputs, inputs = matrix.shape
    room = min(max(0, np.count_nonzero(matrix) - outputs) // 2, MOST_TEMPORARIES)
    fewest = None
    for each in range(1 if np.count_nonzero(matrix) > LARGE else tries):
        gain, loss = METHODS[each] if each < len(METHODS) else rng.uniform(0, HIGHEST_WEIGHT, 2)
        rows = np.zeros((outputs, inputs + room), np.int64)
        rows[:, :inputs] = matrix
        temporaries = np.zeros((room, 4), np.int64)
        made, additions = eliminate(rows, inputs, temporaries, gain, loss, rng.integers(2**63, size=1, dtype=np.uint64))
        if fewest is None or additions < fewest:
            fewest, best = additions, (rows, temporaries[:made])
    rows, temporaries = best
    combinations: list[list[tuple[int, int]]] = [[] for _ in rows]
    places = rows.nonzero()
    for coefficient, row, x in zip(rows[places].tolist(), *(axis.tolist() for axis in places), strict=True):
        combinations[row].append((coefficient, x))
    return Sums(
        inputs,
        tuple(((a, x), (b, y)) for x, a, y, b in temporaries.tolist()),
        tuple(map(tuple, combinations)),
    )


def transposed(sums: Sums) -> Sums:
    """Sums of the transposed matrix, with `len(sums.outputs) - sums.inputs` more additions (Tellegen's theorem).

    What a register went into becomes what it is the sum of. A temporary that went into one sum alone is left out.

    Raises:
      SchemeError: an input that goes into no output.
    """
    outputs, known = len(sums.outputs), sums.inputs + len(sums.temporaries)
    uses: list[list[tuple[int, int]]] = [[] for _ in range(known)]  # of each register: (coefficient, of the new one)
    for place, combination in enumerate(sums.outputs):
        for coefficient, register in combination:
            uses[register].append((coefficient, place))
    temporaries: list[Combination] = []
    for register in reversed(range(sums.inputs, known)):
        factor, new = 1, outputs + len(temporaries)
        if len(uses[register]) == 1:
            ((factor, new),) = uses[register]
        else:
            temporaries.append(tuple(uses[register]))
        for coefficient, before in sums.temporaries[register - sums.inputs]:
            uses[before].append((coefficient * factor, new))
    return Sums(outputs, tuple(temporaries), tuple(tuple(use) for use in uses[: sums.inputs]))
