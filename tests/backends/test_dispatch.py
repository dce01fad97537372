import fcntl
import json
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from stages.backends import dispatch, explain, libraries, matmul, product, tune
from stages.backends.c import binding, build, variants
from stages.backends.c.emitter import emit as emit_c
from stages.backends.c.variants import Variant
from stages.backends.jax_emitter import emit as emit_jax
from stages.backends.machine import other_threads_run
from stages.contract import tables
from stages.contract.rows.kernels import KERNELS
from stages.errors import KernelError
from stages.program.program import from_scheme
from stages.timing import Pauses
from tests.examples import strassen
from tests.rows import kernel_row

FUSED = Variant(1, True)
SHAPE = (96, 80, 112)


@pytest.fixture(scope="module")
def sources(own_cache) -> dict[str, str]:
    """The texts of Strassen's algorithm by back end; that in C is compiled."""
    program = from_scheme(strassen())
    source = emit_c(program, program, strassen().hash, strassen().hash)
    build.build(source)
    return {"c": source, "jax": emit_jax(program, strassen().hash)}


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path, sources):
    """Variants from blocks of 16 on, and nothing kept from other tests but the compiled kernel."""
    library = build.build(sources["c"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    build.cache_folder().mkdir(parents=True)
    shutil.copy(library, build.cache_folder())
    monkeypatch.setattr(tune, "TUNED", {64: (1, 2), 96: (1, 2)})
    monkeypatch.setattr(product, "LEAST", 64)
    for module in (variants, dispatch):
        monkeypatch.setattr(module, "LEAST_BLOCK", 16)
    monkeypatch.setattr(tune, "PAUSES", Pauses(0.0, 0.0))
    others_run(monkeypatch, False)


def others_run(monkeypatch, run: bool) -> None:
    monkeypatch.setattr(libraries, "other_threads_run", lambda: run)


@pytest.fixture
def table(tmp_path, sources) -> Path:
    rows = [kernel_row(source, strassen(), backend) for backend, source in sources.items()]
    tables.write(tmp_path / "kernels.parquet", KERNELS, rows)
    return tmp_path / "kernels.parquet"


@pytest.fixture
def fast(monkeypatch) -> list:
    """Every variant measures as twice as fast, the fused one as three times; the calls are noted."""
    calls = []

    def measure(library, run, dtype):
        calls.append(dtype)
        known = set(library.variants((96, 96, 96)))  # in JAX no level is fused
        ratios = {one: {64: 2.0 + one.fused, 96: 2.0 + one.fused} for one in known & {Variant(1, False), FUSED}}
        return dict.fromkeys(library.states, ratios)

    monkeypatch.setattr(tune, "measure", measure)
    return calls


GOOD = [[1, True, {"64": 3.0, "96": 3.0}]]
WRONG = [  # what no dispatch has kept
    {"idle": 3, "after": 3},
    {"idle": GOOD},
    {"idle": GOOD, "after": []},
    {"idle": [], "after": []},
    {"idle": [[1, True, {}]], "after": [[1, True, {}]]},
    {"idle": GOOD, "after": [[1, True, {"64": 3.0}]]},
    {"idle": GOOD, "after": [[1, True, {"64": float("nan"), "96": 3.0}]]},
]


def measure_as(monkeypatch, speeds: dict) -> None:
    monkeypatch.setattr(tune, "measure", lambda library, run, dtype: speeds)


def operands(dtype=np.float64, shape=SHAPE) -> tuple[np.ndarray, np.ndarray]:
    n, m, p = shape
    rng = np.random.default_rng(0)
    return rng.integers(-3, 4, (n, m)).astype(dtype), rng.integers(-3, 4, (m, p)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fastest_variant_is_taken_and_right(table, fast, dtype):
    a, b = operands(dtype)
    plan = explain(a, b, kernels=table)
    assert (plan.backend, plan.scheme, plan.variant, plan.speed) == ("c", strassen().hash, FUSED, 3.0)
    assert "L1F has 3.00 of the plain speed" in plan.reason
    got = matmul(a, b, kernels=table)
    assert np.array_equal(got, a @ b)
    assert got.dtype == dtype
    out = np.empty((96, 112), dtype)
    assert matmul(a, b, out=out, kernels=table) is out
    assert np.array_equal(out, a @ b)
    assert fast == [np.dtype(dtype)]  # measured once


def test_a_variant_that_is_no_faster_is_left(table, monkeypatch):
    measure_as(monkeypatch, {"idle": {FUSED: {64: 1.02, 96: 0.5}}, "after": {FUSED: {64: 1.01, 96: 0.5}}})
    plan = explain(*operands(), kernels=table)
    assert (plan.backend, plan.scheme, plan.variant) == ("numpy", "", None)
    assert "of the plain speed" in plan.reason


def test_a_kernel_that_loses_beside_other_threads_is_left_while_they_run(table, monkeypatch):
    measure_as(monkeypatch, {"idle": {FUSED: {64: 1.5, 96: 1.5}}, "after": {FUSED: {64: 0.6, 96: 0.6}}})
    a, b = operands()
    for run, variant in ((False, FUSED), (True, None), (False, FUSED)):
        others_run(monkeypatch, run)
        plan = explain(a, b, kernels=table)
        assert plan.variant == variant
        assert ("after" if run else "idle") in plan.reason
        assert np.array_equal(matmul(a, b, kernels=table), a @ b)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which threads run")
def test_threads_that_run_are_seen(table):
    at_rest(other_threads_run)
    stop = threading.Event()
    sleeper = threading.Thread(target=stop.wait)
    sleeper.start()
    at_rest(other_threads_run)

    def work() -> None:
        big = np.ones((3000, 3000))
        while not stop.is_set():
            np.dot(big, big)  # lets the lock of Python go

    worker = threading.Thread(target=work)
    worker.start()
    end = time.monotonic() + 20
    while not (seen := other_threads_run()) and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    for thread in (sleeper, worker):
        thread.join()
    assert seen
    at_rest(other_threads_run)


def at_rest(others_run) -> None:
    """Waits for threads of other tests that may still spin."""
    for _ in range(200):
        if not others_run():
            return
        time.sleep(0.05)
    pytest.fail("a thread runs for ten seconds")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which threads run")
def test_threads_of_kernels_have_the_name_that_does_not_count(table):
    (row,) = (row for row in tables.read(table, KERNELS) if row.backend == "c")
    a, b = operands()
    kernel = binding.load(row.source)
    kernel.product(a, b, threads=2)
    assert "fmm\n" in [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]


def test_speed_is_taken_at_the_effective_size(table, monkeypatch):
    measure_as(monkeypatch, {state: {FUSED: {64: 1.0, 96: 2.0}} for state in ("idle", "after")})
    sides = [(64, 64, 64), (96, 96, 96), (200, 200, 200), (64, 64, 128)]
    speeds = [explain(*operands(shape=shape), kernels=table).speed for shape in sides]
    assert speeds[:3] == [1.0, 2.0, 2.0]  # the first is plain
    assert speeds[3] == pytest.approx(1 + np.log(76.8 / 64) / np.log(1.5))  # 3 / (1/64 + 1/64 + 1/128)


def test_what_was_measured_is_kept_for_the_machine(table, fast, tmp_path):
    a, b = operands()
    for _ in range(2):
        product._kernel.cache_clear()  # as in another process
        assert explain(a, b, kernels=table).variant == FUSED
    assert len(fast) == 1
    (kept,) = (tmp_path / "cache").rglob("*.json")
    for text in ("", "{", "[]", *map(json.dumps, WRONG)):
        kept.write_text(text)
        product._kernel.cache_clear()
        assert explain(a, b, kernels=table).variant == FUSED
    assert len(fast) == 4 + len(WRONG)


def test_without_a_table_products_are_plain(tmp_path, table):
    a, b = operands()
    for path, text in ((tmp_path / "none.parquet", None), (tmp_path / "bad.parquet", "no parquet")):
        if text:
            path.write_text(text)
        plan = explain(a, b, kernels=path)
        assert (plan.backend, plan.scheme) == ("numpy", "")
        assert path.name in plan.reason
        assert np.array_equal(matmul(a, b, kernels=path), a @ b)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_everything_else_is_left_to_numpy(table, fast):
    a, b = operands()
    assert type(matmul(np.asmatrix(a), b, kernels=table)) is np.matrix
    wide = np.empty((96, 112), np.float64)
    assert matmul(a.astype(np.float32), b.astype(np.float32), out=wide, kernels=table) is wide
    assert np.array_equal(wide, a @ b)
    for x, y in [
        (a.astype(np.int64), b.astype(np.int64)),
        (a.astype(np.float32), b),
        (a[0], b),
        (a, b[:, 0]),
        (np.stack([a, a]), b),
        (a + 1j, b),
        (a.tolist(), b.tolist()),
        (a[:0], b),
        (a[:, :0], b[:0]),
        (a[:2, :3], b[:3, :4]),
    ]:
        got = matmul(x, y, kernels=table)
        assert np.array_equal(got, np.matmul(x, y))
        assert got.dtype == np.matmul(x, y).dtype
    assert fast == []


def test_bad_operands_are_refused(table, fast):
    a, b = operands()
    for kind in (bool, object):
        with pytest.raises(TypeError, match=f"expected numbers, got an array of {kind.__name__}"):
            matmul(a.astype(kind), b, kernels=table)
    with pytest.raises(ValueError, match="mismatch"):
        matmul(a, b[1:], kernels=table)
    with pytest.raises(ValueError, match="Output operand"):
        matmul(a, b, out=np.empty((3, 3)), kernels=table)
    with pytest.raises(TypeError, match="expected no out for JAX"):
        matmul(jnp.asarray(a), b, out=np.empty((96, 112)), kernels=table)


def test_no_compiler_means_plain_products(table, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    a, b = operands()
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)
    assert "expected a C compiler called cc on PATH" in explain(a, b, kernels=table).reason


def test_a_cache_that_cannot_be_written_is_no_error(table, fast, monkeypatch, tmp_path):
    """Ratios are measured again by the next process; a kernel that is not compiled yet makes way for plain products."""
    (tmp_path / "file").write_text("")
    a, b = operands()
    assert matmul(a, b, kernels=table) is not None  # compiled into a cache that can
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    compiled = product._kernel(table, libraries.numpy())
    compiled._speeds.clear()
    compiled._best.cache_clear()
    assert explain(a, b, kernels=table).variant == FUSED
    assert len(fast) == 2
    product._kernel.cache_clear()
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)
    with pytest.raises(KernelError, match=r"expected to write to .*file/open-alphatensor, got «Not a directory»"):
        binding.load("int f(void) { return 3; }")


def test_a_library_that_cannot_be_loaded_means_plain_products(table):
    a, b = operands()
    row = next(row for row in tables.read(table, KERNELS) if row.backend == "c")
    build.build(row.source).write_bytes(b"of another machine")
    assert "expected a library that can be loaded" in explain(a, b, kernels=table).reason
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)


def test_a_kernel_that_was_measured_and_cannot_be_loaded_any_more_is_left(table, fast):
    a, b = operands()
    source = next(row.source for row in tables.read(table, KERNELS) if row.backend == "c")
    product._kernel(table, libraries.numpy())._run = lambda *given: None  # not loaded in this process
    assert explain(a, b, kernels=table).variant == FUSED
    build.build(source).write_bytes(b"of another machine")
    product._kernel.cache_clear()
    assert "expected a library that can be loaded" in explain(a, b, kernels=table).reason
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)
    assert len(fast) == 1


