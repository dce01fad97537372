import numpy as np
import pytest

from stages.algebra.factors import Scheme
from stages.backends.c.emitter import NON_TEMPORAL_BYTES
from stages.backends.c.variants import Variant
from stages.benchmarking import model
from stages.benchmarking.model import Rates, predicted
from stages.contract.rows.kernels import KernelRow
from stages.program.costs import stored, terms
from stages.program.program import from_scheme
from tests.examples import strassen, winograd
from tests.rows import kernel_row

FLOAT64 = np.dtype(np.float64)
# A multiplication and addition, or an element, per second; twice as many elements in the caches, four times in packing.
RATES = Rates(flops=2.0, memory=8.0, cache=16.0, fused=32.0)


def row(scheme: Scheme, **changes: object) -> KernelRow:
    """The counts of a scheme's program; no text."""
    program = from_scheme(scheme)
    counts = {"left_sums": stored(program.left), "right_sums": stored(program.right)}
    counts |= {"left_terms": terms(program.left), "right_terms": terms(program.right)}
    return kernel_row("", scheme, **(counts | {"output_terms": terms(program.output)} | changes))


def test_sums_and_terms_of_strassen_and_winograd():
    for scheme, sums, count in ((strassen(), 5, 12), (winograd(), 4, 14)):
        found = row(scheme)
        assert (found.left_sums, found.right_sums, found.products) == (sums, sums, 7)
        assert (found.left_terms, found.right_terms, found.output_terms) == (count, count, count)


@pytest.mark.parametrize(
    ("variant", "seconds"),
    [
        (Variant(0, False), 1000),
        # 7 products of 5^3; A: 4 blocks read, 4 sums written, B the same; 7 products read, 4 blocks of C written
        (Variant(1, False), 7 * 125 + 25 * (8 + 8 + 11) / 2),
        # packing reads 12 blocks of A in place of 4, and 12 of B; C takes 12 updates in place of 4, read and written
        (Variant(0, True), 7 * 125 + 25 * (8 + 8 + 2 * 8) / 4),
    ],
)
def test_by_hand(variant, seconds):
    got = predicted(row(winograd()), row(strassen()), variant, (10, 10, 10), FLOAT64, RATES)
    assert got == pytest.approx(seconds)


def test_levels_nest():
    one = predicted(row(winograd()), row(strassen()), Variant(0, True), (10, 10, 10), FLOAT64, RATES)
    two = predicted(row(winograd()), row(strassen()), Variant(1, True), (20, 20, 20), FLOAT64, RATES)
    assert two == pytest.approx(7 * one + 100 * 27 / 2)


def test_large_sums_go_at_the_rate_of_memory():
    """15 sums and products of blocks of 458^2 float64 are 24 MiB and some; of 457^2 a little less."""
    for side, rate in ((458, 1), (457, 2)):
        below = predicted(row(winograd()), row(strassen()), Variant(0, False), (side,) * 3, FLOAT64, RATES)
        got = predicted(row(winograd()), row(strassen()), Variant(1, False), (2 * side,) * 3, FLOAT64, RATES)
        assert got - 7 * below == pytest.approx(side**2 * 27 / rate)


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), FLOAT64])
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 4, 5)])
def test_rate_of_the_caches_is_measured_in_them(dtype, shape):
    n, m, p = shape
    outer = row(winograd(), size=f"{n}x{m}x{p}", products=n * m * p)
    cube = model._cube(outer, dtype, 0.5)
    sums, _ = model._level_words(outer, cube)
    assert 0.9 < sums * dtype.itemsize / (0.5 * NON_TEMPORAL_BYTES) <= 1
    assert all(side % blocks == 0 for side, blocks in zip(cube, shape, strict=True))


def test_updates_of_c_come_once_per_panel():
    short, long = (
        predicted(
            row(winograd()), row(strassen()), Variant(0, True), (2, 2 * m, 2), FLOAT64, Rates(1e300, 1.0, 1.0, 8.0)
        )
        for m in (512, 513)
    )
    assert long - short == pytest.approx(2 * 8 + 1 * (8 + 8))  # another panel; a column more of A, a row more of B
