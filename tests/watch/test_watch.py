"""Watching: jobs that work, end, or are killed; which processes are a run; lines and tables."""

import fcntl
import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from rich.console import Console

from stages.watch import __main__ as main
from stages.watch import jobs as jobs_lib
from stages.watch import view
from stages.watch.engines import beginnings
from stages.watch.jobs import TAIL_BYTES, Job, jobs, read

WORK = {
    "label": "search@z2",
    "done": 20,
    "total": 60,
    "unit": "rounds",
    "units_per_s": 2.0,
    "best": "best over Z2 2x2x2:7",
    "left_s": 20.0,
}
RUNNING = Job("search@z2", "running", told=1000.0, wall_s=90.0, cores=0.97, work=WORK)

STAGE = """
import sys, time
from stages.contract import command
from stages.contract.progress import Progress
def main(given):
    Progress("search@z2", 2, "rounds").update(2, "rank 7")
    print("told", flush=True)
    sys.stdin.readline()
command.run(main, command.arguments("search", named="agent"))
"""


@pytest.fixture
def stage(tmp_path):
    """A stage that has told something and waits for a line."""
    command = [sys.executable, "-c", STAGE, "z2", "--params", "none"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": ":".join(sys.path)}, **pipes) as process:
        assert process.stdout.readline() == b"told\n"
        yield process
        process.kill()


def test_a_job_that_works_and_is_done(stage, tmp_path):
    (job,) = jobs(tmp_path / "logs/progress")
    assert (job.name, job.state, job.work["done"], job.work["best"]) == ("search@z2", "running", 2, "rank 7")
    assert job.begun == pytest.approx(time.time(), abs=60)
    assert job.cores >= 0
    stage.communicate(b"\n")
    (job,) = jobs(tmp_path / "logs/progress")
    assert (job.state, job.work["done"]) == ("done", 2)


def test_a_job_that_is_killed_has_no_last_word(stage, tmp_path):
    stage.kill()
    stage.wait()
    (job,) = jobs(tmp_path / "logs/progress")
    assert (job.state, job.is_over) == ("killed", True)


def test_a_line_that_is_not_whole_waits(tmp_path):
    path = tmp_path / "walk.jsonl"
    path.write_text('{"state": "beg')
    assert read(path) is None
    word = {"state": "running", "time": 5.0, "wall_s": 4.0, "cpu_s": 3.0} | WORK | {"best": "x" * 500}
    long = "".join(
        json.dumps(word | {"done": done, "wall_s": 4.0 + done, "cpu_s": 2.0 * done}) + "\n" for done in range(99)
    )
    assert len(long) > 2 * TAIL_BYTES
    path.write_text(long + '{"state": "do')
    job = read(path)
    assert (job.work["done"], job.cores) == (98, pytest.approx(2.0))


WORD = json.dumps({"state": "begun", "time": 5.0, "wall_s": 4.0, "cpu_s": 3.0})


@pytest.mark.parametrize("damaged", ['{"state": "running", {"st', "{}", "[5]", "\0\0", "\xff"])
def test_a_damaged_line_is_passed_over(tmp_path, damaged):
    path = tmp_path / "walk.jsonl"
    path.write_bytes(f"{damaged}\n{WORD}\n{damaged}\n".encode("latin-1"))
    assert read(path).told == 5.0


def test_a_tail_that_begins_within_a_line_leaves_that_out(tmp_path):
    path = tmp_path / "walk.jsonl"
    tail = f"{WORD}\n".ljust(TAIL_BYTES - 1) + "\n"
    path.write_text('{"best": ' + tail)
    assert read(path) is None


def test_a_file_that_is_removed_meanwhile_is_no_job(tmp_path):
    (tmp_path / "walk.jsonl").symlink_to(tmp_path / "gone")  # found, and not there to be opened
    assert list(jobs(tmp_path)) == []


def test_asking_gives_the_lock_back_before_the_file_is_read(tmp_path):
    path = tmp_path / "walk.jsonl"
    path.write_text(f"{WORD}\n")
    with path.open("rb") as watched, path.open("rb") as of_the_job:
        assert not jobs_lib._is_locked(watched.fileno())
        fcntl.flock(of_the_job, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert jobs_lib._is_locked(watched.fileno())


@pytest.mark.parametrize(("behind_s", "is_shown"), [(2.0, True), (60.0, False)])
def test_a_node_whose_clock_is_behind_by_seconds_is_shown(monkeypatch, behind_s, is_shown):
    ended = replace(RUNNING, state="done", told=1000.0 + RUNNING.wall_s - behind_s)
    monkeypatch.setattr(main, "beginnings", lambda folder: [1000.0])
    monkeypatch.setattr(main, "jobs", lambda folder: [ended])
    assert next(main.moments()) == [ended] * is_shown


def test_a_run_is_snakemake_or_dvc_at_work_in_this_folder(tmp_path):
    for name in ("snakemake", "dvc"):
        (tmp_path / name).write_text("print(flush=True); input()")

    def begun(*words: str) -> bool:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen([sys.executable, *words], cwd=tmp_path, **pipes) as process:
            process.stdout.readline()
            found = beginnings(tmp_path)
            process.communicate(b"\n")
        assert all(moment == pytest.approx(time.time(), abs=60) for moment in found)
        return bool(found)

    assert [begun("snakemake"), begun("dvc", "repro"), begun("dvc", "exp", "run")] == [True, True, True]
    assert not begun("dvc", "status")
    assert not begun("-c", "print(flush=True); input()", "snakemake")
    assert beginnings(tmp_path) == []


def test_ctrl_c_ends_the_view_alone(stage, tmp_path):
    # A shell has what it starts in the background ignore Ctrl-C, and these tests with it.
    listens = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", listens + "runpy.run_module('stages.watch', run_name='__main__')"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": ":".join(sys.path)}, **pipes) as watch:
        assert watch.stdout.readline().startswith(b"search@z2: 2/2 rounds, ")
        watch.send_signal(signal.SIGINT)
        assert (watch.stdout.read(), watch.stderr.read(), watch.wait()) == (b"", b"", 130)
    assert stage.poll() is None


def test_a_line_says_amount_rate_best_time_left_and_cores():
    assert view.line(RUNNING) == "search@z2: 20/60 rounds, 2/s, best over Z2 2x2x2:7, 0:00:20 left, 1.0 cores"
    assert view.line(replace(RUNNING, state="killed")) == "search@z2: killed after 0:01:30"
    assert view.line(replace(RUNNING, work={}, cores=None, state="begun")) == "search@z2: begun"
    one_of_several = replace(RUNNING, name="benchmarking", work=WORK | {"label": "benchmarking 64x64x64 float32"})
    assert view.line(one_of_several).startswith("benchmarking: 64x64x64 float32: 20/60 rounds, 2/s, ")


def test_a_table_has_a_row_per_job_those_that_work_first():
    screen = io.StringIO()
    finished = replace(RUNNING, name="pretraining@z2", state="done")
    Console(file=screen, width=120).print(view.table([finished, RUNNING], now=1005.0))
    first, running, done, last = (line.split() for line in screen.getvalue().splitlines())
    assert first == ["job", "state", "done", "rate", "best", "so", "far", "left", "cores"]
    assert done == ["pretraining@z2", "done", "best", "over", "Z2", "2x2x2:7", "after", "0:01:30"]
    assert running == [
        "search@z2",
        "running",
        "20/60",
        "rounds",
        "2/s",
        "best",
        "over",
        "Z2",
        "2x2x2:7",
        "0:00:15",
        "1.0",
    ]
    assert last == ["1", "done,", "1", "running"]
