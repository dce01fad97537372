"""Hensel lifting of a scheme from Z2 to Z or Q (Kauers and Moosbauer 2022, section on lifting).

Factors that solve the Brent equations modulo M = 2^k are corrected by M x, x in {0, 1}: to first order the defect
changes by M J x, with J the Jacobian modulo 2, the same at every step. After each step the coefficients are taken in
(-M, M]; where the defect is zero, they are tested exactly over Z. Coefficients modulo the last power are tested as
fractions. A solution x leaves a choice, the kernel of J; an order of the unknowns makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from stages.algebra.check import check
from stages.algebra.factors import COEFFICIENT_LIMIT, Factors, Scheme
from stages.algebra.targets import Target
from stages.refinement import elimination, jacobian
from stages.refinement.lift3 import lift3
from stages.refinement.rational import rational_factors

LAST_POWER = 20  # coefficients up to 2^19 are within int32; fractions have |p|, q <= sqrt(2^19)
ORDERS = 10  # further orders of the unknowns tried; each takes an elimination of its own
NUM_MODES = 3


def lift(scheme: Scheme) -> Scheme | None:
    """A scheme over Z, else over Q, that reduces to `scheme` modulo 2 (over Z3 see `lift3`); None if none was found.

    A scheme that has no solution modulo 4 has none at all: that step depends on no choice, and nothing more is tried.
    Else orders of the unknowns are tried until the largest coefficient is the least that the solutions modulo 4 allow,
    1 or 2. Failing that, the smallest denominator, then the smallest largest coefficient, then the fewest non-zeros are
    taken. Over Q the denominator is odd. Terms that vanish modulo 2 are left out. The result depends on the scheme
    alone.
    """
    if scheme.ring == "Z3":
        return lift3(scheme)
    rotation = int(np.argmax(scheme.target.modes))  # the longest mode comes first
    matrices = tuple(matrix % 2 for matrix in scheme.factors)
    present = np.all([matrix.any(axis=0) for matrix in matrices], axis=0)
    values = np.concatenate([matrix[:, present] for matrix in _rotated(matrices, rotation)])
    target = _rotated_target(scheme.target, rotation)
    defect = _defect(values, target)
    if not defect.any():
        return _exact(values, scheme.target, rotation)
    start = _sections(values.astype(np.uint8), target.shape)
    for is_sketched in (True, False):
        system = jacobian.linearise(*start, is_sketched)
        is_solved, change = jacobian.solve(system, _bits(defect, 1))
        if not is_solved:
            return None
        kernel, dimension = jacobian.kernel(system)
        if jacobian.annihilates(*start, kernel):
            break
    basis = kernel.reshape(values.size, -1)
    found = []
    least = 1  # no solution over Z has a smaller largest coefficient
    for order in _orders(scheme, values):
        choice = Choice(order, elimination.eliminate(elimination.transposed(basis[order])[:dimension], values.size))
        step = _chosen(change, choice)
        if step[values == 0].any():
            least = 2  # zeros would have stayed zero modulo 4 if they could: they come first
        lifted = _lift_in_order(values, target, system, choice, step)
        exact = None if lifted is None else _exact(lifted, scheme.target, rotation)
        if exact is not None:
            found.append(exact)
            if _cost(exact)[:2] == (1, least):
                break
    return min(found, key=_cost, default=None)


def _orders(scheme: Scheme, values: Int[np.ndarray, "rows rank"]) -> Iterator[Int[np.ndarray, " unknowns"]]:
    """Orders of the unknowns. Those that are to be zero if they can come first: of coefficients that are 0, then 1."""
    unknowns = np.arange(values.size)
    yield unknowns[np.argsort(values.ravel(), kind="stable")]
    rng = np.random.default_rng(int(scheme.hash, 16))
    for _ in range(ORDERS):
        unknowns = rng.permutation(values.size)
        yield unknowns[np.argsort(values.ravel()[unknowns], kind="stable")]


def _cost(scheme: Scheme) -> tuple[int, int, int]:
    """Denominator, largest coefficient, non-zeros."""
    stacked = np.concatenate(list(scheme.factors))
    return scheme.denominator, int(np.abs(stacked).max()), int(np.count_nonzero(stacked))


class Choice(NamedTuple):
    """Which of the solutions of J x = d to take.

    Attributes:
      order: int64 [unknowns]; those that are to be zero come first.
      echelon: the kernel of J, its columns in this order.
    """

    order: np.ndarray
    echelon: elimination.Echelon


def _chosen(change: UInt8[np.ndarray, "rows rank"], choice: Choice) -> Int[np.ndarray, "rows rank"]:
    """The one of all solutions that is zero at the pivots of the kernel."""
    packed = elimination.pack(change.ravel()[choice.order])
    elimination.clear(choice.echelon, packed)
    step = np.empty(change.size, np.int64)
    step[choice.order] = np.unpackbits(packed.astype("<u8").view(np.uint8), bitorder="little")[: change.size]
    return step.reshape(change.shape)


def _lift_in_order(
    values: Int[np.ndarray, "rows rank"],
    target: Int[np.ndarray, "s_a s_b s_c"],
    system: jacobian.Jacobian,
    choice: Choice,
    step: Int[np.ndarray, "rows rank"],
) -> Int[np.ndarray, "rows rank"] | None:
    """Raises a solution modulo 2 to one over Z or modulo 2^LAST_POWER; None where a step has no solution.

    Args:
      step: the first, to a solution modulo 4.
    """
    for power in range(1, LAST_POWER):
        modulus = 2**power
        values = modulus - (modulus - values - modulus * step) % (2 * modulus)  # in (-modulus, modulus]
        defect = _defect(values, target)
        if not defect.any():
            break
        is_solved, change = jacobian.solve(system, _bits(defect, power + 1))
        if not is_solved:
            return None
        step = _chosen(change, choice)
    return values


def _bits(defect: Int[np.ndarray, "s_a s_b s_c"], power: int) -> UInt8[np.ndarray, "s_a equations"]:
    """Bit `power` of each entry, one row per slice."""
    return (defect >> power & 1).astype(np.uint8).reshape(len(defect), -1)


def _rotated(modes: tuple, rotation: int) -> tuple:
    """What belongs to each of the three modes, from mode `rotation` on, cyclically."""
    return tuple(modes[(rotation + mode) % NUM_MODES] for mode in range(NUM_MODES))


def _rotated_target(target: Target, rotation: int) -> Int[np.ndarray, "s_a s_b s_c"]:
    axes = _rotated((0, 1, 2), rotation)
    return np.ascontiguousarray(target.tensor.transpose(axes).astype(np.int64))


def _sections(values: np.ndarray, modes: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The factors of which `values` is made."""
    first, second = modes[0], modes[0] + modes[1]
    return values[:first], values[first:second], values[second:]


def _defect(values: Int[np.ndarray, "rows rank"], target: Int[np.ndarray, "s_a s_b s_c"]) -> np.ndarray:
    return jacobian.defect(*_sections(values, target.shape), target)


def _exact(values: Int[np.ndarray, "rows rank"], target: Target, rotation: int) -> Scheme | None:
    """The scheme over Z of these coefficients, or over Q of the fractions they stand for; None if neither is right."""
    modes = _rotated(target.modes, rotation)
    scheme = Scheme(target, "Z", Factors(*_rotated(_sections(values, modes), -rotation)))
    if check(scheme) is None:
        return scheme
    fractions = rational_factors(_sections(values, modes), 2**LAST_POWER)
    if fractions is None:
        return None
    factors, denominator = fractions
    if max(denominator, *(abs(matrix).max() for matrix in factors)) > COEFFICIENT_LIMIT:
        return None
    matrices = _rotated(tuple(matrix.astype(np.int64) for matrix in factors), -rotation)
    scheme = Scheme(target, "Z" if denominator == 1 else "Q", Factors(*matrices), denominator)
    return scheme if check(scheme) is None else None
