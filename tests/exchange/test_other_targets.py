"""Schemes of targets that are no matrix products: checked, imported, exported, proved; the target is found or named."""

import subprocess
import sys
from pathlib import Path

import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Target
from stages.contract import scheme_files, tables
from stages.contract.named_targets import read_targets
from stages.contract.rows.schemes import NAMED
from stages.errors import SchemeError
from stages.exchange import check_certificate, importing
from stages.exchange.check import check
from stages.exchange.export import export
from stages.exchange.findings import Wanted
from stages.exchange.formats import files
from stages.verification.verdict import judge
from tests import examples
from tests.rows import candidate_row

ROOT = Path(__file__).parents[2]
NAMED_TARGETS = read_targets(ROOT / "data/targets")
GRAM = next(target for target in NAMED_TARGETS if target.name == "gram2x2")
WRITTEN = ("npz", "exp", "json", "certificate")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "imported").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("target", NAMED_TARGETS, ids=lambda target: target.name)
def test_its_modes_and_its_tensor_decide(name, target, folder):
    (folder / "file").write_bytes(files.WRITERS[name](standard(target)))
    line = f"{folder / 'file'}: {target.name}, rank {target.naive_rank}: holds over Z2, Z3, Z, Q"
    assert list(check([folder / "file"], "Z", Wanted(NAMED_TARGETS))) == [(True, line)]
    assert list(check([folder / "file"], "Z", Wanted(NAMED_TARGETS, target.name))) == [(True, line)]


def test_of_two_maps_that_are_equal_modulo_two_the_one_over_z_is_meant(folder):
    """The convolution of two numbers is the complex product but for a sign."""
    one, other = (next(target for target in NAMED_TARGETS if target.name == name) for name in ("complex", "cyclic2"))
    for target in (one, other):
        (folder / "file").write_bytes(files.WRITERS["exp"](standard(target)))
        for named in ([one, other], [other, one]):
            ((_, line),) = check([folder / "file"], None, Wanted(named))
            assert line == f"{folder / 'file'}: {target.name}, rank 4: holds over Z2, Z3, Z, Q"


def test_a_map_with_the_rows_of_a_product_is_told_from_it(folder):
    """2x2x2 with the entries of C exchanged has the rows of 2x2x2, and is another map."""
    product = examples.strassen().target
    i, j, k, values = product.entries.T
    other = Target("other", product.modes, Target("", product.modes, product.entries).entries.copy())
    other.entries[:, 2] = (k + 1) % 4
    scheme = standard(other)
    (folder / "file.npz").write_bytes(files.WRITERS["npz"](scheme))
    assert [holds for holds, _ in check([folder / "file.npz"], None)] == [False]
    ((holds, line),) = check([folder / "file.npz"], None, Wanted([other]))
    assert holds
    assert ": other, rank 8: holds over Z2, Z3, Z, Q" in line
    assert len(i) == len(j) == len(values) == 8


@pytest.mark.parametrize(
    ("named", "demanded", "message"),
    [
        ([], "", "expected a scheme of skew4, and skew4 among the targets, got rows [6, 4, 4]"),
        (NAMED_TARGETS, "skew3", "expected a scheme of skew3"),
        (NAMED_TARGETS, "2x2x2", "expected a scheme of 2x2x2"),
    ],
)
def test_what_fits_no_target_is_one_line(named, demanded, message, folder):
    skew = next(target for target in NAMED_TARGETS if target.name == "skew4")
    scheme_files.write(folder / "skew.json", standard(skew))
    ((holds, line),) = check([folder / "skew.json"], None, Wanted(named, demanded))
    assert not holds
    assert message in line


@pytest.mark.parametrize("text", ["1\n1\n#\n1\n#\n1", "(a1)*(b1)*(c99999)"])
def test_rows_of_nothing_are_one_line(text, folder):
    (folder / "file").write_text(text)
    for named in ([], NAMED_TARGETS):
        ((holds, line),) = check([folder / "file"], None, Wanted(named))
        assert not holds
        assert "belong to no matrix product" in line
        assert (f"nor to any of the {len(NAMED_TARGETS)} other targets" in line) == bool(named)


def test_import_keeps_it_and_export_finds_it(folder):
    skew = next(target for target in NAMED_TARGETS if target.name == "skew3")
    scheme = standard(skew)
    (folder / "skew.exp").write_bytes(files.WRITERS["exp"](scheme))
    ((holds, line),) = importing.import_files([folder / "skew.exp"], folder / "imported", Wanted(NAMED_TARGETS))
    assert holds
    kept = folder / "imported" / f"skew3-6-Z-{scheme.hash}.json"
    assert line.endswith(f" -> {kept}")
    held = scheme_files.read(kept, NAMED_TARGETS)
    assert held.hash == scheme.hash
    none, table = folder / "none.parquet", folder / "named.parquet"
    assert export(scheme.hash, "exp", none, none, folder / "imported", NAMED_TARGETS) == files.write("exp", held)
    tables.write(table, NAMED, [judge(candidate_row(scheme), NAMED_TARGETS)])
    kept.unlink()
    found = export(scheme.hash[:6], "json", none, table, folder / "imported", NAMED_TARGETS)
    assert found == files.write("json", scheme)
    with pytest.raises(SchemeError, match="expected a matrix product, got skew3"):
        export(scheme.hash, "latex", none, table, folder / "imported", NAMED_TARGETS)


def test_a_wrong_scheme_has_no_certificate():
    u, v, w = standard(GRAM).factors
    with pytest.raises(SchemeError, match="gram2x2 over Z: entry"):
        files.WRITERS["certificate"](Scheme(GRAM, "Z", Factors(u, v, -w)))


def test_the_command_takes_a_target(folder):
    scheme = standard(GRAM)
    (folder / "file").write_bytes(files.WRITERS["json"](scheme))
    command = [sys.executable, "-m", "stages.exchange", "check", folder / "file", "--target", "gram2x2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{folder / 'file'}: gram2x2, rank 6: holds")


def test_the_script_proves_its_certificate(folder):
    paths = []
    for target in (GRAM, *NAMED_TARGETS[:2]):
        paths.append(folder / target.name)
        paths[-1].write_bytes(files.WRITERS["certificate"](standard(target)))
    done = subprocess.run(
        [sys.executable, "-I", check_certificate.__file__, *paths], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"{paths[0]}: right: gram2x2, 6 products over Z: all 48 equations hold"
