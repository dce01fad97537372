"""Hensel lifting of a scheme from Z2 to Z (Kauers and Moosbauer 2022, section on lifting).

Factors that solve the Brent equations modulo M = 2^k are corrected by M x, x in {0, 1}: to first order the defect
changes by M J x, with J the Jacobian modulo 2, the same at every step. After each step the coefficients are taken in
(-M, M] and tested exactly over Z.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, UInt64

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import matmul_target
from stages.refinement import elimination

LAST_POWER = 16  # modulo 2^16 the defect still fits int64: R * 2^(3 * 15) < 2^63 up to R = 2^18
ORDERS = 10  # further orders of the variables tried


def lift(scheme: Scheme) -> Scheme | None:
    """The scheme over Z that reduces to `scheme` modulo 2, or None if none was found.

    A scheme that has no solution modulo 4 has none at all: that step depends on no choice.
    """
    factors = Factors(*(matrix % 2 for matrix in scheme.factors))
    lifted = Scheme(scheme.size, "Z", factors)
    if check(lifted) is None:
        return lifted
    columns = _jacobian(factors)
    values = np.concatenate([matrix.ravel() for matrix in factors])
    # A function of the scheme alone: the same scheme lifts alike wherever it turns up.
    rng = np.random.default_rng(int(scheme.hash, 16))
    for attempt in range(1 + ORDERS):
        order = rng.permutation(values.size) if attempt else np.arange(values.size)
        # Variables that are 1 come first, so that zeros stay zero where they can.
        order = order[np.argsort(1 - values[order], kind="stable")]
        lifted, power = _lift_in_order(lifted, columns, order)
        if power == 1:
            return None
        if check(lifted) is None:
            return lifted
        lifted = Scheme(scheme.size, "Z", factors)
    return None


def _lift_in_order(
    scheme: Scheme, columns: UInt64[np.ndarray, "variables words"], order: Int[np.ndarray, " variables"]
) -> tuple[Scheme, int]:
    """One elimination, then one solve per power of 2, up to a solution over Z or a step without one.

    Returns the last scheme and the power of 2 modulo which it solves the equations.
    """
    target = matmul_target(scheme.size).astype(np.int64)
    echelon = elimination.eliminate(columns[order])
    for power in range(1, LAST_POWER):
        modulus = 2**power
        defect = (target - np.einsum("ir,jr,kr->ijk", *scheme.factors, optimize=True)) // modulus
        is_solved, packed = elimination.solve(elimination.pack(defect.ravel() % 2), *echelon)
        if not is_solved:
            return scheme, power
        step = np.zeros(order.size, np.int64)
        step[order] = np.unpackbits(packed.astype("<u8").view(np.uint8), bitorder="little")[: order.size]
        scheme = Scheme(scheme.size, "Z", _centred(scheme.factors, step, modulus))
        if check(scheme) is None:
            break
    return scheme, power + 1


def _centred(factors: Factors, step: Int[np.ndarray, " variables"], modulus: int) -> Factors:
    """Factors + modulus * step, residues modulo 2 * modulus in (-modulus, modulus]."""
    parts = np.split(step, np.cumsum([matrix.size for matrix in factors])[:-1])
    moved = [matrix + modulus * part.reshape(matrix.shape) for matrix, part in zip(factors, parts, strict=True)]
    return Factors(*(modulus - (modulus - matrix) % (2 * modulus) for matrix in moved))


def _jacobian(factors: Factors) -> UInt64[np.ndarray, "variables words"]:
    """Derivative modulo 2 of the sum of terms by each coefficient of u, v and w (row-major), packed along [ijk]."""
    u, v, w = factors
    rows = []
    for mode, matrix in enumerate(factors):
        slopes = np.zeros((matrix.shape[0], factors.rank, *factors.modes), bool)
        outer = np.einsum(("jr,kr->rjk", "ir,kr->rik", "ir,jr->rij")[mode], *((v, w), (u, w), (u, v))[mode])
        for i in range(matrix.shape[0]):
            slopes[(i, slice(None), *(i if axis == mode else slice(None) for axis in range(3)))] = outer
        rows.append(elimination.pack(slopes.reshape(matrix.size, -1)))
    return np.concatenate(rows)
