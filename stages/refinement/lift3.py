"""Hensel lifting of a scheme from Z3 to Z or Q, where a 2 may stand below. `lift` calls it.

As in `lift`: factors that solve the Brent equations modulo M = 3^k are corrected by M x, and J x = defect / M modulo 3,
with J the Jacobian modulo 3, the same at every step. It is eliminated in two bit planes, one for 1 and one for -1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from stages.algebra.check import check
from stages.algebra.denominators import lowest_terms
from stages.algebra.factors import Factors, Scheme, non_zeros
from stages.algebra.rings import balanced
from stages.errors import SchemeError
from stages.refinement.elimination import pack
from stages.refinement.elimination3 import eliminate, unpacked
from stages.refinement.rational import rational_factors

LAST_POWER = 12  # fractions have |p|, q <= sqrt(3^12 / 2) = 515; sums of 400 products of residues are within int64
ORDERS = 10  # orders of the unknowns tried; each takes an elimination of its own


class Solver(NamedTuple):
    """J in one order of the unknowns: the rows and columns of an invertible part of the rank of J, and its inverse."""

    jacobian: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    inverse: np.ndarray

    def solve(self, right: Int[np.ndarray, " equations"]) -> Int[np.ndarray, " unknowns"] | None:
        """The solution of J x = right modulo 3 that is zero at all other columns; None if there is none."""
        solution = np.zeros(self.jacobian.shape[1], np.int64)
        solution[self.columns] = balanced(self.inverse @ right[self.rows], 3)
        return None if ((self.jacobian @ solution - right) % 3).any() else solution


def lift3(scheme: Scheme) -> Scheme | None:
    """A scheme over Z, else over Q, that reduces to `scheme` modulo 3; None if none was found.

    Unknowns that no equation needs stay as they are, those of coefficients 0 above all; orders of the unknowns say
    which. Of what they lead to the smallest denominator, the smallest largest coefficient and the fewest non-zeros are
    taken. The result depends on the scheme alone.
    """
    values = np.concatenate([balanced(matrix, 3) for matrix in scheme.factors])
    jacobian = _jacobian(_sections(values, scheme.target.modes))
    found = []
    for order in _orders(scheme, values):
        is_solvable, lifted = _lifted(scheme, values, _solver(jacobian, order))
        if not is_solvable:
            return None  # modulo 9: no order changes that
        found += [] if lifted is None else [lifted]
        if lifted is not None and _cost(lifted)[:2] == (1, 1):
            break
    return min(found, key=_cost, default=None)


def _cost(scheme: Scheme) -> tuple[int, int, int]:
    """Denominator, largest coefficient, non-zeros."""
    return scheme.denominator, max(int(np.abs(matrix).max()) for matrix in scheme.factors), non_zeros(scheme)


def _orders(scheme: Scheme, values: Int[np.ndarray, "rows rank"]) -> Iterator[Int[np.ndarray, " unknowns"]]:
    """Orders of the unknowns; those of coefficients that are 0 come last, so that they change only where they must."""
    rng = np.random.default_rng(int(scheme.hash, 16))
    for _ in range(ORDERS):
        unknowns = rng.permutation(values.size)
        yield unknowns[np.argsort(values.ravel()[unknowns] == 0, kind="stable")]


def _lifted(scheme: Scheme, values: Int[np.ndarray, "rows rank"], solver: Solver) -> tuple[bool, Scheme | None]:
    """Whether there is a solution modulo 9, and the scheme that the solutions of an order lead to."""
    modes, tensor = scheme.target.modes, scheme.target.tensor.astype(np.int64)
    for power in range(1, LAST_POWER):
        modulus = 3**power
        defect = tensor - np.einsum("ir,jr,kr->ijk", *_sections(values, modes), optimize=True)
        if not defect.any():
            break
        step = solver.solve((defect // modulus).ravel())
        if step is None:
            return power > 1, None
        values = balanced(values + modulus * step.reshape(values.shape), 3 * modulus)
    exact = Scheme(scheme.target, "Z", Factors(*_sections(values, modes)))
    if check(exact) is None:
        return True, exact
    fractions = rational_factors(_sections(values, modes), 3**LAST_POWER)
    if fractions is None:
        return True, None
    try:
        factors, denominator = lowest_terms(*fractions[0], fractions[1])
    except SchemeError:  # beyond int32
        return True, None
    lifted = Scheme(scheme.target, "Z" if denominator == 1 else "Q", factors, denominator)
    return True, lifted if check(lifted) is None else None


def _sections(values: np.ndarray, modes: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The factors of which `values` is made."""
    first, second = modes[0], modes[0] + modes[1]
    return values[:first], values[first:second], values[second:]


def _jacobian(factors: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Int[np.ndarray, "equations unknowns"]:
    """How each equation (i, j, k) changes with each coefficient of u, v, w, by rows; modulo 3."""
    u, v, w = factors
    units = (np.eye(len(matrix), dtype=np.int64) for matrix in factors)
    e, f, g = units
    parts = (
        np.einsum("ia,jr,kr->ijkar", e, v, w),
        np.einsum("ir,ja,kr->ijkar", u, f, w),
        np.einsum("ir,jr,ka->ijkar", u, v, g),
    )
    equations = len(u) * len(v) * len(w)
    return balanced(np.concatenate([part.reshape(equations, -1) for part in parts], axis=1), 3)


def _solver(jacobian: Int[np.ndarray, "equations unknowns"], order: Int[np.ndarray, " unknowns"]) -> Solver:
    """Of the first unknowns in this order that are independent."""
    used, pivots = eliminate(*_planes(jacobian[:, order]), len(order))
    rows, columns = used[: pivots.size], order[pivots]
    part = jacobian[np.ix_(rows, columns)]
    plus, minus = _planes(np.concatenate([part, np.eye(len(part), dtype=np.int64)], axis=1))
    used, _ = eliminate(plus, minus, len(part))
    reduced = unpacked(plus, minus, used, 2 * len(part))  # each row but for its sign
    return Solver(jacobian, rows, columns, reduced[:, len(part) :] * reduced.diagonal()[:, None])


def _planes(matrix: Int[np.ndarray, "rows columns"]) -> tuple[np.ndarray, np.ndarray]:
    """Bits of the entries 1, and of the entries -1, rows packed into words."""
    return pack(matrix == 1), pack(matrix == -1)
