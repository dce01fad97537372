"""What `fastmm.matmul` gives is what NumPy gives, whatever comes in."""

import subprocess
import sys
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fastmm
from fastmm import cache, dispatch, library, product
from tests.fastmm.conftest import FUSED, SHAPE, TWO, forget, integers

N, M, P = SHAPE
TYPES = [np.float32, np.float64, np.complex64, np.complex128]


@pytest.mark.parametrize("dtype", TYPES)
def test_the_best_variant_is_taken_and_exact(tuned, dtype):
    a, b = integers(dtype, N, M), integers(dtype, M, P, seed=1)
    plan = fastmm.explain(a, b)
    assert (plan.variant, plan.method) == (TWO, "4x4x4:49, 2x2x2:7 fused")
    assert plan.speed == pytest.approx(1.6, rel=0.02)
    got = fastmm.matmul(a, b)
    assert got.dtype == dtype
    assert np.array_equal(got, a @ b)
    out = np.zeros((N, P), dtype)
    assert fastmm.matmul(a, b, out=out) is out
    assert np.array_equal(out, got)


@pytest.fixture
def tuned_small(tuned, monkeypatch):
    """As if a fused level had won from 100 on."""
    for module, name, least in ((dispatch, "LEAST_BLOCK", 20), (product, "LEAST", 50)):
        monkeypatch.setattr(module, name, least)
    for dtype in product.REAL:
        for threads in (1, 2):
            cache.write(cache.path(dtype, threads), {state: {(100, 100, 100): {FUSED: 1.5}} for state in cache.STATES})
    product.forget()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("order", ["rows", "columns", "strided"])
def test_half_of_a_matrix_times_its_transpose_is_computed(tuned_small, monkeypatch, dtype, order):
    products, run = [], product.run

    def seen(kernel, variant, a, b, *rest):
        products.append((*a.shape, b.shape[1]))
        return run(kernel, variant, a, b, *rest)

    monkeypatch.setattr(product, "run", seen)
    wide = integers(dtype, 610, 602)
    x = {"rows": wide[:, :301], "columns": wide.T[:, :301], "strided": wide[::-1, ::2]}[order]
    expected = x @ x.T.copy()
    got = fastmm.matmul(x, x.T)
    assert np.array_equal(got, expected)
    assert fastmm.explain(x, x.T).variant == FUSED
    half = len(x) // 32 * 16
    assert products[0] == (len(x) - half, 301, half)
    assert 0.35 < sum(n * p for n, _, p in products) / len(x) ** 2 < 0.5  # by halves, quarters and eighths
    out = np.zeros((2 * len(x), len(x)), dtype)[::2]
    assert fastmm.matmul(x, x.T, out=out) is out
    assert np.array_equal(out, expected)
    square = wide[:602].copy()
    expected = square @ square.T.copy()
    assert fastmm.matmul(square, square.T, out=square) is square
    assert np.array_equal(square, expected)


@pytest.mark.parametrize("row", [0, 5, 600])
def test_what_is_not_finite_times_its_transpose_is_where_numpy_has_it(tuned_small, row):
    x = integers(np.float32, 610, 301)
    x[row, 7] = np.inf
    with np.errstate(invalid="ignore"):
        assert np.array_equal(fastmm.matmul(x, x.T), x @ x.T, equal_nan=True)


def test_what_is_not_tuned_is_plain(kernel):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    assert "not tuned for float32 on" in fastmm.explain(a, b).reason
    assert fastmm.matmul(a, b).tobytes() == (a @ b).tobytes()


def test_what_is_not_compiled_is_plain(tuned, monkeypatch, tmp_path):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    whole, path = library.PATH.read_bytes(), tmp_path / "kernels.so"
    monkeypatch.setattr(library, "PATH", path)
    lengths = [(None, "no such file"), (0, "can be loaded"), *((length, "cut off") for length in (64, 8192, -1))]
    for length, reason in lengths:
        if length is not None:
            path.write_bytes(whole[:length])
        forget()
        assert reason in fastmm.explain(a, b).reason
        assert np.array_equal(fastmm.matmul(a, b), a @ b)


