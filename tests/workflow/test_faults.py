"""What benchmarks/faults.py does to the whole pipeline, in short: one stage, and a few files of each format."""

import signal

import pytest

from benchmarks import faults, mutated


@pytest.fixture(scope="module")
def stage(finished, tmp_path_factory):
    return faults.Stage(finished, "recombination", tmp_path_factory.mktemp("faults"))


def test_a_killed_stage_runs_again_as_if_nothing_had_been(stage):
    assert stage.killed(signal.SIGTERM, 1.0) == ""


def test_a_full_disk_is_one_line_and_leaves_what_was_there(stage):
    assert stage.full(0.0) == ""


def test_a_locked_folder_is_one_line_and_leaves_what_was_there(stage):
    assert stage.locked() == ""


def test_mutated_files_are_taken_in_one_line(tmp_path):
    count = 20 * len(mutated.whole_files())
    found = mutated.check_all(count, tmp_path / "kept")
    assert (found.tries, found.wrong) == (count, 0)
