"""Another scheme of the same rank that needs fewer additions, or grows less: simulated annealing over Z.

A step is a flip of two terms that share a factor (Kauers and Moosbauer 2022), here over the integers, or a sandwich by
one elementary matrix: add a row of blocks to another, in both factors that have it. Both are exact; a step that would
leave the coefficients -1, 0, 1 or make a factor zero is not taken. Compiled by Numba, outside the jaxtyping hook of
the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import as_matrices, from_matrices
from stages.compiled import compiled
from stages.program.elimination import draw, eliminate

U = np.uint64
FLIPS_IN_TEN = 8  # steps of ten that are flips; the others are sandwiches
ADDITIONS, GROWTH = 0, 1  # what is lowered


class Annealing(NamedTuple):
    """How the temperature falls, geometrically.

    Attributes:
      steps: proposed.
      hot, cold: temperatures at the first and at the last step, in additions (or units of the growth factor).
    """

    steps: int
    hot: float
    cold: float


def anneal(scheme: Scheme, aim: int, schedule: Annealing, seed: int) -> tuple[Scheme, float]:
    """The best scheme met on the way from a scheme over Z with coefficients -1, 0, 1.

    Args:
      aim: ADDITIONS (of one greedy elimination) by flips and sandwiches, or GROWTH by sandwiches alone, so that the
        result is equivalent to `scheme`.
    Returns:
      The scheme, and its additions but for a constant of size and rank, or its growth factor (`costs.growth`).
    Raises:
      ValueError: another ring, or larger coefficients.
    """
    if scheme.ring != "Z" or any(np.abs(matrix).max(initial=0) > 1 for matrix in scheme.factors):
        raise ValueError(f"annealing of {scheme.size.name}: expected coefficients -1, 0, 1 over Z")
    stacks = [np.ascontiguousarray(matrix.transpose(2, 0, 1)) for matrix in as_matrices(scheme)]
    longest = max(stack.shape[1] for stack in stacks)
    terms = np.zeros((3, scheme.rank, longest, longest), np.int64)
    for padded, stack in zip(terms, stacks, strict=True):
        padded[:, : stack.shape[1], : stack.shape[2]] = stack
    state = np.random.default_rng(seed).integers(2**63, size=1, dtype=np.uint64)
    best, cost = _anneal(terms, np.array(scheme.size), aim, *schedule, state)
    found = [part[:, : stack.shape[1], : stack.shape[2]] for part, stack in zip(best, stacks, strict=True)]
    u, v, w = (part.transpose(1, 2, 0) for part in found)
    return Scheme(scheme.target, "Z", from_matrices((u, v, w))), float(cost)


@compiled
def _anneal(
    terms: np.ndarray, size: np.ndarray, aim: int, steps: int, hot: float, cold: float, state: np.ndarray
) -> tuple[np.ndarray, float]:
    costs = np.zeros(3)
    norms = np.zeros((3, terms.shape[1]))
    for mode in range(3):
        costs[mode] = _cost(terms[mode], size[mode], size[(mode + 1) % 3], aim, norms[mode])
    now = _total(costs, norms, aim)
    best, best_cost = terms.copy(), now
    trial, trial_costs, trial_norms = terms.copy(), costs.copy(), norms.copy()
    falling = (cold / hot) ** (1.0 / steps)
    temperature = hot
    for _ in range(steps):
        temperature *= falling
        if aim == ADDITIONS and draw(state, 10) < FLIPS_IN_TEN:
            one, two, is_legal = _flip(trial, state)
        else:
            one, two, is_legal = _sandwich(trial, size, state)
        if is_legal:
            for mode in (one, two):
                shape = size[mode], size[(mode + 1) % 3]
                trial_costs[mode] = _cost(trial[mode], shape[0], shape[1], aim, trial_norms[mode])
            then = _total(trial_costs, trial_norms, aim)
            is_legal = then <= now or np.exp((now - then) / temperature) * 2**20 > draw(state, 2**20)
            if is_legal:
                now = then
        for mode in (one, two):  # the trial goes on, or goes back
            if is_legal:
                costs[mode] = trial_costs[mode]
                _copy(norms[mode], trial_norms[mode])
                _copy(terms[mode].reshape(-1), trial[mode].reshape(-1))
            else:
                trial_costs[mode] = costs[mode]
                _copy(trial_norms[mode], norms[mode])
                _copy(trial[mode].reshape(-1), terms[mode].reshape(-1))
        if now < best_cost:
            best, best_cost = terms.copy(), now
    return best, best_cost


@compiled
def _copy(target: np.ndarray, source: np.ndarray) -> None:
    """Elements one by one: with an assignment of arrays Numba compiles the text of its error, for seconds.

    Of the same size; not checked.
    """
    for at in range(target.size):
        target[at] = source[at]


@compiled
def _add(target: np.ndarray, source: np.ndarray, factor: int) -> None:
    """Adds a multiple of a matrix to another in place."""
    for i in range(target.shape[0]):
        for j in range(target.shape[1]):
            target[i, j] += factor * source[i, j]


@compiled
def _total(costs: np.ndarray, norms: np.ndarray, aim: int) -> float:
    total: float = costs.sum() if aim == ADDITIONS else (norms[0] * norms[1] * norms[2]).sum()
    return total


@compiled
def _cost(factor: np.ndarray, rows: int, cols: int, aim: int, norms: np.ndarray) -> float:
    """Additions of the sums of one mode; or writes the 2-norms of its columns."""
    rank = factor.shape[0]
    if aim == GROWTH:
        for r in range(rank):
            norms[r] = np.sqrt(np.float64((factor[r] * factor[r]).sum()))
        return 0.0
    inputs = rows * cols
    used = np.count_nonzero(factor)
    room = max(0, used - rank) // 2
    work = np.zeros((rank, inputs + room), np.int64)
    for r in range(rank):
        for i in range(rows):
            for j in range(cols):
                work[r, i * cols + j] = factor[r, i, j]
    state = np.zeros(1, np.uint64)  # the cost is a function of the scheme
    _, additions = eliminate(work, inputs, np.zeros((room, 4), np.int64), 0.0, 0.2, state)
    return np.float64(additions)


@compiled
def _is_ternary(matrix: np.ndarray) -> bool:
    """Whether all entries are -1, 0 or 1 and some is not 0."""
    some = False
    for entry in matrix.flat:
        if abs(entry) > 1:
            return False
        some |= entry != 0
    return some


@compiled
def _flip(terms: np.ndarray, state: np.ndarray) -> tuple[int, int, bool]:
    """A random flip in place; the two modes that it changes, and whether there is one and it is legal.

    With u_s = e u_r: u_r v_r w_r + u_s v_s w_s = u_r (v_r + o v_s) w_r + u_s v_s (w_s - e o w_r) for o = +-1.
    """
    rank = terms.shape[1]
    shared = draw(state, 3)
    one = (shared + 1 + draw(state, 2)) % 3
    two = 3 - shared - one
    r, first = draw(state, rank), draw(state, rank)
    for step in range(rank):
        s = (first + step) % rank
        if s == r:
            continue
        sign = 1
        if not np.array_equal(terms[shared, r], terms[shared, s]):
            if not np.array_equal(terms[shared, r], -terms[shared, s]):
                continue
            sign = -1
        other = 2 * draw(state, 2) - 1
        _add(terms[one, r], terms[one, s], other)
        _add(terms[two, s], terms[two, r], -sign * other)
        return one, two, _is_ternary(terms[one, r]) and _is_ternary(terms[two, s])
    return one, two, False


@compiled
def _sandwich(terms: np.ndarray, size: np.ndarray, state: np.ndarray) -> tuple[int, int, bool]:
    """Adds a multiple (+-1) of a row to another in every matrix of one mode, and undoes it in the columns of the next.

    The factors' matrices are n x m, m x p, p x n: axis k is that of rows in mode k and of columns in mode k - 1.
    """
    mode = draw(state, 3)
    length = size[mode]
    before = (mode + 2) % 3
    if length == 1:
        return mode, before, False
    a = draw(state, length)
    b = (a + 1 + draw(state, length - 1)) % length
    sign = 2 * draw(state, 2) - 1
    is_legal = True
    for r in range(terms.shape[1]):
        for i in range(terms.shape[2]):
            terms[mode, r, a, i] += sign * terms[mode, r, b, i]
            terms[before, r, i, b] -= sign * terms[before, r, i, a]
        is_legal &= _is_ternary(terms[mode, r]) and _is_ternary(terms[before, r])
    return mode, before, is_legal