def test_an_out_that_cannot_be_written_is_told_in_numpys_words(tuned):
    for side in (1000, 10):  # of which the second is plain
        a, out = integers(np.float32, side, side), np.zeros((side, side), np.float32)
        out.flags.writeable = False
        assert (fastmm.explain(a, a).method == "plain") == (side == 10)
        with pytest.raises(ValueError, match=r"^output array is read-only$"):
            fastmm.matmul(a, a, out=out)


def test_error_growth_is_bounded_on_demand(tuned):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    growth = [fastmm.explain(a, b, max_error_growth=most).error_growth for most in (1000, 50, 2)]
    assert fastmm.explain(a, b, max_error_growth=50).variant == FUSED
    assert fastmm.explain(a, b, max_error_growth=2).method == "plain"
    assert growth[0] > 50 > growth[1] > 2 > growth[2] == 1
    assert np.array_equal(fastmm.matmul(a, b, max_error_growth=2), a @ b)
    for least in (0.5, -1, float("nan")):
        with pytest.raises(ValueError, match=f"^max_error_growth: expected a number of at least 1, got {least}$"):
            fastmm.matmul(a, b, max_error_growth=least)


def test_the_bound_of_the_error_holds(tuned):
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.complex64):
        a, b = (rng.standard_normal(shape).astype(dtype) for shape in ((N, M), (M, P)))
        bound = fastmm.error_bound(a, b)
        wide = np.result_type(dtype, np.float64)
        error = np.abs(fastmm.matmul(a, b) - a.astype(wide) @ b.astype(wide)).max()
        assert 0 < error < bound.chosen
        assert bound.chosen / bound.plain == pytest.approx(fastmm.explain(a, b).error_growth)


def test_what_cannot_be_multiplied_has_no_plan_and_no_bound(tuned):
    a = integers(np.float64, 40, 50)
    assert "sides that fit" in fastmm.explain(a, a).reason
    assert fastmm.error_bound(a, a[0]) == fastmm.error_bound(a, a[0][:, None])  # a vector
    with pytest.raises(ValueError, match=r"^error_bound: expected sides that fit, got \(40, 50\) and \(40, 50\)$"):
        fastmm.error_bound(a, a)
    with pytest.raises(ValueError, match=r"^error_bound: expected numbers, got float64 and object$"):
        fastmm.error_bound(a, a.T.astype(object))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_what_is_not_finite_is_where_numpy_has_it(tuned, dtype, value):
    for row, col, of in ((N - 1, 3, 0), (5, P - 1, 1), (0, 0, 1)):
        operands = [integers(dtype, N, M), integers(dtype, M, P)]
        operands[of][row % len(operands[of]), col] = value
        with np.errstate(invalid="ignore"):
            got, expected = fastmm.matmul(*operands), np.matmul(*operands)
        assert np.array_equal(got, expected, equal_nan=True)
        assert np.isfinite(got).any()


