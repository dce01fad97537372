"""What a program costs beside its products: additions, rounding errors, and what its recursion tends to."""

from __future__ import annotations

from math import log

import numpy as np

from stages.program.program import Program
from stages.program.sums import Sums, matrix


def additions(program: Program) -> int:
    """Block additions and subtractions of all three parts."""
    return sum(part.additions for part in (program.left, program.right, program.output))


def naive_additions(program: Program) -> int:
    """The same if nothing were shared: the non-zeros of all three matrices less one per sum."""
    return sum(int(np.count_nonzero(rows)) - len(rows) for rows in program.matrices)


def terms(sums: Sums) -> int:
    """Terms of all outputs as sums of inputs: the non-zeros of the matrix."""
    return int(np.count_nonzero(matrix(sums)))


def stored(sums: Sums) -> int:
    """Distinct outputs with more than one term: what has to be computed and stored, where an input itself need not."""
    return len({row.tobytes() for row in matrix(sums) if np.count_nonzero(row) > 1})


def emax(program: Program) -> float:
    """How many times max|A| max|B| per element of the inner block length an entry of C can reach on the way.

    The largest over C blocks k of sum_r |w_kr| * sum|u_r| * sum|v_r|, over the denominator; m for the standard
    algorithm (Ballard et al. 2016, «Improving the numerical stability of fast matrix multiplication»).
    """
    u, v, w = (np.abs(rows.astype(object)) for rows in program.matrices)
    return float(max(w @ (u.sum(axis=1) * v.sum(axis=1))) / program.denominator)


def roundings(program: Program) -> int:
    """The most roundings on the way from a block of A or B through a product to a block of C, those inside the
    product not counted: additions, and factors that are no power of two."""
    left, right, output = (_roundings(part) for part in (program.left, program.right, program.output))
    return left + right + output + (program.denominator & program.denominator - 1 != 0)


def _roundings(sums: Sums) -> int:
    depths = [0] * sums.inputs
    for combination in (*sums.temporaries, *sums.outputs):
        factors = (abs(coefficient) & abs(coefficient) - 1 != 0 for coefficient, _ in combination)
        before = max(depths[register] + factor for (_, register), factor in zip(combination, factors, strict=True))
        depths.append(before + len(combination) - 1)
    return max(depths[sums.inputs + len(sums.temporaries) :])


def growth(program: Program) -> float:
    """The growth factor in the 2-norm: sum_r |u_r| |v_r| |w_r|, over the denominator; 14.83 for Strassen's algorithm.

    Dumas, Pernet and Sedoglavic 2024, «Strassen's algorithm is not optimally accurate». Of equivalent schemes the
    lowest is the most accurate; a sandwich changes it (`annealing`).
    """
    u, v, w = (rows.astype(np.float64) for rows in program.matrices)
    norms = (np.linalg.norm(columns, axis=0) for columns in (u.T, v.T, w))
    return float(np.prod(list(norms), axis=0).sum() / program.denominator)


def omega(program: Program) -> float:
    """The exponent of the recursion, 3 log R / log nmp: below 3 where there are fewer products than naive ones.

    NaN for 1x1x1, which never gets smaller.
    """
    naive = program.size.naive_rank
    return 3 * log(program.products) / log(naive) if naive > 1 else float("nan")


def nontrivial(program: Program) -> int:
    """Columns of u, v and w with more than one non-zero entry: operands and products that some sum takes part in."""
    u, v, w = program.matrices
    return sum(int((np.count_nonzero(columns, axis=0) > 1).sum()) for columns in (u.T, v.T, w))
