"""The stage on small hand-made outputs of the others: ranks, metrics, whole run, and what is refused."""

import csv
import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size, parse_target
from stages.contract import command, csv_tables, tables
from stages.contract.rows.kernels import KERNELS, TIMINGS, TimingRow
from stages.contract.rows.published import PublishedRow
from stages.contract.rows.schemes import REJECTED, VERIFIED, VerifiedRow
from stages.errors import TableError
from stages.program.program import from_scheme, to_json
from stages.summary import __main__ as summary
from stages.summary import charts
from stages.summary import sources as sources_lib
from stages.summary.metrics import metrics
from stages.summary.ranks import RankRow, rank_rows
from stages.summary.seconds import seconds_rows
from stages.summary.speedups import speedup_rows, speedups
from tests import examples
from tests.rows import verified_row

ROOT = Path(__file__).parents[2]
CLOCKS = ("recombination-timing", "verification-timing", "kernels-timing")
FOLDERS = ("search", "refinement", "pretraining", "demonstrations")
NAMES = ("known", "schemes", "rejected", "kernels", "timings", "attempts", "record", *CLOCKS, *FOLDERS)

SEARCH = """round,games,target,solved_share,rank_shares,rewritten_share,best_game,best_window,policy_loss,value_loss
1,8,2x2x2,0,,0.25,,,1,1
1,8,2x2x3,,,0.125,,,1,1
2,16,2x2x2,0.5,7:0.5,0.25,7,7,1,1
2,16,2x2x3,,,0.375,,11,1,1
"""
REACHED = {
    "games": 16,
    "best_game": {"2x2x2": 7},
    "best_window": {"2x2x2": 7, "2x2x3": 11},
    "solved_share": {"2x2x2": 0.5},
    "rewritten_share": {"2x2x2": 0.25, "2x2x3": 0.375},
    "losses": {"policy": 1.0, "value": 1.0},
    "schemes": 3,
}


def stand_in(size: str, ring: str, rank: int) -> Scheme:
    """A scheme of that rank; the summary trusts the verdict and does not check again."""
    target = parse_target(size)
    return Scheme(target, ring, Factors(*(np.ones((rows, rank), int) for rows in target.modes)))


def timing(implementation: str, scheme: str, n: int, seconds: list[float], dtype: str = "float32") -> list[TimingRow]:
    shared = {"implementation": implementation, "scheme": scheme}
    shared |= {"size": "2x2x2", "rank": 7} if scheme else {"size": "", "rank": 0}
    shared |= {"n": n, "m": n, "p": n, "dtype": dtype, "error": 0.0, "threads": 2}
    shared |= {
        "variant": "c L1F" if scheme else "",
        "state": "warm",
        "workspace": 0,
        "predicted": 8.0 if scheme else 0.0,
        "device": "cpu",
        "cpu": "x",
        "versions": "y",
    }
    return [TimingRow(**shared, round=number, seconds=value) for number, value in enumerate(seconds)]


