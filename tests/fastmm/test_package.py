"""The package: made of proved schemes, small, and without the pipeline."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fastmm import blas
from fastmm import library as installed
from stages.backends.library import library
from tests.fastmm.conftest import ROOT


def test_the_source_is_made_again_byte_for_byte():
    made = library(ROOT / "results")
    assert made == (ROOT / "fastmm/kernels/kernels.c").read_text(), "python -m stages.backends library"


@pytest.mark.parametrize(
    ("told", "model"),
    [
        ("processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n", "AMD EPYC (family 26, model 2)"),
        ("processor\t: 0\nmodel name\t: Cortex\n\nprocessor\t: 1\nmodel name\t: Other\n", "Cortex"),
    ],
)
def test_processors_of_one_name_are_told_apart(monkeypatch, tmp_path, told, model):
    (tmp_path / "cpuinfo").write_text(told)
    monkeypatch.setattr(installed, "_CPUINFO", tmp_path / "cpuinfo")
    assert installed.cpu_model() == model


def test_the_wheel_is_small_and_for_any_python(wheel):
    assert wheel.stat().st_size < 1_000_000
    assert "-py3-none-linux" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("METADATA"))
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"fastmm"}
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra" not in line]
    assert required == ["Requires-Dist: numpy"]


def test_it_needs_numpy_alone(site):
    code = "import sys, fastmm; print(*sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    names = subprocess.run([sys.executable, "-c", code], cwd=site, capture_output=True, text=True, check=True).stdout
    assert {"fastmm", "numpy"} <= set(names.split())
    assert not {"stages", "jax", "scipy", "threadpoolctl"} & set(names.split())


def test_check_tries_out_what_is_installed(site, tmp_path):
    command = [sys.executable, "-m", "fastmm", "check"]
    folder = shutil.copytree(site, tmp_path / "ü")
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=folder, env=ascii_only, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "/\\xfc/fastmm/kernels/kernels.so: all products of the trial are exact (portable" in done.stdout
    assert "level in memory: 2x2x2:7, scheme " in done.stdout


def test_the_command_is_of_what_is_installed_in_the_folder_of_the_sources_too(wheel, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(tmp_path)]
    subprocess.run([*command, str(wheel)], check=True)
    sources = tmp_path / "sources"
    shutil.copytree(ROOT / "fastmm", sources / "fastmm", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    where = os.environ | {"PYTHONPATH": str(tmp_path)}
    checked = subprocess.run([tmp_path / "bin/fastmm", "check"], cwd=sources, env=where, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith(f"{tmp_path}/fastmm/kernels/kernels.so: all products of the trial are exact")
    command = [sys.executable, "-m", "fastmm", "check"]
    checked = subprocess.run(command, cwd=sources, env=where, capture_output=True, text=True)
    assert checked.returncode == 1
    assert checked.stderr.endswith(
        "no such file; pip install compiles it, for use outside of the folder of the sources\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which threads run")
def test_threads_that_run_are_seen_but_for_those_of_kernels(kernel):
    a = np.ones((90, 90))
    kernel.product(a, a, threads=2)
    assert "fmm\n" in [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]
    at_rest()
    stop = threading.Event()
    sleeper = threading.Thread(target=stop.wait)
    sleeper.start()
    at_rest()

    def work() -> None:
        big = np.ones((3000, 3000))
        while not stop.is_set():
            np.dot(big, big)  # lets the lock of Python go

    worker = threading.Thread(target=work)
    worker.start()
    end = time.monotonic() + 20
    while not (seen := blas.is_crowded()) and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    for thread in (sleeper, worker):
        thread.join()
    assert seen
    at_rest()


def at_rest() -> None:
    """Waits for threads of other tests that may still spin."""
    end = time.monotonic() + 60
    while blas.is_crowded():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(not (blas.openblas() and blas.openblas().setter), reason="NumPy's library shares no threads")
def test_threads_are_shared_and_given_back(kernel):
    """NumPy's results stay the same to the bit, with one job and with many, from several threads."""
    rng = np.random.default_rng(0)
    operands = [rng.standard_normal((2, n, n)) for n in (3, 130, 700)]

    def digest() -> str:
        products = [a @ b for a, b in operands] + [np.linalg.inv(a) for a, _ in operands]
        return hashlib.sha256(b"".join(x.tobytes() for x in products)).hexdigest()

    before = digest()
    try:
        assert blas.share_threads()
        assert blas.share_threads()
        assert not blas.is_crowded()
        assert digest() == before
    finally:
        assert not blas.share_threads(False)
    assert digest() == before
