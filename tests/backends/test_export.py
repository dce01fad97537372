import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import orientation, oriented
from stages.algebra.targets import Size
from stages.backends import kernel
from stages.backends.choice import Choice, choose
from stages.backends.export import BACKENDS, export
from stages.contract import scheme_files, tables
from stages.contract.rows.schemes import VERIFIED, VerifiedRow
from stages.errors import KernelError, SchemeError
from stages.exchange.formats import files
from stages.program.costs import additions
from stages.program.program import from_json, from_scheme
from tests.examples import halves, modulo_two, product, strassen, winograd
from tests.kernels.test_kernels import verified

ROOT = Path(__file__).parents[2]
LONG = product(strassen(), standard(Size(1, 1, 2).target))
EIGHT = standard(Size(2, 2, 2).target)


@functools.cache
def rows() -> list[VerifiedRow]:
    return [verified(scheme) for scheme in (strassen(), winograd(), halves(), LONG, modulo_two(), EIGHT)]


def chosen(scheme: Scheme) -> Choice:
    return Choice(scheme, from_scheme(scheme))


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "verified" / "schemes.parquet"
    tables.write(path, VERIFIED, rows())
    return path


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
    export(chosen(scheme), backend, folder, None)
    module, proof = f"matmul_{scheme.size.name}.py", f"certificate_{scheme.hash}.json"
    names = ["README.txt", proof, "check_certificate.py", "example.py", module]
    assert sorted(path.name for path in folder.iterdir()) == names
    readme = (folder / "README.txt").read_text()
    assert f"python check_certificate.py {proof}\n" in readme
    (line,) = lines([sys.executable, "-I", "check_certificate.py", proof], folder)
    assert line.startswith(f"{proof}: right: {scheme.size.name}, {scheme.rank} products over {scheme.ring}: ")
    assert f"python {module}\n" in readme
    assert "python example.py\n" in readme
    line = f"scheme {scheme.hash}, size {scheme.size.name}, rank {scheme.rank}: right"
    assert lines([sys.executable, "-I", str(folder / module)], tmp_path) == [line]
    first, *others = lines([sys.executable, str(folder / "example.py")], tmp_path)
    assert 0 < difference(first) < largest
    assert others == ([] if backend == "numpy" else ["gradients of its sum: (300, 200) (200, 100)"])


def test_exported_c_tells_how_it_is_compiled(tmp_path):
    """That it then runs alone is what the newcomer of tests/workflow sees."""
    export(chosen(strassen()), "c", tmp_path, None)
    proof = f"certificate_{strassen().hash}.json"
    names = ["README.txt", proof, "check_certificate.py", "example.c", "matmul_2x2x2.c"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    readme = dict(line.split(":  ", 1) for line in (tmp_path / "README.txt").read_text().splitlines() if ":  " in line)
    assert readme["Test"].strip().startswith("cc ")
    assert readme["Example"].strip() in (tmp_path / "example.c").read_text().splitlines()[0]


def test_c_fuses_the_scheme_that_is_asked_for_or_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "build", lambda source: None)  # the trial is another test's
    for inner, expected in ((None, winograd()), (chosen(halves()), halves())):
        folder = tmp_path / expected.hash
        export(chosen(winograd()), "c", folder, inner)
        head = (folder / "matmul_2x2x2.c").read_text()[:900]
        assert f"level 0 in memory: scheme {winograd().hash}," in head
        assert f"fused level 0: scheme {expected.hash}," in head
        assert {path.name for path in folder.glob("certificate_*")} == {
            f"certificate_{scheme.hash}.json" for scheme in (winograd(), expected)
        }


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("0" * 16, "hash 0000000000000000: expected one scheme, verified or in .*, got none"),
        ("", "hash: expected at least four digits, got ''"),
        (modulo_two().hash, f"scheme {modulo_two().hash}: holds only modulo 2; a kernel needs Z or Q"),
        (EIGHT.hash, "8 products do not beat the 8 of the standard algorithm"),
        ("absent.exp", "absent.exp: expected a file with a scheme or the first digits of a hash, got neither"),
    ],
)
def test_a_name_of_nothing_that_becomes_a_kernel_is_one_line(prefix, message, table, tmp_path):
    with pytest.raises((KernelError, SchemeError), match=message):
        choose(prefix, table, tmp_path)


