"""What benchmarks/targets.py keeps of a run: the lowest rank of each target and ring, and no scheme that is wrong."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.contract import tables
from stages.contract.named_targets import read_target
from stages.contract.rows.schemes import CANDIDATES
from stages.errors import SchemeError, TableError
from stages.params import whole
from tests.examples import strassen
from tests.rows import candidate_row

SCRIPT = "targets"
ROOT = Path(__file__).parents[2]
COMPLEX = read_target(ROOT / "data/targets/complex.json")
KARATSUBA = Scheme(  # a0 b0, a1 b1, (a0 + a1)(b0 + b1)
    COMPLEX, "Z", Factors(*map(np.array, ([[1, 0, 1], [0, 1, 1]], [[1, 0, 1], [0, 1, 1]], [[1, -1, 0], [-1, -1, 1]])))
)


def left_by(folder: Path, *schemes: Scheme) -> Path:
    """A folder of results with an agent of 6 CPU seconds."""
    rows = [candidate_row(scheme, "search:z:game") for scheme in schemes]
    tables.write(folder / "search/schemes/z.parquet", CANDIDATES, rows)
    for number, stage in enumerate(("demonstrations", "pretraining", "search"), start=1):
        path = folder / stage / "timing/z.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"cpu_s,wall_s\n{number}.0,0.5\n")
    return folder


def test_the_lowest_rank_of_a_target_is_kept_with_the_seconds_of_all_stages(judge, tmp_path):
    results = left_by(tmp_path, standard(COMPLEX), KARATSUBA, strassen())
    expected = {"target": "complex", "ring": "Z", "kind": "agent", "name": "z", "rank": 3, "cpu_s": "6.0"}
    assert list(judge.found(results, "agent", ["z"])) == [expected]
    with pytest.raises(TableError, match=r"refinement/schemes/complex.parquet"):
        list(judge.found(results, "walk", ["complex"]))


def test_a_wrong_scheme_is_told(judge, tmp_path):
    u, v, w = KARATSUBA.factors
    wrong = replace(KARATSUBA, factors=Factors(u, v, -w))
    with pytest.raises(SchemeError, match=r"z.parquet: scheme .* of complex over Z: entry \(0, 0, 0\)"):
        list(judge.found(left_by(tmp_path, wrong), "agent", ["z"]))


def test_every_target_is_walked_over_both_rings():
    run = whole.load(ROOT / "runs/targets.yaml")
    names = sorted(path.stem for path in (ROOT / "data/targets").glob("*.json"))
    for mode in ("flips", "ternary"):
        assert sorted(walk.named_target for walk in run.walks.values() if walk.mode == mode) == names
    fits = {
        name
        for name in names
        if max((given := json.loads((ROOT / f"data/targets/{name}.json").read_text()))["modes"]) <= 9
        and len(given["entries"]) <= 27
    }
    assert [set(agent.targets) for agent in run.agents.values()] == [fits, fits]


def test_the_table_is_of_that_run(judge):
    with judge.TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    run = whole.load(ROOT / "runs/targets.yaml")
    walks = {(walk.named_target, name) for name, walk in run.walks.items()}
    walked = {(row["target"], row["name"]) for row in rows if row["kind"] == "walk"}
    assert walked <= walks
    # Walks of one target over Z2 and over Z find something below its standard algorithm in both rings, or in none.
    both = {(walk.named_target, name) for name, walk in run.walks.items() if walk.mode != "modulo3"}
    assert {target for target, _ in both - walked}.isdisjoint(target for target, _ in both & walked)
    assert {row["name"] for row in rows if row["kind"] == "agent"} == set(run.agents)
