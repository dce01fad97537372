"""Whole runs with tiny parameters: both engines record the same, nothing is done twice, nothing false is recorded."""

import shutil

import clones
import pyarrow.parquet as pq
import pytest


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


def test_no_result_of_other_parameters_passes_for_fresh(runs, tmp_path):
    """Snakemake cannot know for which parameters a pulled file was made, nor what DVC ran without it."""
    pulled = tmp_path / "pulled"
    clones.run(tmp_path, "git", "clone", "--quiet", str(runs.snakemake), str(pulled))
    clones.run(pulled, "dvc", "config", "--local", "cache.dir", str(runs.snakemake / ".dvc/cache"))
    clones.run(pulled, "dvc", "checkout")
    clones.set_param(pulled, "benchmarking.rounds", 4)
    clones.run(pulled, "snakemake")
    assert rounds_measured(pulled) == 4
    assert is_clean(pulled)

    edited = shutil.copytree(runs.snakemake, tmp_path / "edited", ignore=shutil.ignore_patterns("cache"))
    clones.run(edited, "dvc", "config", "--local", "cache.dir", str(runs.snakemake / ".dvc/cache"))
    clones.set_param(edited, "benchmarking.rounds", 4)
    clones.run(edited, "dvc", "repro")
    assert rounds_measured(edited) == 4
    clones.set_param(edited, "benchmarking.rounds", 3)
    clones.run(edited, "snakemake")
    assert rounds_measured(edited) == 3
    assert is_clean(edited)


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
