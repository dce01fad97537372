import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.backends.c import variants
from stages.backends.c.emitter import emit
from stages.benchmarking.accuracy import error_bound, exact_rows, relative_error
from stages.benchmarking.benchmark import benchmark
from stages.benchmarking.implementations import Loaded, choose
from stages.contract import tables
from stages.contract.rows.kernels import KERNELS, TIMINGS, KernelRow
from stages.errors import KernelError
from stages.params.benchmarking import Benchmarking, Calibration
from stages.program.program import from_scheme
from tests.examples import strassen
from tests.rows import kernel_row

ROOT = Path(__file__).parents[2]
SMALL = Calibration(side=64, cache_share=0.002, memory_side=64, rounds=5)
FACTS = {"threads": 1, "device": "cpu", "cpu": "model", "versions": "jax"}
SOURCE = "import jax.numpy as jnp\n\ndef matmul(a, b):\n    return jnp.matmul(a, b)\n"


def kernel(source: str = SOURCE, **changes: object) -> KernelRow:
    """A row of the kernel table; the text is a plain product unless told."""
    return kernel_row(source, strassen(), **changes)


def values(**changes: object) -> Benchmarking:
    given = {"shapes": ((24, 24, 24),), "dtypes": ("float32",), "states": ("warm",), "schemes": ("2x2x2",)}
    given |= {"backends": ("c", "jax", "numpy"), "rounds": 3, "kernels_per_size": 1, "seed": 0}
    given |= {"pause_s": 0.0, "idle_s": 0.0, "error_rows": 16, "calibration": SMALL}
    return Benchmarking(**(given | changes))


def test_one_row_per_product_type_state_implementation_and_round():
    given = values(shapes=((16, 24, 8), (24, 24, 24)), dtypes=("float32", "float64"), states=("warm", "idle", "after"))
    rows = benchmark([kernel()], given, FACTS)
    assert len(rows) == 2 * 2 * 3 * 3 * 3
    assert {row.state for row in rows} == {"warm", "idle", "after"}
    assert [row.round for row in rows[:3]] == [0, 1, 2]
    name = f"{kernel().kernel} L1"
    assert {row.implementation for row in rows} == {"numpy", "jax", name}
    ours = next(row for row in rows if row.implementation == name)
    assert (ours.scheme, ours.size, ours.rank, ours.variant) == (strassen().hash, "2x2x2", 7, "jax L1")
    assert (ours.n, ours.m, ours.p) == (16, 24, 8)
    assert all(row.seconds > 0 for row in rows)


def test_errors_stand_beside_the_times():
    rows = benchmark([kernel()], values(dtypes=("float32", "float64")), FACTS)
    for row in rows:
        single = row.dtype == "float32"
        assert row.error < (1e-6 if single else 1e-15)
        assert not single or row.error > 1e-9


def test_every_variant_of_a_c_kernel_and_the_others_take_part(monkeypatch):
    monkeypatch.setattr(variants, "LEAST_BLOCK", 16)
    program, scheme = from_scheme(strassen()), strassen().hash
    source = emit([(scheme, program)], [(scheme, program)])
    row = kernel(source, backend="c")
    rows = benchmark([row], values(shapes=((64, 64, 64),), dtypes=("float32", "float64")), FACTS)
    assert {row.variant for row in rows} == {"", "c L0F", "c L1", "c L1F", "c L2"}
    assert all((row.workspace > 0) == (row.variant != "") for row in rows)
    with pytest.raises(KernelError, match="no row of its inner scheme other"):
        Loaded(replace(row, inner="other"), [row], SMALL)


def test_no_kernel_leaves_the_baselines_alone():
    assert {row.implementation for row in benchmark([], values(), FACTS)} == {"numpy", "jax"}