def test_a_verified_scheme_has_its_own_program(table, tmp_path):
    row = next(row for row in rows() if row.hash == winograd().hash)
    made = choose(winograd().hash, table, tmp_path)
    assert (made.scheme.hash, made.program) == (winograd().hash, from_json(row.program))


def test_no_run_is_needed_of_what_is_imported_or_brought(tmp_path):
    """The program is that of the fewest additions, as verification finds it."""
    none = tmp_path / "none.parquet"
    scheme_files.write(tmp_path / "imported" / "x.json", winograd())
    (tmp_path / "mine.exp").write_bytes(files.write("exp", winograd())[""])
    for name in (winograd().hash[:6], str(tmp_path / "mine.exp")):
        made = choose(name, none, tmp_path / "imported")
        assert made.scheme.hash == winograd().hash
        assert additions(made.program) == 15


def test_a_file_keeps_its_order_of_sides(tmp_path):
    turned = oriented(LONG, orientation(LONG.size, Size(4, 2, 2)))
    (tmp_path / "mine").write_bytes(files.write("exp", turned)[""])
    made = choose(str(tmp_path / "mine"), tmp_path / "none.parquet", tmp_path)
    assert made.scheme.target.name == made.program.size.name == "4x2x2"
    export(made, "numpy", tmp_path / "out", None)
    assert (tmp_path / "out" / "matmul_4x2x2.py").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "unreadable: an empty file"),
        (files.write("exp", strassen())[""].replace(b"-", b"+", 1), "holds only modulo 2; a kernel needs Z or Q"),
        (files.write("exp", strassen())[""].split(b"\n", 1)[1], r"2x2x2, rank 6: WRONG: over no ring: entry"),
        (b"(a11)*(b11)", "unreadable: "),
    ],
)
def test_a_bad_file_is_one_line(data, message, tmp_path):
    path = tmp_path / "mine"
    path.write_bytes(data)
    with pytest.raises((KernelError, SchemeError), match=message) as caught:
        choose(str(path), tmp_path / "none.parquet", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_of_several_schemes_is_imported_first(tmp_path):
    several = ROOT / "tests/exchange/arrays/layout_14236.npz"
    with pytest.raises(SchemeError, match=r"14236.npz: expected one scheme, got several; import the file"):
        choose(str(several), tmp_path / "none.parquet", tmp_path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_does_not_hold_leaves_nothing(backend, tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "build", lambda source: None)
    u, v, w = strassen().factors
    wrong = Scheme(strassen().target, "Z", Factors(u, v, -w))
    with pytest.raises((KernelError, SchemeError)):
        export(Choice(wrong, from_scheme(strassen())), backend, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_only_c_has_a_fused_level(tmp_path):
    with pytest.raises(KernelError, match="--inner: only back end c has a fused level, not numpy"):
        export(chosen(strassen()), "numpy", tmp_path / "out", chosen(strassen()))
    assert not (tmp_path / "out").exists()


def test_what_is_there_stays(tmp_path):
    (tmp_path / "example.py").write_text("mine")
    for folder in (tmp_path, tmp_path / "example.py", tmp_path / "example.py" / "below"):
        with pytest.raises(KernelError, match=r"expected a new or an empty folder|Not a directory|File exists"):
            export(chosen(strassen()), "numpy", folder, None)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_no_compiler_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="expected a C compiler called cc on PATH"):
        export(chosen(strassen()), "c", tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_command_line(table, tmp_path):
    command = [sys.executable, "-m", "stages.backends", "export", "--schemes", str(table)]
    command += ["--backend", "numpy", "-o", str(tmp_path / "out")]
    done = subprocess.run([*command, modulo_two().hash], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: scheme {modulo_two().hash}: holds only modulo 2; a kernel needs Z or Q\n"
    assert not (tmp_path / "out").exists()
    done = subprocess.run([*command, strassen().hash[:6]], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert first.startswith(f"scheme {strassen().hash}: right, size 2x2x2, ring Z, 7 products instead of 8, ")
    assert last == f"{tmp_path / 'out'}: tried out; README.txt there says how to call it"
    assert (tmp_path / "out" / "matmul_2x2x2.py").exists()