@pytest.mark.parametrize("backend", ["c", "jax"])
def test_a_text_that_is_not_the_one_that_was_hashed_is_not_run(table, fast, backend):
    rows = tables.read(table, KERNELS)
    changed = [replace(row, source=row.source + "\n") if row.backend == backend else row for row in rows]
    tables.write(table, KERNELS, changed)
    a, b = operands(np.float32) if backend == "c" else map(jnp.asarray, operands(np.float32))
    for call in (matmul, explain, matmul):
        with pytest.raises(KernelError, match=f"of scheme {strassen().hash}: its source has another hash"):
            call(a, b, kernels=table)
    tables.write(table, KERNELS, rows)
    assert explain(a, b, kernels=table).backend == backend
    assert len(fast) == 1


def test_what_fails_for_one_type_is_tried_for_another(table, monkeypatch):
    def measure(library, run, dtype):
        if dtype == np.float64:
            raise MemoryError("no room")
        return {state: {FUSED: {64: 2.0, 96: 2.0}} for state in library.states}

    monkeypatch.setattr(tune, "measure", measure)
    for dtype, variant in ((np.float64, None), (np.float32, FUSED), (np.float64, None)):
        assert explain(*operands(dtype), kernels=table).variant == variant
    assert explain(*operands(), kernels=table).reason == "no room"