def make(folder: Path, schemes: Sequence[VerifiedRow] = (), timings: Sequence[TimingRow] = ()) -> dict[str, Path]:
    """Writes outputs of all stages for agents z2, z and walks plain, later; returns the paths of the command line."""
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    agents = given["agents"] | yaml.safe_load((ROOT / "runs/records.yaml").read_text())["agents"]
    given["agents"] = {name: agents[name] | {"targets": ["2x2x2", "2x2x3"]} for name in ("z2", "z")}
    walk = next(iter(given["walks"].values())) | {"targets": ["2x2x2", "2x2x3"]}
    given["walks"] = {
        "plain": walk | {"start": "data/standard.json"},
        "later": walk | {"start": "results/search/schemes/z2.parquet"},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    known = "size,alphatensor_z2,alphatensor_z,best_z2,best_z,best_q,as_of,source\n"
    known += "2x2x2,7,7,7,7,7,May 2026,x\n3x4x5,47,,46,48,,May 2026,\n"
    command.write_text(folder / "known.csv", known)
    for name in ("z2", "z"):
        for stage in ("demonstrations", "pretraining", "search"):
            command.write_text(folder / stage / "timing" / f"{name}.csv", "cpu_s,wall_s\n1.25,9\n")
        command.write_text(folder / f"pretraining/curves/{name}.csv", "step,policy_loss,value_loss\n1,2.5,0.5\n")
        command.write_text(folder / f"search/curves/{name}.csv", SEARCH)
        command.write_text(folder / f"search/metrics/{name}.json", json.dumps(REACHED))
    for name in given["walks"]:
        command.write_text(folder / f"refinement/timing/{name}.csv", "cpu_s,wall_s\n3.5,9\n")
        command.write_text(folder / f"refinement/curves/{name}.csv", "size,flips,rank,ring\n2x2x2,50,7,Z2\n")
    tables.write(folder / "schemes.parquet", VERIFIED, schemes)
    tables.write(folder / "rejected.parquet", REJECTED, [])
    tables.write(folder / "kernels.parquet", KERNELS, [])
    tables.write(folder / "timings.parquet", TIMINGS, timings)
    for name in CLOCKS:
        command.write_text(folder / name, "cpu_s,wall_s\n0.75,9\n")
    attempts = "target,ring,start,variant,seed,aim,rank,ranks\n2x2x2,Z2,game,agent,0,7,7,8 at 3; 7 at 25.5\n"
    command.write_text(folder / "attempts", attempts)
    code = {"path": "known.csv", "md5": "that of another file"}
    command.write_text(folder / "record", json.dumps({"stages": {"kernels": {"deps": [code]}}}))
    files = {"known": "known.csv"} | {name: f"{name}.parquet" for name in ("schemes", "rejected", "kernels", "timings")}
    return {"params": folder / "params.yaml"} | {
        name.replace("-", "_"): folder / files.get(name, name) for name in NAMES
    }


def ranks_of(folder: Path, *schemes: tuple[Scheme, str]) -> dict[tuple[str, str], dict]:
    given = make(folder, [verified_row(scheme, origin) for scheme, origin in schemes])
    rows = rank_rows(sources_lib.load(given))
    keys = ("size", "ring")
    return {
        (row.size, row.ring): {key: rank for key, rank in vars(row).items() if key not in keys and rank is not None}
        for row in rows
    }


def test_other_targets_are_no_rows_of_the_table(tmp_path):
    given = make(tmp_path)
    values = yaml.safe_load(given["params"].read_text())
    values["walks"]["skew"] = values["walks"]["plain"] | {"start": "data/targets/skew3.json", "targets": ["skew3"]}
    values["agents"]["z"]["targets"].append("skew3")
    given["params"].write_text(yaml.safe_dump(values))
    command.write_text(tmp_path / "refinement/timing/skew.csv", "cpu_s,wall_s\n3.5,9\n")
    command.write_text(tmp_path / "refinement/curves/skew.csv", "size,flips,rank,ring\nskew3,50,5,Z2\n")
    sources = sources_lib.load(given)
    assert {row.size for row in rank_rows(sources)} == {"2x2x2", "2x2x3"}
    panels = [panel["title"] for panel in charts.specification(charts.refinement(sources.refinement))["concat"]]
    assert panels == ["2x2x2", "skew3"]


PUBLISHED = {"naive": 8, "alphatensor": 7, "best_known": 7}


def test_what_was_tried_has_its_row_before_anything_is_found(tmp_path):
    assert ranks_of(tmp_path) == {
        ("2x2x2", "Z2"): PUBLISHED,
        ("2x2x2", "Z"): PUBLISHED,
        ("2x2x3", "Z2"): {"naive": 12},
        ("2x2x3", "Z"): {"naive": 12},
    }


@pytest.mark.parametrize(
    ("scheme", "origin", "over_z2", "over_z"),
    [
        (examples.modulo_two(), "search:z2:game", {"agent_game": 7, "verified": 7}, {}),
        (examples.strassen(), "search:z:game", {"agent_game": 7, "verified": 7}, {"agent_game": 7, "verified": 7}),
        (examples.modulo_two(), "search:z2:window", {"agent_window": 7, "verified": 7}, {}),
        (examples.modulo_two(), "refinement:plain", {"walk": 7, "verified": 7}, {}),
        (examples.strassen(), "refinement:plain", {"walk": 7, "verified": 7}, {"walk": 7, "verified": 7}),
        (
            examples.strassen(),
            "refinement:later",
            {"walk_from_agent": 7, "verified": 7},
            {"walk_from_agent": 7, "verified": 7},
        ),
        (examples.strassen(), "imported:a:b.json", {"imported": 7}, {"imported": 7}),
    ],
)
def test_find_counts_in_its_column(tmp_path, scheme, origin, over_z2, over_z):
    found = ranks_of(tmp_path, (scheme, origin))
    assert found["2x2x2", "Z2"] == PUBLISHED | over_z2
    assert found["2x2x2", "Z"] == PUBLISHED | over_z


def test_lowest_rank_of_each_column_counts(tmp_path):
    found = ranks_of(
        tmp_path,
        (standard(Size(2, 2, 2).target), "search:z:game"),
        (examples.modulo_two(), "refinement:plain"),
        (standard(Size(2, 2, 2).target), "refinement:plain"),
        (stand_in("3x4x5", "Z2", 46), "imported:x.json"),
        (stand_in("3x4x5", "Z", 49), "refinement:plain"),
    )
    assert found["2x2x2", "Z2"] == PUBLISHED | {"agent_game": 8, "walk": 7, "verified": 7}
    assert found["2x2x2", "Z"] == PUBLISHED | {"agent_game": 8, "walk": 8, "verified": 8}
    assert found["3x4x5", "Z2"] == {
        "naive": 60,
        "alphatensor": 47,
        "best_known": 46,
        "walk": 49,
        "imported": 46,
        "verified": 49,
    }
    assert found["3x4x5", "Z"] == {"naive": 60, "best_known": 48, "walk": 49, "verified": 49}


def test_rational_scheme_counts_over_q_alone(tmp_path):
    found = ranks_of(tmp_path, (examples.halves(), "imported:h.json"))
    assert found["2x2x2", "Q"] == {"naive": 8, "imported": 7}
    assert found["2x2x2", "Z2"] == found["2x2x2", "Z"] == PUBLISHED


def test_rows_are_in_the_order_of_numbers(tmp_path):
    found = ranks_of(tmp_path, *((stand_in(size, "Z", 9), "imported:x") for size in ("2x2x10", "10x10x10", "2x3x3")))
    assert [key[0] for key in found if key[1] == "Z"] == ["2x2x2", "2x2x3", "2x2x10", "2x3x3", "10x10x10"]
    assert list(found)[:2] == [("2x2x2", "Z2"), ("2x2x2", "Z")]


@pytest.mark.parametrize("origin", ["search:z3:game", "refinement:gone"])
def test_unknown_origin_is_refused(tmp_path, origin):
    with pytest.raises(TableError, match="origin: expected the name of an agent or a walk"):
        ranks_of(tmp_path, (examples.strassen(), origin))


def test_speedup_is_against_the_fastest_baseline_of_the_same_product():
    rows = timing("numpy", "", 512, [4.0, 4.0, 9.0]) + timing("jax", "", 512, [5.0, 5.0, 5.0])
    rows += timing("k", "s", 512, [2.0, 4.0, 3.0]) + timing("numpy", "", 1024, [1.0] * 3)
    rows += timing("k", "s", 1024, [2.0] * 3)
    first, second = speedups(rows[::-1], seed=0)  # the order of the rows does not matter
    assert (first.shape, first.baseline) == ((512, 512, 512), "numpy")
    assert (first.kernel, first.implementation) == ("2x2x2:7 c L1F", "k")
    assert first.speed.median == 2.0  # 4/2, 4/4, 9/3
    assert first.predicted == 0.5  # 4/8
    assert (first.speed.low, first.speed.high) == (1.0, 3.0)
    assert second.speed == (0.5, 0.5, 0.5)


def test_baselines_alone_give_no_speedup_and_a_kernel_alone_is_refused():
    assert speedups([], seed=0) == []
    assert speedups(timing("numpy", "", 512, [1.0, 1.0]), seed=0) == []
    with pytest.raises(TableError, match="expected a baseline"):
        speedups(timing("k", "s", 512, [1.0, 1.0]), seed=0)


def test_metrics(tmp_path):
    longer = standard(Size(2, 2, 3).target)
    schemes = [verified_row(examples.strassen(), "search:z:game"), verified_row(longer, "refinement:plain")]
    rows = timing("numpy", "", 512, [4.0] * 3) + timing("a", "s", 512, [5.0] * 3) + timing("b", "s", 512, [2.0] * 3)
    loaded = sources_lib.load(make(tmp_path, schemes, rows))
    speeds = speedup_rows(speedups(loaded.timings, loaded.seed), loaded.timings)
    ring = {
        "found": 2,
        "published": 1,
        "as_published": 1,
        "beyond_published": 0,
        "agent_as_published": 1,
        "products": 19,
    }
    assert metrics(loaded, rank_rows(loaded), speeds, seconds_rows(loaded)) == {
        "rank_Z2": ring,
        "rank_Z": ring,
        "schemes": {"verified": 2, "rejected": 0, "classes": 2},
        "kernels": {"made": 0, "products_timed": 1, "products_faster": 1, "highest_speedup": 2.0},
        "cpu_s": {"agents": 7.6, "walks": 7.0, "stages": 2.4},  # 2 * 3 * 1.25, 2 * 3.5 and 3 * 0.75, each rounded
    }


def test_metrics_are_few():
    """Those of all files that dvc.yaml calls metrics."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    files = [name for stage in stages.values() for one in stage.get("do", stage).get("metrics", []) for name in one]
    assert files == ["results/summary/metrics.json"]
    numbers = [number for part in json.loads((ROOT / files[0]).read_text()).values() for number in part.values()]
    assert len(numbers) <= 25
    assert all(isinstance(number, int | float) for number in numbers)


OUTPUTS = {
    "ranks": "out/ranks.csv",
    "seconds": "out/seconds.csv",
    "speedups": "out/speedups.csv",
    "metrics": "out/metrics.json",
    "figures": "out/figures",
    "page": "out/page.html",
}


def run_stage(folder: Path, schemes: Sequence[VerifiedRow], rows: Sequence[TimingRow]) -> Path:
    """Runs the stage on what `make` makes; returns the folder of its outputs."""
    line = [
        part
        for paths in (make(folder, schemes, rows), {name: folder / path for name, path in OUTPUTS.items()})
        for name, path in paths.items()
        for part in (f"--{name.replace('_', '-')}", str(path))
    ]
    summary.main(command.arguments("summary", *NAMES, *OUTPUTS).parse_args(line))
    return folder / "out"


def with_program(scheme: Scheme, origin: str) -> VerifiedRow:
    return verified_row(scheme, origin, program=to_json(from_scheme(scheme)))


@pytest.mark.parametrize("is_empty", [True, False])
def test_whole_stage(tmp_path, is_empty):
    schemes = [] if is_empty else [with_program(examples.strassen(), "search:z:game")]
    kernel = [] if is_empty else timing("k", "s", 512, [1.0] * 3)
    out = run_stage(tmp_path, schemes, timing("numpy", "", 512, [1.0] * 3) + kernel)
    with (out / "ranks.csv").open() as file:
        rows = list(csv.DictReader(file))
    header = (out / "ranks.csv").read_text().splitlines()[0].split(",")
    assert header == [field.name for field in fields(RankRow)]
    assert header[-3:] == ["recombination", "imported", "verified"]
    assert (rows[0]["size"], rows[0]["ring"], rows[0]["verified"]) == ("2x2x2", "Z2", "" if is_empty else "7")
    seconds = (out / "seconds.csv").read_text().splitlines()
    assert seconds[0] == "kind,name,cpu_s"
    assert {"agent,z2,3.8", "walk,plain,3.5", "stage,kernels,0.8"} < set(seconds)
    assert len((out / "speedups.csv").read_text().splitlines()) == (1 if is_empty else 2)
    assert json.loads((out / "metrics.json").read_text())["schemes"]["verified"] == len(schemes)
    figures = sorted(path.name for path in (out / "figures").iterdir())
    assert figures == ["controls.svg", "learning.svg", "ranks.svg", "refinement.svg", "speedups.svg"]
    assert "tables of May 2026" in (out / "page.html").read_text()
    assert (out / "page.html").stat().st_size < 5e6


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("known.csv", None, "No such file"),
        ("known.csv", "size,naive\n2x2x2,8\n", "expected columns"),
        ("known.csv", "", "expected columns"),
        ("search/curves/z.csv", SEARCH.replace("0.5", "many"), "line 4"),
        ("search/metrics/z2.json", None, "No such file"),
        ("search/metrics/z2.json", "{", "not JSON"),
        ("search/metrics/z2.json", "[]", "expected a JSON object, got list"),
        ("search/timing/z.csv", "cpu_s\n", "expected one row"),
        ("search/timing/z.csv", "cpu_s\n\n1\n2\n", "expected one row"),
        ("refinement/curves/plain.csv", "size,flips,rank\n", "expected columns"),
        (
            "attempts",
            "target,ring,start,variant,seed,aim,rank,ranks\n2x2x2,Z2,game,agent,0,7,7,seven\n",
            "expected ranks",
        ),
        ("schemes.parquet", "text", "not a whole Parquet file"),
    ],
)
def test_wrong_input_is_named(tmp_path, file, content, message):
    given = make(tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content)
    with pytest.raises(TableError, match=message) as caught:
        sources_lib.load(given)
    assert str(tmp_path / file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_published_ranks_of_the_project_can_be_read():
    rows = csv_tables.read(ROOT / "data" / "known_ranks.csv", PublishedRow)
    assert {row.size: row.best_z for row in rows}["4x4x4"] == 49
    assert all(row.best_z2 <= parse_target(row.size).naive_rank for row in rows)
