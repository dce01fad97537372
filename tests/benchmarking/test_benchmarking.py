import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages import timing
from stages.benchmarking.accuracy import error_bound, relative_error
from stages.benchmarking.arms import choose, load
from stages.benchmarking.benchmark import benchmark
from stages.contract import tables
from stages.contract.params import Benchmarking
from stages.errors import KernelError

ROOT = Path(__file__).parents[2]
FACTS = {"threads": 1, "device": "cpu", "cpu": "model", "versions": "jax"}
SOURCE = "import jax.numpy as jnp\n\ndef matmul(a, b):\n    return jnp.matmul(a, b)\n"


def kernel(source: str = SOURCE, **changes: object) -> dict:
    """A row of the kernel table; the text is a plain product unless told."""
    row = {"scheme": "s" * 16, "inner": "", "size": "2x2x2", "ring": "Z", "rank": 7, "backend": "jax", "additions": 18}
    row |= {"emax": 12.0, "source": source, "kernel": hashlib.sha256(source.encode()).hexdigest()[:16]}
    return row | changes


def values(**changes: object) -> Benchmarking:
    given = {"sizes": (24,), "dtypes": ("float32",), "rounds": 3, "kernels_per_size": 1, "seed": 0}
    return Benchmarking(**(given | changes))


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(timing, "PAUSE_S", 0.0)


def test_one_row_per_size_type_arm_and_round():
    rows = benchmark([kernel()], values(sizes=(16, 24), dtypes=("float32", "float64")), FACTS)
    assert len(rows) == 2 * 2 * 3 * 3
    assert all(set(row) == set(tables.TIMINGS.names) for row in rows)
    assert [row["round"] for row in rows[:3]] == [0, 1, 2]
    assert {row["arm"] for row in rows} == {"numpy", "jax", kernel()["kernel"]}
    ours = next(row for row in rows if row["arm"] == kernel()["kernel"])
    assert (ours["scheme"], ours["size"], ours["rank"], ours["n"]) == ("s" * 16, "2x2x2", 7, 16)
    assert all(row["seconds"] > 0 for row in rows)


def test_errors_stand_beside_the_times():
    rows = benchmark([kernel()], values(dtypes=("float32", "float64")), FACTS)
    for row in rows:
        single = row["dtype"] == "float32"
        assert row["error"] < (1e-6 if single else 1e-15)
        assert not single or row["error"] > 1e-9


def test_no_kernel_leaves_the_baselines_alone():
    assert {row["arm"] for row in benchmark([], values(), FACTS)} == {"numpy", "jax"}


@pytest.mark.parametrize("product", ["jnp.matmul(a, b) * 1.001", "jnp.matmul(a, b) * jnp.nan", "jnp.matmul(b, a)"])
def test_a_wrong_product_is_refused(product):
    with pytest.raises(KernelError, match=r"of scheme s+ \(2x2x2\): expected a float32 product of size 24"):
        benchmark([kernel(SOURCE.replace("jnp.matmul(a, b)", product))], values(), FACTS)


def test_a_product_of_another_type_is_refused():
    narrow = SOURCE.replace("jnp.matmul(a, b)", "jnp.matmul(a, b).astype(jnp.float32)")
    with pytest.raises(KernelError, match="got float32"):
        benchmark([kernel(narrow)], values(dtypes=("float64",)), FACTS)


def test_a_changed_source_is_refused():
    with pytest.raises(KernelError, match="its source has another hash"):
        load(kernel() | {"source": SOURCE + "\n"})


def test_a_source_without_a_product_is_refused():
    with pytest.raises(KernelError, match="defines no matmul"):
        load(kernel("x = 1\n"))


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
    assert [row["kernel"] for row in choose(rows, 1)] == ["c", "g", "f"]
    assert [row["kernel"] for row in choose(rows, 5)] == ["c", "d", "b", "g", "f"]


def test_error_bound_by_hand():
    # 2x2x2, inner length 14: blocks of 7, 18 additions, sqrt(25) = 5; eps * 12 * 5.
    assert error_bound(kernel(), 14, np.dtype("float64")) == pytest.approx(60 * 2.0**-52)


def test_relative_error_by_hand():
    # |(0, 3, 4, 0)| = 5 against |(0, 0, 6, 8)| = 10.
    exact = np.array([[0.0, 0.0], [6.0, 8.0]])
    assert relative_error(exact + np.array([[0.0, 3.0], [4.0, 0.0]]), exact) == 0.5


def test_command_line(tmp_path):
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given["benchmarking"] |= {"sizes": [16], "dtypes": ["float32"], "rounds": 3}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(given))
    tables.write_rows(tmp_path / "kernels.parquet", tables.KERNELS, [kernel()])
    command = [sys.executable, "-m", "stages.benchmarking", "--params", str(tmp_path / "params.yaml")]
    command += ["--kernels", str(tmp_path / "kernels.parquet"), "--timings", str(tmp_path / "out/timings.parquet")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = tables.read_rows(tmp_path / "out/timings.parquet", tables.TIMINGS)
    assert len(rows) == 9
    assert rows[0]["threads"] >= 1
    assert all("numpy" in row["versions"] and row["cpu"] and row["device"] for row in rows)
