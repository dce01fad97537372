"""Milliseconds per scheme that lifting takes, beside elimination a column at a time: python benchmarks/lift.py

Schemes over Z2 come from walks: flips from the standard algorithm or from a smaller scheme extended, and cyclic walks.
Both lift each scheme, one after the other, in process CPU seconds; printed: medians, and how many lift. The baseline
(«by columns») is what `lift` did first: the whole Jacobian, a basis of its columns grown one by one in each order of
the unknowns, all coefficients tested over Z after each step. It stops at the first solution over Z, however large its
coefficients.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.moves import merge
from stages.algebra.targets import Size, parse_target
from stages.contract.origin import Origin
from stages.params import whole as params
from stages.refinement.archive import WalkArchive
from stages.refinement.elimination import NOBODY, WORD_BITS, U, compiled, pack
from stages.refinement.lift import lift
from stages.refinement.modes import mode_of, start_at

WALKS = params.load(Path(__file__).parents[1] / "params.yaml").walks
CUBES = {"4x4x4": ((0, 1, 2, 3),), "5x5x5": ((0, 4), (1, 3), (2,))}
LAST_POWER, ORDERS = 16, 10  # of the baseline


@compiled
def _reduce(vector, sums, basis, basis_sums, leads):
    """Subtracts basis vectors in place; returns the first bit that none can clear, or NOBODY."""
    for word in range(vector.size):
        for bit in range(WORD_BITS):
            if (vector[word] >> U(bit)) & U(1):
                lead = leads[word * WORD_BITS + bit]
                if lead == NOBODY:
                    return word * WORD_BITS + bit
                for i in range(word, vector.size):
                    vector[i] ^= basis[lead, i]
                for i in range(sums.size):
                    sums[i] ^= basis_sums[lead, i]
    return NOBODY


@compiled
def eliminate_columns(columns):
    """A basis of the columns [variables, words], the columns each is the sum of, and which vector leads a bit."""
    variables, words = columns.shape
    sum_words = (variables + WORD_BITS - 1) // WORD_BITS
    limit = min(variables, words * WORD_BITS)
    basis, basis_sums = np.empty((limit, words), U), np.empty((limit, sum_words), U)
    leads = np.full(words * WORD_BITS, NOBODY, np.int64)
    rank = 0
    for variable in range(variables):
        sums = np.zeros(sum_words, U)
        sums[variable // WORD_BITS] = U(1) << U(variable % WORD_BITS)
        lead = _reduce(columns[variable], sums, basis, basis_sums, leads)
        if lead != NOBODY:
            basis[rank], basis_sums[rank], leads[lead] = columns[variable], sums, rank
            rank += 1
    return basis[:rank], basis_sums[:rank], leads


@compiled
def solve_columns(right, basis, basis_sums, leads):
    sums = np.zeros(basis_sums.shape[1], U)
    return _reduce(right, sums, basis, basis_sums, leads) == NOBODY, sums


def lift_by_columns(scheme: Scheme) -> Scheme | None:
    """The baseline."""
    factors = scheme.factors
    if check(Scheme(scheme.target, "Z", factors)) is None:
        return Scheme(scheme.target, "Z", factors)
    columns = _columns(factors)
    start = np.concatenate([matrix.ravel() for matrix in factors])
    target = scheme.target.tensor.astype(np.int64)
    rng = np.random.default_rng(int(scheme.hash, 16))
    for attempt in range(1 + ORDERS):
        order = rng.permutation(start.target) if attempt else np.arange(start.target)
        order = order[np.argsort(1 - start[order], kind="stable")]
        echelon = eliminate_columns(columns[order])
        values = start
        for power in range(1, LAST_POWER):
            parts = _matrices(values, factors)
            defect = (target - np.einsum("ir,jr,kr->ijk", *parts, optimize=True)) >> power
            is_solved, packed = solve_columns(pack(defect.ravel() % 2), *echelon)
            if not is_solved:
                if power == 1:
                    return None
                break
            step = np.zeros(order.size, np.int64)
            step[order] = np.unpackbits(packed.astype("<u8").view(np.uint8), bitorder="little")[: order.size]
            modulus = 2**power
            values = modulus - (modulus - values - modulus * step) % (2 * modulus)
            lifted = Scheme(scheme.target, "Z", Factors(*_matrices(values, factors)))
            if check(lifted) is None:
                return lifted
    return None


def _matrices(values: np.ndarray, factors: Factors) -> list[np.ndarray]:
    parts = np.split(values, np.cumsum([matrix.size for matrix in factors])[:-1])
    return [part.reshape(matrix.shape) for part, matrix in zip(parts, factors, strict=True)]


def _columns(factors: Factors) -> np.ndarray:
    """The whole Jacobian modulo 2, one packed column per unknown."""
    u, v, w = factors
    columns = []
    for mode, matrix in enumerate(factors):
        slopes = np.zeros((matrix.shape[0], factors.rank, *factors.modes), bool)
        outer = np.einsum(("jr,kr->rjk", "ir,kr->rik", "ir,jr->rij")[mode], *((v, w), (u, w), (u, v))[mode])
        for i in range(matrix.shape[0]):
            slopes[(i, slice(None), *(i if axis == mode else slice(None) for axis in range(3)))] = outer
        columns.append(pack(slopes.reshape(matrix.size, -1)))
    return np.concatenate(columns)


def extended(scheme: Scheme, axis: int) -> Scheme:
    """With a slab of the standard algorithm beside it."""
    slab = Size(*(1 if place == axis else length for place, length in enumerate(scheme.target.size)))
    return merge(scheme, standard(slab.target, scheme.ring), axis)


def flipped(start: Scheme, moves: int, count: int) -> list[Scheme]:
    """Schemes of the best rank that a walk ends with."""
    mode = mode_of(WALKS["standard"].model_copy(update={"harvest": count}))
    attempt, _ = mode.advanced(mode.begin(start_at(start, mode.ring), 0), moves)
    return mode.harvested(attempt)


def cyclic(name: str, moves: int, count: int) -> list[Scheme]:
    """The best scheme of each of `count` cyclic walks."""
    target, mode = parse_target(name), mode_of(WALKS["cyclic"].model_copy(update={"cubes": CUBES}))
    start = mode.draw_fn(
        target, WalkArchive(Origin("refinement", "cyclic"), 0, 1, [], mode.ring), np.random.default_rng(0)
    )
    ended = [mode.advanced(mode.begin(start, stream), moves)[0] for stream in range(count)]
    return [scheme for attempt in ended for scheme in mode.harvested(attempt)]


def cases() -> dict[str, list[Scheme]]:
    found = {"3x3x3": flipped(standard(Size(3, 3, 3).target, "Z2"), 3_000_000, 16)}
    found["3x3x4"] = flipped(extended(found["3x3x3"][0], 2), 20_000_000, 16)
    found["3x4x4"] = flipped(extended(found["3x3x4"][0], 1), 40_000_000, 16)
    found["4x4x4"] = flipped(extended(found["3x4x4"][0], 0), 40_000_000, 8)
    found["4x4x4 cyclic"] = cyclic("4x4x4", 10_000_000, 8)
    found["5x5x5"] = flipped(extended(extended(extended(found["4x4x4"][0], 0), 1), 2), 5_000_000, 3)
    found["5x5x5 cyclic"] = cyclic("5x5x5", 40_000_000, 3)
    return found


def _milliseconds(run: Callable[[Scheme], Scheme | None], scheme: Scheme) -> tuple[float, Scheme | None]:
    started = time.process_time()
    lifted = run(scheme)
    return 1000 * (time.process_time() - started), lifted


def main() -> None:
    found = cases()
    for run in (lift, lift_by_columns):  # compiled first
        run(found["3x3x3"][0])
    print("ms per scheme, process CPU, median; «lift»: over Z, of these with -1, 0, 1 alone, over Q")
    print(f"{'size':14}{'ranks':>8}{'schemes':>9}{'lift':>10}{'by columns':>12}{'ms':>9}{'by columns':>12}{'ratio':>7}")
    for name, schemes in found.items():
        runs = [(_milliseconds(lift, scheme), _milliseconds(lift_by_columns, scheme)) for scheme in schemes]
        ours = [scheme for (_, scheme), _ in runs if scheme is not None]
        over_z = [scheme for scheme in ours if scheme.ring == "Z"]
        ternary = sum(max(np.abs(matrix).max() for matrix in scheme.factors) == 1 for scheme in over_z)
        theirs = sum(scheme is not None for _, (_, scheme) in runs)
        ranks = sorted(scheme.rank for scheme in schemes)
        span = "-".join(map(str, sorted({ranks[0], ranks[-1]})))
        fast, slow = (statistics.median(run[side][0] for run in runs) for side in (0, 1))
        lifted = f"{len(over_z)},{ternary},{len(ours) - len(over_z)}"
        print(
            f"{name:14}{span:>8}{len(schemes):9}{lifted:>10}{theirs:12}{fast:9.2f}{slow:12.2f}{slow / fast:7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
