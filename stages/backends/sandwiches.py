"""An equivalent scheme with few non-zeros and small coefficients: simulated annealing by sandwiches alone.

A sandwich by an elementary matrix adds a row or column of blocks to another, in both factors that have that axis
(de Groote 1978). Coefficients of any size are allowed on the way, so that it takes schemes that `program.annealing`,
which keeps to -1, 0 and 1, does not; what it gives mostly is one that annealing takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import as_matrices, from_matrices

STEPS = 3000
_HOT, _COLD = 6.0, 0.3  # temperatures at the first and at the last step, in non-zeros


def sparse(scheme: Scheme) -> Scheme:
    """The best equivalent scheme met on the way; equal schemes give equal ones."""
    rng = np.random.default_rng(0)
    matrices = [matrix.astype(np.int64) for matrix in as_matrices(scheme)]
    now = lowest = _weight(matrices)
    best = [matrix.copy() for matrix in matrices]
    for step in range(STEPS):
        axis, sign = rng.integers(3), rng.choice([-1, 1])
        if scheme.size[axis] == 1:
            continue
        to, other = rng.choice(scheme.size[axis], 2, replace=False)
        rows, cols = matrices[axis], matrices[axis - 1]  # the factors that have the axis first, and second
        before = rows[to].copy(), cols[:, other].copy()
        rows[to] += sign * rows[other]
        cols[:, other] -= sign * cols[:, to]
        after = _weight(matrices)
        temperature = _HOT * (_COLD / _HOT) ** (step / STEPS)
        if after > now and rng.random() >= math.exp((now - after) / temperature):
            rows[to], cols[:, other] = before
            continue
        now = after
        if now < lowest:
            lowest, best = now, [matrix.copy() for matrix in matrices]
    u, v, w = best
    return Scheme(scheme.target, scheme.ring, from_matrices((u, v, w)), scheme.denominator)


def _weight(matrices: Sequence[np.ndarray]) -> int:
    """The sum of absolute values, and two more for each above 1, which would need a multiplication."""
    sizes = [np.abs(matrix) for matrix in matrices]
    return sum(int(size.sum()) + 2 * int((size > 1).sum()) for size in sizes)
