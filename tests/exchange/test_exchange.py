"""The exchange as a person meets it: the commands, a line per scheme, exit codes, and nothing written that is wrong."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import as_matrices, oriented
from stages.algebra.targets import Size
from stages.contract import candidates, scheme_files, tables
from stages.contract.named_targets import read_target
from stages.contract.rows.schemes import VERIFIED
from stages.errors import SchemeError, TableError
from stages.exchange import check, export, importing, show
from stages.exchange.formats import files
from stages.verification.verdict import judge, mark_representatives
from stages.verification.verification import verify
from tests import examples
from tests.exchange import layouts
from tests.rows import candidate_row

ROOT = Path(__file__).parents[2]
STRASSEN, MODULO_TWO, HALVES = examples.strassen(), examples.modulo_two(), examples.halves()
KNOWN = ROOT / "data" / "known_ranks.csv"


def transposed(scheme: Scheme) -> Scheme:
    """The factors with the third one in the other order of rows, which no shape tells."""
    u, v, _ = scheme.factors
    return Scheme(scheme.target, scheme.ring, Factors(u, v, layouts.plain_third(scheme)), scheme.denominator)


def third() -> Scheme:
    """Strassen with its first product in three parts, 1/3 and 2/3: no scheme over Z, but one over Z2 and Q."""
    u, v, w = (np.concatenate([factor[:, :1], factor], axis=1) for factor in STRASSEN.factors)
    return Scheme(STRASSEN.target, "Q", Factors(u * np.array([1, 2] + [3] * 6), v, w), 3)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "imported").mkdir()
    return tmp_path


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def run(folder: Path, *words: object, **options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "stages.exchange", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, **options)


def test_check_prints_a_line_per_scheme(folder):
    archive = layouts.factorizations({"2,2,2": STRASSEN, "2,3,4": transposed(standard(Size(2, 3, 4).target))})
    paths = [
        put(folder, "many.npz", archive),
        put(folder, "two.exp", layouts.products(MODULO_TWO)),
        put(folder, "third.json", layouts.catalogue(third())),
        put(folder, "bad.m", b"{{"),
    ]
    lines = [(holds, line.removeprefix(f"{folder}/")) for holds, line in check.check(paths, None)]
    assert lines == [
        (True, "many.npz [2,2,2]: 2x2x2, rank 7: holds over Z2, Z3, Z, Q; its third factor indexes C transposed"),
        (True, "many.npz [2,3,4]: 2x3x4, rank 24: holds over Z2, Z3, Z, Q; its third factor indexes C"),
        (True, "two.exp: 2x2x2, rank 7: holds over Z2; its third factor indexes C transposed"),
        (True, "third.json: 2x2x2, rank 8: holds over Z2, Q; its third factor indexes C transposed"),
        (False, "bad.m: unreadable: line 1, column 3: expected a number or a list, got the end"),
    ]


def test_transposed_factors_are_told_from_right_ones(folder):
    """Strassen for B A instead of A B: every matrix that u and v index transposed, and no shape shows it."""
    turned = [stack.transpose(1, 0, 2).reshape(4, 7) for stack in as_matrices(STRASSEN)[:2]]
    wrong = Scheme(STRASSEN.target, "Z", Factors(*turned, STRASSEN.factors.w))
    paths = [put(folder, "wrong.exp", layouts.products(wrong)), put(folder, "right.exp", layouts.products(STRASSEN))]
    verdicts = list(check.check(paths, None))
    assert [holds for holds, _ in verdicts] == [False, True]
    assert "wrong.exp: 2x2x2, rank 7: WRONG: over no ring: entry (" in verdicts[0][1]


@pytest.mark.parametrize(
    ("data", "ring", "reason"),
    [
        # m1 and m6 bring a11 b11 to c22; without signs it is there twice.
        (layouts.products(MODULO_TWO), "Z", "not over Z: entry (0, 0, 3): expected 0, got 2"),
        (layouts.products(MODULO_TWO), "Q", "not over Q: entry (0, 0, 3): expected 0, got 2"),
        (layouts.catalogue(third()), "Z", "not over Z: its terms need the denominator 3"),
        (layouts.products(Scheme(Size(2, 2, 2).target, "Z", STRASSEN.factors)), "Z", ""),
    ],
)
def test_a_demanded_ring_is_looked_at(folder, data, ring, reason):
    ((holds, line),) = check.check([put(folder, "file", data)], ring)
    assert holds == (not reason)
    assert reason in line


def test_a_ring_that_the_file_names_is_demanded(folder):
    scheme_files.write(folder / "z.json", Scheme(Size(2, 2, 2).target, "Z", MODULO_TWO.factors))
    scheme_files.write(folder / "two.json", MODULO_TWO)
    text = (folder / "z.json").read_text()
    (folder / "r.json").write_text(text.replace('"Z"', '"R"'))
    u, v, w = MODULO_TWO.factors
    lost = Factors(u * (np.arange(7) > 0), v, w)
    scheme_files.write(folder / "lost.json", Scheme(Size(2, 2, 2).target, "Z2", lost))
    verdicts = list(check.check([folder / f"{name}.json" for name in ("z", "two", "r", "lost")], None))
    assert [holds for holds, _ in verdicts] == [False, True, False, False]
    assert "not over Z: entry (0, 0, 3): expected 0, got 2" in verdicts[0][1]
    assert "ring: expected one of Z2, Z3, Z, Q, got 'R'" in verdicts[2][1]
    # Only m1 = (a11 + a22)(b11 + b22) brings a11 b11 to c11.
    assert "not over Z2: entry (0, 0, 0): expected 1, got 0" in verdicts[3][1]


def test_check_ends_with_one_unless_all_hold(folder):
    good, bad = put(folder, "good", layouts.products(STRASSEN)), put(folder, "bad", b"")
    before = sorted(folder.rglob("*"))
    done = run(folder, "check", good)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().endswith("holds over Z2, Z3, Z, Q; its third factor indexes C transposed\n")
    done = run(folder, "check", bad, good, "--ring", "Z")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert done.stdout.endswith(b"2 files: 1 hold, 1 do not or are not read\n")
    assert run(folder, "check").returncode == run(folder, "chek", good).returncode == 2
    assert sorted(folder.rglob("*")) == before


def test_standard_input_is_a_file_packed_or_not(folder):
    for data in (layouts.products(STRASSEN), gzip.compress(layouts.factorizations({"2,2,2": STRASSEN}))):
        done = run(folder, "check", "-", input=data)
        assert done.returncode == 0
        assert done.stdout.startswith(b"-")
        assert b"2x2x2, rank 7: holds over Z2, Z3, Z, Q" in done.stdout


def test_a_terminal_that_knows_ascii_alone_gets_the_rest_escaped(folder):
    done = run(folder, "check", put(folder, "\u00e9.exp", b""), env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert done.stdout.endswith(b"\\xe9.exp: unreadable: an empty file\n")


def test_names_cannot_write_to_a_terminal(folder):
    path = put(folder, "\x1b[31mred\n.json", b"")
    ((_, line),) = check.check([path], None)
    assert line.isprintable()
    assert line.endswith(r"\x1b[31mred\n.json: unreadable: an empty file")


def test_import_flows_through_the_stage(folder):
    """What comes in is sorted, in our convention, and verified like everything else; the wrong stays outside."""
    turned = oriented(standard(Size(2, 3, 4).target), (2, 0, 1))  # 4x2x3
    paths = [
        put(folder, "a.npz", layouts.factorizations({"2,2,2": STRASSEN, "4,2,3": transposed(turned)})),
        put(folder, "b.exp", layouts.products(MODULO_TWO)),
        put(
            folder,
            "wrong.exp",
            layouts.products(Scheme(STRASSEN.target, "Z", Factors(*(2 * f for f in STRASSEN.factors)))),
        ),
        put(folder, "c.json", layouts.catalogue(third())),
        put(folder, "bad.txt", b"2 2 2 7"),
    ]
    verdicts = list(importing.import_files(paths, folder / "imported"))
    assert [holds for holds, _ in verdicts] == [True, True, True, False, True, False]
    assert "[4,2,3]: 4x2x3, rank 24: holds over Z2, Z3, Z, Q; its third factor indexes C -> " in verdicts[1][1]
    names = sorted(path.name for path in (folder / "imported").iterdir())
    assert [name.rsplit("-", 1)[0] for name in names] == [
        "2x2x2-7-Z",
        "2x2x2-7-Z2",
        "2x2x2-8-Q",
        "2x3x4-24-Z",
    ]
    candidates.write(folder / "recombination.parquet", [])
    verified, _, rejected = verify(folder, [], folder, [], folder / "recombination.parquet", folder / "imported")
    assert rejected == []
    assert [str(row.origin) for row in verified] == [f"imported:{name}" for name in names]
    assert sorted(row.hash for row in verified) == sorted(name.rsplit("-", 1)[1][:16] for name in names)
    # A second time nothing changes.
    before = [(path, path.stat().st_mtime_ns) for path in sorted((folder / "imported").iterdir())]
    assert list(importing.import_files(paths, folder / "imported")) == verdicts
    assert [(path, path.stat().st_mtime_ns) for path in sorted((folder / "imported").iterdir())] == before


def test_import_needs_its_folder(folder):
    with pytest.raises(SchemeError, match="no such folder"):
        list(importing.import_files([], folder / "absent"))


def table_of(folder: Path, *schemes: Scheme) -> Path:
    rows = [judge(candidate_row(scheme)) for scheme in schemes]
    tables.write(folder / "schemes.parquet", VERIFIED, mark_representatives(rows))
    return folder / "schemes.parquet"


def test_export_finds_a_scheme_by_its_hash(folder):
    def exported(prefix: str, name: str, table: Path):
        return export.export(prefix, name, table, folder / "named.parquet", folder / "imported", [])

    table = table_of(folder, STRASSEN)
    scheme_files.write(folder / "imported" / "x.json", HALVES)
    scheme_files.write(folder / "imported" / "same.json", STRASSEN)
    (folder / "imported" / "broken.json").write_text("{")
    for scheme in (STRASSEN, HALVES):
        for prefix in (scheme.hash, scheme.hash[:5]):
            assert exported(prefix, "exp", table) == {"": files.WRITERS["exp"](scheme)}
    assert exported(HALVES.hash, "m", folder / "none.parquet") == {"": files.WRITERS["m"](HALVES)}
    with pytest.raises(SchemeError, match=r"hash 00000: expected one scheme, verified or in .*, got none"):
        exported("00000", "exp", table)
    with pytest.raises(SchemeError, match="at least four digits, got ''"):
        exported("", "exp", table)
    table.write_bytes(b"PAR1")
    with pytest.raises(TableError, match="not a whole Parquet file"):
        exported(STRASSEN.hash, "exp", table)


def test_export_writes_what_check_reads(folder):
    options = ["--schemes", table_of(folder, STRASSEN), "--imported", folder / "imported"]
    done = run(folder, "export", STRASSEN.hash, "--format", "npz", *options)
    assert done.stdout == files.WRITERS["npz"](STRASSEN)
    done = run(folder, "export", STRASSEN.hash[:6], "--format", "certificate", "--output", folder / "c.json", *options)
    assert (done.returncode, done.stdout) == (0, b"")
    assert run(folder, "check", folder / "c.json", "--ring", "Z").returncode == 0
    done = run(folder, "export", "0000", "--format", "npz", *options)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("error: hash 0000: expected one scheme")
    done = run(folder, "export", STRASSEN.hash, "--format", "exp", "--output", folder / "c.json" / "x", *options)
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: {folder}/c.json/x: File exists\n"


def shown(folder: Path, name: str, table: Path) -> list[str]:
    return show.show(name, KNOWN, table, folder / "named.parquet", folder / "imported", ROOT / "data/targets")


def test_show_tells_what_is_held_and_what_is_published(folder):
    table = table_of(folder, STRASSEN, standard(Size(2, 2, 2).target), standard(Size(2, 2, 3).target))
    scheme_files.write(folder / "imported" / "x.json", MODULO_TWO)
    assert shown(folder, "2x2x2", table) == [
        "2x2x2: the standard algorithm needs 8 products",
        "published, tables of October 2026: Z2 7, Z 7, Q 7 (Strassen 1969 (optimal))",
        f"held: Z2 7, {MODULO_TWO.hash}, imported:x.json, not yet verified",
        f"held: Z 7, {STRASSEN.hash}, refinement:walk, 18 additions",
        f"held: Z 8, {standard(Size(2, 2, 2).target).hash}, refinement:walk, 4 additions",
    ]
    assert shown(folder, "1x1x1", folder / "none")[1:] == [
        f"published: not in {KNOWN}",
        "held: none",
    ]
    with pytest.raises(SchemeError, match="expected n <= m <= p"):
        shown(folder, "3x2x2", table)
    done = run(folder, "show", "4x4x4", "--schemes", table, "--imported", folder / "imported")
    assert ": Z2 47, Z 49, Q 48 (Q: 48 AlphaEvolve" in done.stdout.decode().splitlines()[1]


def test_show_knows_other_targets(folder):
    skew = standard(read_target(ROOT / "data/targets/skew3.json"))
    scheme_files.write(folder / "imported" / "skew.json", skew)
    assert shown(folder, "skew3", folder / "none") == [
        "skew3: the standard algorithm needs 6 products",
        f"published: not in {KNOWN}",
        f"held: Z 6, {skew.hash}, imported:skew.json, not yet verified",
    ]
    with pytest.raises(SchemeError, match="skew99: expected a size such as 3x4x5 or the name of a file of"):
        shown(folder, "skew99", folder / "none")
