import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.moves import merge
from stages.algebra.targets import Size
from stages.contract import candidates, scheme_files, tables
from stages.contract.candidates import Candidate
from stages.contract.named_targets import read_target
from stages.contract.origin import Origin
from stages.contract.rows.schemes import NAMED, REJECTED, VERIFIED
from stages.errors import SchemeError, TableError
from stages.params import whole as params
from stages.verification import verification
from stages.verification.verification import Verdicts, own_failure, verify
from tests.examples import halves, modulo_two, strassen

ROOT = Path(__file__).parents[2]


def _wrong() -> Scheme:
    u, v, w = strassen().factors
    return Scheme(Size(2, 2, 2).target, "Z", Factors(u, v, -w))


def _write(path: Path, *schemes: Scheme) -> None:
    stage, name = path.parent.name, path.stem
    origin = Origin(stage, name, "game" if stage == "search" else "")
    candidates.write(path, [Candidate(scheme, origin, parent="", seed=0, clock=0) for scheme in schemes])


@pytest.fixture
def folders(tmp_path):
    """Search, refinement and imported folders of one agent and one walk, and a recombination."""
    _write(tmp_path / "search/z.parquet", strassen(), standard(Size(2, 2, 2).target))
    _write(tmp_path / "refinement/walk.parquet", strassen())
    beside = Candidate(merge(strassen(), strassen(), 2), Origin("recombination"), parent="", seed=0, clock=0)
    candidates.write(tmp_path / "recombination.parquet", [beside])
    scheme_files.write(tmp_path / "imported/halves.json", halves())
    (tmp_path / "imported/README.md").write_text("ignored")
    (tmp_path / "targets").mkdir()
    return tmp_path


def _verify(folders: Path) -> Verdicts:
    return verify(*_places(folders))


def _places(folders: Path) -> tuple:
    own = folders / "search", ["z"], folders / "refinement", ["walk"], folders / "recombination.parquet"
    return *own, folders / "imported"


def test_every_origin_keeps_its_row(folders):
    verified, _, rejected = _verify(folders)
    assert [(str(row.origin), row.rank) for row in verified] == [
        ("search:z:game", 7),
        ("search:z:game", 8),
        ("refinement:walk", 7),
        ("recombination", 14),
        ("imported:halves.json", 7),
    ]
    assert rejected == []


def test_one_bad_file_leaves_the_rest_alone(folders):
    (folders / "imported/broken.json").write_text("{")
    scheme_files.write(folders / "imported/a.json", _wrong())
    verified, _, rejected = _verify(folders)
    assert len(verified) == 5
    assert [(str(row.origin), row.i) for row in rejected] == [("imported:a.json", 0), ("imported:broken.json", -1)]
    assert "broken.json: not JSON" in rejected[1].reason
    assert own_failure(rejected) is None


def test_other_targets_have_a_table_of_their_own(folders):
    target = read_target(ROOT / "data/targets/skew3.json")
    right = standard(target)
    _write(folders / "refinement/walk.parquet", strassen(), right)
    u, v, w = right.factors
    scheme_files.write(folders / "imported/wrong.json", Scheme(target, "Z", Factors(u, v, abs(w))))
    judged = verify(*_places(folders), [target])
    assert {row.target for row in judged.verified} == {"2x2x2", "2x2x4"}
    assert [(row.target, row.rings, row.nonzeros, row.largest) for row in judged.named] == [
        ("skew3", "Z2 Z3 Z Q", 18, 1)
    ]
    # The sign of T[0, 0, 1] is gone.
    assert [row.reason for row in judged.rejected] == [
        "not a decomposition over Z: entry (0, 0, 1): expected -1, got 1"
    ]
    tables.write(folders / "named.parquet", NAMED, judged.named)
    assert verify(*_places(folders)).rejected[0].reason.startswith("target: expected a size like 3x4x5")


def test_a_wrong_candidate_of_our_own_is_a_failure(folders):
    _write(folders / "refinement/walk.parquet", strassen(), _wrong())
    rejected = _verify(folders).rejected
    assert own_failure(rejected) is rejected[0]


@pytest.mark.parametrize("name", ["notes.txt", "scheme.npz"])
def test_foreign_files_are_one_error(folders, name):
    (folders / "imported" / name).write_text("")
    with pytest.raises(SchemeError, match=f"{name}: expected only JSON files"):
        _verify(folders)


def test_a_missing_folder_is_one_error(folders):
    with pytest.raises(SchemeError, match="no such folder"):
        verify(*_places(folders)[:-1], folders / "absent")


def test_a_missing_table_is_one_error(folders):
    with pytest.raises(TableError, match=r"other\.parquet: no such file"):
        verify(folders / "search", ["other", "z"], *_places(folders)[2:])


@pytest.mark.parametrize("name", ["search/old.parquet", "refinement/old.parquet", "search/.z.parquet.7.tmp"])
def test_tables_of_other_runs_are_passed_over(folders, name):
    _write(folders / name, _wrong())
    verified, _, rejected = _verify(folders)
    assert (len(verified), rejected) == (5, [])


def _run(folders: Path, name: str) -> subprocess.CompletedProcess:
    paths = {"search": "search", "refinement": "refinement", "recombination": "recombination.parquet"}
    paths["imported"] = "imported"
    paths |= {
        "targets": "targets",
        "named": f"{name}/named.parquet",
        "schemes": f"{name}/schemes.parquet",
        "rejected": f"{name}/rejected.parquet",
    }
    paths |= {"certificates": f"{name}/certificates.zip", "timing": f"{name}/t.csv"}
    options = [text for option, path in paths.items() for text in (f"--{option}", str(folders / path))]
    command = [sys.executable, "-m", "stages.verification", "--params", "params.yaml", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_command_line(folders):
    values = params.load(ROOT / "params.yaml")
    for path in (folders / "search/z.parquet", folders / "refinement/walk.parquet"):
        path.unlink()
    for agent in values.agents:
        _write(folders / f"search/{agent}.parquet", modulo_two())
    for walk in values.walks:
        _write(folders / f"refinement/{walk}.parquet", strassen())
    origins = len(values.agents) + len(values.walks) + 2
    runs = [_run(folders, name) for name in ("one", "two")]
    assert runs[0].returncode == 0, runs[0].stderr
    assert f"verification: {origins} verified, 0 rejected" in runs[0].stderr
    assert len(tables.read(folders / "one/schemes.parquet", VERIFIED)) == origins
    for output in ("schemes.parquet", "named.parquet", "rejected.parquet", "certificates.zip"):
        assert (folders / "one" / output).read_bytes() == (folders / "two" / output).read_bytes()
    with zipfile.ZipFile(folders / "one/certificates.zip") as archive:
        assert archive.namelist() == ["check_certificate.py", "2x2x2_Z_7.json", "2x2x4_Z_14.json"]

    _write(folders / f"refinement/{walk}.parquet", _wrong())
    failed = _run(folders, "three")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith(f"error: refinement:{walk}: its scheme {_wrong().hash}")
    assert len(tables.read(folders / "three/rejected.parquet", REJECTED)) == 1


def test_verdicts_do_not_depend_on_the_number_of_processes(folders, monkeypatch):
    (folders / "imported/broken.json").write_text("{")
    scheme_files.write(folders / "imported/a.json", _wrong())
    monkeypatch.setattr(verification, "CHUNK", 2)

    def texts(processes: int) -> list[list[str]]:
        return [[str(vars(row)) for row in rows] for rows in verify(*_places(folders), processes=processes)]

    found = texts(3)
    assert found == texts(1)
    assert [len(rows) for rows in found] == [5, 0, 2]
