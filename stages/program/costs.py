"""What a program costs beside its products: additions, and how it may amplify rounding errors."""

from __future__ import annotations

import numpy as np

from stages.program.program import Program
from stages.program.sums import matrix


def additions(program: Program) -> int:
    """Block additions and subtractions of all three parts."""
    return program.left.additions + program.right.additions + program.output.additions


def growth(program: Program) -> float:
    """How many times max|A| max|B| per element of the inner block length an entry of C can reach on the way.

    The largest over C blocks k of sum_r |w_kr| * sum|u_r| * sum|v_r|, over the denominator; m for the standard
    algorithm (the emax of Ballard et al. 2016, «Improving the numerical stability of fast matrix multiplication»).
    """
    u, v, w = (np.abs(matrix(part).astype(object)) for part in (program.left, program.right, program.output))
    return float(max(w @ (u.sum(axis=1) * v.sum(axis=1))) / program.denominator)