@pytest.mark.parametrize(("one", "other"), [((3,), ()), ((2, 1), (1, 2)), ((), (2,)), ((0,), ())])
def test_batches(tuned, one, other):
    a, b = integers(np.float32, *one, N, M), integers(np.float32, *other, M, P)
    assert fastmm.explain(a, b).variant == TWO
    expected = a @ b
    out = np.zeros_like(expected)
    assert np.array_equal(fastmm.matmul(a, b), expected)
    assert fastmm.matmul(a, b, out=out) is out
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_strides_of_any_sign_and_out_that_overlaps(tuned, dtype):
    x = integers(dtype, 2 * M, 2 * M)
    a, b = x[::-2, ::2], x.T[M:, ::-1][:, :M]
    expected = a @ b
    assert fastmm.explain(a, b).variant == TWO
    assert np.array_equal(fastmm.matmul(a, b), expected)
    square = np.ascontiguousarray(a)
    expected = square @ square
    assert fastmm.matmul(square, square, out=square) is square
    assert np.array_equal(square, expected)
    column_major = np.zeros((M, M), dtype, order="F")
    assert np.array_equal(fastmm.matmul(a, b, out=column_major), a @ b)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_everything_else_is_numpy_s(tuned):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    assert type(fastmm.matmul(np.asmatrix(a), b)) is np.matrix
    wide = np.empty((N, P), np.float64)
    assert fastmm.matmul(a, b, out=wide) is wide
    assert np.array_equal(wide, a @ b)
    for kind in (np.int64, np.float16, np.bool_, object, jnp.bfloat16, ">f4"):
        x, y = a[:9, :8].astype(kind), b[:8, :7].astype(kind)
        got = fastmm.matmul(x, y)
        assert got.dtype == np.matmul(x, y).dtype
        assert np.array_equal(got, np.matmul(x, y))
    for x, y in [(a, b.astype(np.float64)), (a[0], b), (a, b[:, 0]), (a[:0], b), (a[:, :0], b[:0]), (a, b[:, :0])]:
        got = fastmm.matmul(x, y)
        assert (got.shape, got.dtype) == (np.matmul(x, y).shape, np.matmul(x, y).dtype)
        assert np.array_equal(got, np.matmul(x, y))


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        (np.ones((N, M), np.float32), np.ones((N, P), np.float32), None),
        (np.ones((N, M), np.float32), np.float32(3), None),
        (np.ones((2, N, M), np.float32), np.ones((3, M, P), np.float32), None),
        (np.ones((N, M), np.float32), np.ones((M, P), np.float32), np.ones((3, 3), np.float32)),
        (np.ones((N, M), np.float32), np.ones((M, P), np.float32), np.broadcast_to(np.float32(1), (N, P))),
        (np.ones((N, M), np.float64), np.ones((M, P), np.float64), np.ones((N, P), np.int32)),
    ],
)
def test_wrong_calls_have_numpy_s_words(tuned, a, b, out):
    with pytest.raises((ValueError, TypeError)) as expected:
        np.matmul(a, b, out=out)
    with pytest.raises(expected.type) as got:
        fastmm.matmul(a, b, out=out)
    assert str(got.value) == str(expected.value)


def test_no_room_means_plain(tuned, monkeypatch):
    def run(*given):
        raise MemoryError

    monkeypatch.setattr(product, "run", run)
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    assert np.array_equal(fastmm.matmul(a, b), a @ b)


def test_jax_arrays(tuned):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    expected = a @ b
    for call in (fastmm.matmul, jax.jit(fastmm.matmul)):
        got = call(jnp.asarray(a), jnp.asarray(b))
        assert isinstance(got, jax.Array)
        assert np.array_equal(got, expected)
    assert "callback" in str(jax.make_jaxpr(fastmm.matmul)(a, b + jnp.zeros(1)))
    assert "callback" not in str(jax.make_jaxpr(fastmm.matmul)(jnp.ones((9, 9)), jnp.ones((9, 9))))
    left, right = jax.grad(lambda a, b: fastmm.matmul(a, b).sum(), argnums=(0, 1))(jnp.asarray(a), jnp.asarray(b))
    assert np.array_equal(left, np.ones((N, P), np.float32) @ b.T)
    assert np.array_equal(right, a.T @ np.ones((N, P), np.float32))
    stacked = jax.vmap(fastmm.matmul, in_axes=(0, None))(jnp.stack([a, -a]), b)
    assert np.array_equal(stacked, np.stack([expected, -expected]))
    with pytest.raises(TypeError, match="expected no out for JAX"):
        fastmm.matmul(jnp.asarray(a), b, out=expected)


def test_python_threads_at_the_same_time(tuned):
    a, b = integers(np.float32, N, M), integers(np.float32, M, P)
    expected, wrong = a @ b, []

    def work() -> None:
        wrong.extend(not np.array_equal(fastmm.matmul(a, b), expected) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [False] * 12


FORK = """
import os, signal, sys
import numpy as np
from fastmm import blas, library
if sys.argv[1] == "shared":
    assert blas.share_threads()
kernel = library.installed()
a = np.arange(810000.0).reshape(900, 900) % 7
expected = kernel.product(a, a, levels=(0,), threads=2)
assert np.array_equal(expected, a @ a)
child = os.fork()
if child == 0:
    signal.alarm(60)  # threads of the parent would never come
    got = kernel.product(a, a, levels=(0,), threads=2)
    os._exit(0 if np.array_equal(got, expected) and np.array_equal(a @ a, expected) else 1)
assert os.waitpid(child, 0)[1] == 0
assert np.array_equal(a @ a, expected)
"""


@pytest.mark.parametrize("threads", ["shared", "own"])
def test_forks(site, threads):
    done = subprocess.run([sys.executable, "-c", FORK, threads], cwd=site, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