def test_a_table_that_comes_later_is_seen(table, fast):
    a, b = operands()
    away = table.rename(table.with_name("away"))
    assert "no such file" in explain(a, b, kernels=table).reason
    away.rename(table)
    assert explain(a, b, kernels=table).variant == FUSED


def test_another_process_that_measures_is_waited_for(table, fast, tmp_path, capfd):
    a, b = operands()
    explain(a, b, kernels=table)
    (kept,) = (tmp_path / "cache").rglob("*.json")
    away = kept.rename(tmp_path / "away")
    product._kernel.cache_clear()
    end = time.monotonic() + 20
    with ThreadPoolExecutor(1) as pool, (kept.parent / "timing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        plan = pool.submit(explain, a, b, kernels=table)
        printed = ""
        while "waits for another process" not in printed and time.monotonic() < end:
            time.sleep(0.01)
            printed += capfd.readouterr().err
        assert "waits for another process" in printed
        assert not plan.done()
        away.rename(kept)  # the other process has measured
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert plan.result().variant == FUSED
    assert len(fast) == 1


FORK = """
import os, signal, sys, threading
from pathlib import Path
from stages.backends import cache
lock = Path(sys.argv[1])
held, end = threading.Event(), threading.Event()
def hold():
    with cache.LOCK, cache.only_process(lock):
        held.set()
        end.wait()
threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)  # nobody would let the locks that it has from its parent go
    with cache.LOCK, cache.only_process(lock):
        os._exit(0)
end.set()
sys.exit(os.waitpid(child, 0)[1] != 0)
"""


def test_a_process_forked_off_while_its_parent_measures_can_plan(tmp_path):
    command = [sys.executable, "-c", FORK, str(tmp_path / "timing.lock")]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == 0


def test_each_number_of_threads_is_measured(table, fast):
    a, b = operands()
    for threads in (1, 2, 1):
        with threadpool_limits(threads, "blas"):
            assert libraries.numpy().threads() == threads
            assert np.array_equal(matmul(a, b, kernels=table), a @ b)
    assert len(fast) == 2


def test_several_threads_measure_once(table, fast):
    a, b = operands()
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: matmul(a, b, kernels=table), range(8)))
    assert all(np.array_equal(c, a @ b) for c in got)
    assert len(fast) == 1


