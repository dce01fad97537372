"""The stage as it is run: it reads what all agents and walks have left, and the same gives the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import parse_target
from stages.contract import candidates, tables
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.contract.rows.schemes import CANDIDATES
from tests.examples import halves, strassen

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given["recombination"]["targets"] = ["2x4x5", "9x9x9"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(given))
    for folder, names, scheme in (("search", given["agents"], halves()), ("refinement", given["walks"], strassen())):
        for path in candidates.paths(tmp_path / folder, names):
            candidates.write(path, [Candidate(scheme, Origin("refinement", "cyclic"), "", 0, 0)])
    return tmp_path


def _run(folder: Path, out: str) -> subprocess.CompletedProcess:
    options = {"params": "params.yaml", "search": "search", "refinement": "refinement"}
    options |= {name: f"{out}/{name}" for name in ("schemes", "timing")}
    command = [sys.executable, "-m", "stages.recombination", *(f"--{name}={path}" for name, path in options.items())]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def _wrong() -> Candidate:
    right = standard(parse_target("2x2x2"))
    wrong = Scheme(right.target, "Z", Factors(*(matrix[:, 1:] for matrix in right.factors)))
    return Candidate(wrong, Origin("search", "z2", "game"), "", 0, 0)


def test_twice_the_same_bytes_whatever_other_runs_have_left(workspace):
    for out in ("once", "twice"):
        done = _run(workspace, out)
        assert done.returncode == 0
        assert "recombination: 240/240 sizes" in done.stderr
        for folder in ("search", "refinement"):
            candidates.write(workspace / folder / "other.parquet", [_wrong()])
    assert (workspace / "once/schemes").read_bytes() == (workspace / "twice/schemes").read_bytes()
    rows = tables.read(workspace / "once/schemes", CANDIDATES)
    assert {(row.origin, row.ring, row.seed, row.clock) for row in rows} == {(Origin("recombination"), "Z", 0, 0)}
    assert {row.rank for row in rows if row.target == "8x8x8"} == {343}


def test_nothing_is_built_on_a_wrong_scheme(workspace):
    candidates.write(workspace / "search/z2.parquet", [_wrong()])
    done = _run(workspace, "out")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"error: search/z2.parquet: scheme {_wrong().scheme.hash} is not a product 2x2x2: entry ("
    )
    assert done.stderr.count("\n") == 1
    assert not (workspace / "out").exists()
