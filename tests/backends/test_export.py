import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.backends import kernel
from stages.backends.export import BACKENDS, export
from stages.contract import tables
from stages.contract.rows.schemes import VERIFIED
from stages.errors import KernelError
from tests.examples import halves, modulo_two, product, strassen, winograd
from tests.kernels.test_kernels import verified

ROOT = Path(__file__).parents[2]
LONG = product(strassen(), standard(Size(1, 1, 2).target))
EIGHT = standard(Size(2, 2, 2).target)
ROWS = [verified(scheme) for scheme in (strassen(), winograd(), halves(), LONG, modulo_two(), EIGHT)]


def lines(command: list[str], folder: Path) -> list[str]:
    """What a command prints, run with nothing of this project in sight."""
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def difference(line: str) -> float:
    text, number = line.split(": ")
    assert text == "largest difference from the plain product"
    return float(number)


@pytest.mark.parametrize(
    ("backend", "scheme", "largest"), [("numpy", halves(), 1e-12), ("numpy", LONG, 1e-12), ("jax", strassen(), 1e-3)]
)
def test_exported_python_runs_alone(backend, scheme, largest, tmp_path):
    folder = tmp_path / "made" / "here"
    export(ROWS, scheme.hash, backend, folder, None)
    module = f"matmul_{scheme.size.name}.py"
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "example.py", module]
    readme = (folder / "README.txt").read_text()
    assert f"python {module}\n" in readme
    assert "python example.py\n" in readme
    line = f"scheme {scheme.hash}, size {scheme.size.name}, rank {scheme.rank}: right"
    assert lines([sys.executable, "-I", str(folder / module)], tmp_path) == [line]
    first, *others = lines([sys.executable, str(folder / "example.py")], tmp_path)
    assert 0 < difference(first) < largest
    assert others == ([] if backend == "numpy" else ["gradients of its sum: (300, 200) (200, 100)"])


def test_exported_c_compiles_and_runs_alone(tmp_path):
    export(ROWS, strassen().hash, "c", tmp_path, strassen().hash[:8])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.txt", "example.c", "matmul_2x2x2.c"]
    readme = dict(line.split(":  ", 1) for line in (tmp_path / "README.txt").read_text().splitlines() if ":  " in line)
    test, example = (readme[key].strip() for key in ("Test", "Example"))
    assert example in (tmp_path / "example.c").read_text().splitlines()[0]
    (line,) = lines(["sh", "-c", test], tmp_path)
    assert line.endswith(" products, 0 wrong")
    (line,) = lines(["sh", "-c", example], tmp_path)
    assert 0 < difference(line) < 1e-12


def test_c_fuses_the_scheme_that_is_asked_for_or_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "build", lambda source: None)  # the trial is another test's
    for inner, expected in ((None, winograd()), (halves().hash, halves())):
        folder = tmp_path / expected.hash
        export(ROWS, winograd().hash, "c", folder, inner)
        head = (folder / "matmul_2x2x2.c").read_text()[:900]
        assert f"level 0 in memory: scheme {winograd().hash}," in head
        assert f"fused level 0: scheme {expected.hash}," in head


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_cannot_be_exported_leaves_nothing(backend, tmp_path):
    folder = tmp_path / "out"
    for prefix, message in (
        ("0" * 16, "hash 0000000000000000: expected one verified scheme that begins so, got none"),
        ("", f"expected one verified scheme that begins so, got {len(ROWS)}"),
        (modulo_two().hash, f"scheme {modulo_two().hash}: holds only modulo 2; a kernel needs Z or Q"),
        (EIGHT.hash, "8 products do not beat the 8 of the standard algorithm"),
    ):
        with pytest.raises(KernelError, match=message):
            export(ROWS, prefix, backend, folder, None)
    assert not folder.exists()


def test_inner_schemes_are_looked_at_too(tmp_path):
    with pytest.raises(KernelError, match=f"scheme {modulo_two().hash}: holds only modulo 2"):
        export(ROWS, strassen().hash, "c", tmp_path / "out", modulo_two().hash)
    with pytest.raises(KernelError, match="--inner: only back end c has a fused level, not numpy"):
        export(ROWS, strassen().hash, "numpy", tmp_path / "out", strassen().hash)
    assert not (tmp_path / "out").exists()


def test_what_is_there_stays(tmp_path):
    (tmp_path / "example.py").write_text("mine")
    for folder in (tmp_path, tmp_path / "example.py", tmp_path / "example.py" / "below"):
        with pytest.raises(KernelError, match=r"expected a new or an empty folder|Not a directory|File exists"):
            export(ROWS, strassen().hash, "numpy", folder, None)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_no_compiler_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="expected a C compiler called cc on PATH"):
        export(ROWS, strassen().hash, "c", tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_command_line(tmp_path):
    tables.write(tmp_path / "schemes.parquet", VERIFIED, ROWS)
    command = [sys.executable, "-m", "stages.backends", "export", "--table", str(tmp_path / "schemes.parquet")]
    command += ["--backend", "numpy", "-o", str(tmp_path / "out")]
    done = subprocess.run([*command, modulo_two().hash], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: scheme {modulo_two().hash}: holds only modulo 2; a kernel needs Z or Q\n"
    assert not (tmp_path / "out").exists()
    done = subprocess.run([*command, strassen().hash[:6]], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out" / "matmul_2x2x2.py").exists()
