"""Whole runs with tiny parameters: both engines record the same, nothing is done twice, nothing false is recorded."""

import shutil

import clones
import pyarrow.parquet as pq
import pytest
from graphs import dvc_graph, order_times, snakemake_planned


def is_measured(path: str) -> bool:
    """Whether an output holds seconds, which no two runs share."""
    return path.startswith("results/") and ("timing" in path or path.startswith("results/summary/"))


def facts(recorded: dict) -> dict:
    """What dvc.lock says of a stage, less the hashes of what was measured."""
    hashes = {
        kind: {entry["path"]: entry["md5"] for entry in recorded[kind] if not is_measured(entry["path"])}
        for kind in ("deps", "outs")
    }
    return recorded | hashes


def rounds_measured(clone) -> int:
    return 1 + max(pq.read_table(clone / "results/benchmarking/timings.parquet")["round"].to_pylist())


def is_clean(clone) -> bool:
    return clones.run(clone, "dvc", "status", "--json").strip() == "{}"


def test_both_engines_record_the_same(runs):
    """One engine ran on two cores, the other on one: the same bytes either way."""
    by_snakemake, by_dvc = clones.lock(runs.snakemake), clones.lock(runs.dvc)
    assert by_snakemake.keys() == by_dvc.keys()
    for stage, recorded in by_dvc.items():
        assert facts(by_snakemake[stage]) == facts(recorded), stage
    compared = [path for recorded in by_dvc.values() for path in facts(recorded)["outs"]]
    assert len(compared) >= 20


def test_all_runs_found_what_the_first_compiled(runs, xla_programs):
    """To play, to search again and to train: programs that take seconds to compile, which only the first run did."""
    end_of_first = (runs.snakemake / "results/summary/metrics.json").stat().st_mtime
    for name in ("play", "reanalyse", "train_steps"):
        kept = list(xla_programs.glob(f"jit_{name}-*-cache"))
        assert kept
        assert max(path.stat().st_mtime for path in kept) < end_of_first


def test_a_second_run_does_nothing(runs):
    before = (runs.snakemake / "dvc.lock").read_bytes()
    printed = clones.run(runs.snakemake, "snakemake")
    assert "Running stage" not in printed
    assert "1 of 1 steps (100%) done" in printed
    assert (runs.snakemake / "dvc.lock").read_bytes() == before
    assert is_clean(runs.snakemake)
    assert (runs.snakemake / "report.html").stat().st_size > 0


def test_what_dvc_ran_snakemake_does_not_run_again(runs):
    assert is_clean(runs.dvc)
    assert "Running stage" not in clones.run(runs.dvc, "snakemake")


def test_no_result_of_other_parameters_passes_for_fresh(runs, tmp_path, monkeypatch):
    """Snakemake cannot know for which parameters a pulled file was made, nor what DVC ran without it.

    Either time it plans nothing: all files are there, in the order of the graph. DVC, which has the last word, repairs.
    """
    pulled = tmp_path / "pulled"
    clones.run(tmp_path, "git", "clone", "--quiet", str(runs.snakemake), str(pulled))
    clones.run(pulled, "dvc", "config", "--local", "cache.dir", str(runs.snakemake / ".dvc/cache"))
    clones.run(pulled, "dvc", "checkout")
    clones.set_param(pulled, "benchmarking.rounds", 4)
    repair(pulled, 4, monkeypatch)

    edited = shutil.copytree(runs.snakemake, tmp_path / "edited", ignore=shutil.ignore_patterns("cache"))
    clones.run(edited, "dvc", "config", "--local", "cache.dir", str(runs.snakemake / ".dvc/cache"))
    clones.set_param(edited, "benchmarking.rounds", 4)
    clones.run(edited, "dvc", "repro")
    clones.set_param(edited, "benchmarking.rounds", 3)
    repair(edited, 3, monkeypatch)


def repair(clone, rounds, monkeypatch):
    """A run that finds timings of other rounds than `rounds`, of which Snakemake alone would know nothing."""
    with monkeypatch.context() as inside:
        inside.chdir(clone)
        order_times(dvc_graph())
        assert snakemake_planned() == set()
    assert rounds_measured(clone) != rounds
    clones.run(clone, "snakemake")
    assert rounds_measured(clone) == rounds
    assert is_clean(clone)


def test_a_stage_that_fails_fails_the_run(copy):
    clone = copy("snakemake")
    (clone / "data/known_ranks.csv").write_text("no ranks\n")
    process = clones.start(clone, "snakemake")
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert "error: " in printed
    assert "failed to reproduce 'summary'" in printed
    assert not is_clean(clone)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (["--config", "refinement=3"], "parameters live in params.yaml"),
        (["--config", "anything=3"], "parameters live in params.yaml"),
    ],
)
def test_parameters_come_from_their_file_only(runs, override, message):
    process = clones.start(runs.snakemake, "snakemake", *override)
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert message in printed


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("agents.z2.network.width", 7, "Input should be greater than or equal to 8, got 7"),
        ("search.z.games", "many", "Input should be a valid integer, got 'many'"),
        ("benchmarking.sparsity", 3, "expected no such key"),
    ],
)
def test_a_wrong_parameter_is_one_line_and_nothing_runs(tmp_path, key, value, message):
    clone = clones.clone_working_tree(tmp_path)
    clones.set_param(clone, key, value)
    line = f"error: params.yaml: {key}: {message}"
    for engine, code in {"snakemake": 1, "dvc repro": 255}.items():
        process = clones.start(clone, *engine.split())
        printed, _ = process.communicate()
        assert process.returncode == code
        lines = printed.splitlines()
        assert lines.count(line) == 1
        if engine == "snakemake":
            assert [other for other in lines if "profile" not in other] == [line]
        for written in ("dvc.lock", "data/demonstrations", "results", "logs"):
            assert not (clone / written).exists()
