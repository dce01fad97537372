"""A whole run with tiny parameters: nothing is done twice, nothing false is recorded, a failure ends it."""

import re
import shutil

import clones
import pyarrow.parquet as pq
from graphs import dvc_graph, dvc_stale, order_times, snakemake_planned


def rounds_measured(clone) -> int:
    return 1 + max(pq.read_table(clone / "results/benchmarking/timings.parquet")["round"].to_pylist())


def is_clean(clone) -> bool:
    return clones.run(clone, "dvc", "status", "--json").strip() == "{}"


def test_a_second_run_does_nothing(copy):
    before = (copy / "dvc.lock").read_bytes()
    printed = clones.run(copy, "snakemake")
    assert "Running stage" not in printed
    assert "1 of 1 steps (100%) done" in printed
    assert (copy / "dvc.lock").read_bytes() == before
    assert is_clean(copy)
    assert (copy / "report.html").stat().st_size > 0


def test_dvc_finds_all_done_and_records_the_same_again(copy):
    assert "Running stage" not in clones.run(copy, "dvc", "repro")
    recorded = clones.lock(copy)["recombination"]
    assert "Running stage 'recombination'" in clones.run(
        copy, "dvc", "repro", "--force", "--single-item", "recombination"
    )
    again = clones.lock(copy)["recombination"]
    assert again["outs"][:-1] == recorded["outs"][:-1], "all but the seconds"
    assert again | {"outs": []} == recorded | {"outs": []}


def test_dvc_records_what_a_command_typed_by_hand_has_made(copy):
    """As docs/scale.md has it for an agent in several processes."""
    printed = clones.run(copy, "dvc", "repro", "--dry", "--force", "--single-item", "recombination")
    (command,) = re.findall("^> (python -m .*)", printed, re.MULTILINE)
    (copy / "results/recombination/schemes.parquet").unlink()
    clones.run(copy, *command.split())
    assert not is_clean(copy), "its seconds are others"
    clones.run(copy, "dvc", "commit", "--force", "recombination")
    assert clones.run(copy, "dvc", "status", "--json", "recombination").strip() == "{}"


def test_no_result_of_other_parameters_passes_for_fresh(finished, tmp_path, monkeypatch):
    """Snakemake cannot know for which parameters a pulled file was made, nor what DVC ran without it.

    Either time it plans nothing: all files are there, in the order of the graph. DVC knows, and has the last word in
    each run.
    """
    pulled = tmp_path / "pulled"
    clones.run(tmp_path, "git", "clone", "--quiet", str(finished), str(pulled))
    clones.run(pulled, "dvc", "config", "--local", "cache.dir", str(finished / ".dvc/cache"))
    clones.run(pulled, "dvc", "checkout")
    clones.set_param(pulled, "benchmarking.rounds", 4)
    assert stale_to_dvc_alone(pulled, monkeypatch) == {"benchmarking"}
    assert rounds_measured(pulled) == 3
    clones.run(pulled, "snakemake")
    assert rounds_measured(pulled) == 4
    assert is_clean(pulled)

    edited = shutil.copytree(finished, tmp_path / "edited", ignore=shutil.ignore_patterns("cache"))
    clones.run(edited, "dvc", "config", "--local", "cache.dir", str(finished / ".dvc/cache"))
    clones.set_param(edited, "benchmarking.rounds", 4)
    clones.run(edited, "dvc", "repro", "--single-item", "benchmarking")
    clones.set_param(edited, "benchmarking.rounds", 3)
    assert stale_to_dvc_alone(edited, monkeypatch) == {"benchmarking", "summary"}
    assert rounds_measured(edited) == 4


def stale_to_dvc_alone(clone, monkeypatch) -> set[str]:
    """What DVC holds for stale where Snakemake plans nothing."""
    with monkeypatch.context() as inside:
        inside.chdir(clone)
        order_times(dvc_graph())
        assert snakemake_planned() == set()
        return dvc_stale()


def test_a_stage_that_fails_fails_the_run(copy):
    (copy / "data/known_ranks.csv").write_text("no ranks\n")
    process = clones.start(copy, "snakemake")
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert "error: " in printed
    assert "failed to reproduce 'summary'" in printed
    assert not is_clean(copy)