@pytest.mark.parametrize("product", ["jnp.matmul(a, b) * 1.001", "jnp.matmul(a, b) * jnp.nan", "jnp.matmul(b, a)"])
def test_a_wrong_product_is_refused(product):
    with pytest.raises(KernelError, match=r"of scheme \w+ \(2x2x2\): expected a float32 product of 24x24x24"):
        benchmark([kernel(SOURCE.replace("jnp.matmul(a, b)", product))], values(), FACTS)


def test_a_product_of_another_type_is_refused():
    narrow = SOURCE.replace("jnp.matmul(a, b)", "jnp.matmul(a, b).astype(jnp.float32)")
    with pytest.raises(KernelError, match="got float32"):
        benchmark([kernel(narrow)], values(dtypes=("float64",)), FACTS)


def test_a_changed_source_is_refused():
    with pytest.raises(KernelError, match="its source has another hash"):
        Loaded(replace(kernel(), source=SOURCE + "\n"), [], SMALL)


def test_a_source_without_a_product_is_refused():
    with pytest.raises(KernelError, match="defines no matmul"):
        Loaded(kernel("x = 1\n"), [], SMALL)


def test_choice_is_lowest_rank_then_fewest_additions():
    rows = [
        kernel(kernel="a", rank=8, additions=1),
        kernel(kernel="b", additions=20),
        kernel(kernel="c", additions=18),
        kernel(kernel="d", additions=19),
        kernel(kernel="e", ring="Q", rank=6),
        kernel(kernel="f", size="10x10x10", rank=900),
        kernel(kernel="g", size="3x3x3", rank=23),
    ]
    rows += [kernel(kernel="h", size="4x4x4", rank=49), kernel(kernel="i", backend="numpy", additions=1)]
    given = values(schemes=("2x2x2", "3x3x3", "10x10x10"), backends=("jax",))
    assert [row.kernel for row in choose(rows, given)] == ["c", "g", "f"]
    assert [row.kernel for row in choose(rows, values(kernels_per_size=5))] == ["c", "d", "b", "i"]
    message = r"expected sizes with kernels over Z in c or jax \(2x2x2, 3x3x3, 4x4x4\), got 9x9x9$"
    with pytest.raises(KernelError, match=message):
        choose(rows, values(schemes=("2x2x2", "3x3x3", "4x4x4", "9x9x9"), backends=("c", "jax")))


def test_error_bound_by_hand():
    # inner length 7, 18 additions: sqrt(25) = 5; eps * 12 * 5.
    assert error_bound(12.0, 18, 7, np.dtype("float64")) == pytest.approx(60 * 2.0**-52)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_rows_are_wider(dtype):
    a, b = (np.random.default_rng(0).standard_normal((40, 40)).astype(dtype) for _ in range(2))
    rows, exact = exact_rows(a, b, 16, 0)
    assert len(set(rows)) == len(exact) == 16
    assert np.finfo(exact.dtype).eps < np.finfo(dtype).eps
    assert 0 < relative_error((a @ b)[rows], exact) < 10 * np.finfo(dtype).eps


def test_relative_error_by_hand():
    # |(0, 3, 4, 0)| = 5 against |(0, 0, 6, 8)| = 10.
    exact = np.array([[0.0, 0.0], [6.0, 8.0]])
    assert relative_error(exact + np.array([[0.0, 3.0], [4.0, 0.0]]), exact) == 0.5


def test_command_line(tmp_path):
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given["benchmarking"] |= {"shapes": [[16, 16, 16]], "dtypes": ["float32"], "schemes": ["2x2x2"], "rounds": 3}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(given))
    tables.write(tmp_path / "kernels.parquet", KERNELS, [kernel()])
    command = [sys.executable, "-m", "stages.benchmarking", "--params", str(tmp_path / "params.yaml")]
    command += ["--kernels", str(tmp_path / "kernels.parquet"), "--timings", str(tmp_path / "out/timings.parquet")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = tables.read(tmp_path / "out/timings.parquet", TIMINGS)
    assert len(rows) == 9
    assert rows[0].threads >= 1
    assert all("numpy" in row.versions and row.cpu and row.device for row in rows)