def test_operands_that_are_not_finite(table, fast):
    a, b = operands()
    a[0, 0] = np.nan
    got = matmul(a, b, check_finite=True, kernels=table)
    assert np.array_equal(got, a @ b, equal_nan=True)
    assert np.isfinite(got[1:]).all()
    assert not np.isfinite(matmul(a, b, kernels=table)[1:]).all()  # the sums spread it


def test_no_room_for_sums_means_a_plain_product(table, fast, monkeypatch):
    def run(self, *given):
        raise MemoryError

    monkeypatch.setattr(product.MeasuredKernel, "run", run)
    a, b = operands()
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)


def test_jax_arrays_stay_jax_arrays_and_can_be_traced(table, fast):
    a, b = map(jnp.asarray, operands(np.float32))
    plan = explain(a, b, kernels=table)
    assert (plan.backend, plan.scheme, plan.variant) == ("jax", strassen().hash, Variant(1, False))
    expected = jnp.matmul(a, b, precision="highest")

    def product(a, b):
        return matmul(a, b, kernels=table)

    constant = np.asarray(b)
    for got in (product(a, constant), product(np.asarray(a), b), jax.jit(lambda a: product(a, constant))(a)):
        assert isinstance(got, jax.Array)
        assert jnp.array_equal(got, expected)
    stacked = jax.vmap(product)(jnp.stack([a, 2 * a]), jnp.stack([b, b]))
    assert jnp.array_equal(stacked, jnp.stack([expected, 2 * expected]))
    assert jnp.isfinite(matmul(a.at[0, 0].set(jnp.nan), b, check_finite=True, kernels=table)[1:]).all()
    for got in (product(a, b), jax.jit(product)(a, b)):
        assert isinstance(got, jax.Array)
        assert jnp.array_equal(got, expected)
    gradient = jax.grad(lambda a: product(a, b).sum())(a)
    assert jnp.allclose(gradient, jnp.ones_like(expected) @ b.T)


def test_the_best_of_few_rounds_is_no_ratio(table, monkeypatch):
    """All variants win by ten in the first rounds, by two when the best of them are looked at again."""

    def interleave(calls, rounds, seed, before):
        fast = 0.1 if len(calls) > 1 + tune.FINALISTS else 0.5
        return {variant: np.full(rounds, 1.0 if variant is None else fast) for variant in calls}

    monkeypatch.setattr(tune, "interleave", interleave)
    assert explain(*operands(), kernels=table).speed == 2.0


def test_measuring_for_real(table, capfd):
    a, b = operands(np.float32)
    assert np.array_equal(matmul(a, b, kernels=table), a @ b)
    traced = jax.jit(lambda a, b: matmul(a, b, kernels=table))  # measures while it is traced
    assert np.array_equal(traced(jnp.asarray(a), jnp.asarray(b)), a @ b)
    assert capfd.readouterr().err.count("timing kernels once for float32") == 2
    for library in (libraries.numpy(), libraries.jax()):
        (speeds,) = product._kernel(table, library)._speeds.values()
        assert set(speeds) == set(library.states)
        for ratios in speeds.values():
            assert ratios
            assert all(0 < speed < 100 for found in ratios.values() for speed in found.values())
