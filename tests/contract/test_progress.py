"""Progress: what a line says and when it is printed."""

import fcntl
import json
import threading
from pathlib import Path

import pytest

from stages.contract import progress as progress_lib
from stages.contract.progress import INTERVAL_S, Progress


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_lib, "time", clock)
    return clock


def test_line_has_amount_rate_best_and_time_left(clock, capsys):
    progress = Progress("search@z2", 61, "rounds")
    clock.now += 1
    progress.update(1)
    clock.now += 10
    progress.update(21, "best 2x2x2:7 over Z2")
    captured = capsys.readouterr()
    assert captured.err == "search@z2: 21/61 rounds, 2 rounds/s, best 2x2x2:7 over Z2, 20 s left\n"
    assert captured.out == ""


def test_one_line_per_interval_and_one_at_the_end(clock, capsys):
    progress = Progress("walk", 100, "flips")
    for done in range(1, 101):
        clock.now += INTERVAL_S / 10
        progress.update(done)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == [f"{done}/100" for done in range(10, 101, 10)]
    assert lines[-1].endswith(", 0 s left")


def test_resumed_work_counts_its_own_rate(clock, capsys):
    progress = Progress("walk", 100, "flips", done=79)
    progress.update(80)
    clock.now += 10
    progress.update(90)
    assert capsys.readouterr().err == "walk: 90/100 flips, 1 flips/s, 10 s left\n"


def test_the_rate_leaves_out_what_the_first_unit_took_beside_its_work(clock, capsys):
    progress = Progress("search@z2", 12, "rounds")
    clock.now += 90
    progress.update(1)
    clock.now += 10
    progress.update(6)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "search@z2: 1/12 rounds, 0.01111 rounds/s, time left unknown"
    assert second == "search@z2: 6/12 rounds, 0.5 rounds/s, 12 s left"


def test_nothing_done_yet_has_no_time_left(clock, capsys):
    progress = Progress("walk", 100, "flips")
    clock.now += 10
    progress.update(0)
    assert capsys.readouterr().err == "walk: 0/100 flips, 0 flips/s, time left unknown\n"


def test_last_unit_within_the_first_instant_is_told(clock, capsys):
    Progress("walk", 1, "flips").update(1)
    assert capsys.readouterr().err.startswith("walk: 1/1 flips, ")


def words(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "logs/progress/walk.jsonl").read_text().splitlines()]


def test_a_job_keeps_what_it_tells_and_how_it_ended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with progress_lib.job("walk"):
        Progress("walk", 100, "flips", done=50).update(100, "rank 7")
    begun, running, done = words(tmp_path)
    assert [begun["state"], running["state"], done["state"]] == ["begun", "running", "done"]
    told = {name: running[name] for name in ("label", "done", "total", "unit", "best", "left_s")}
    assert told == {"label": "walk", "done": 100, "total": 100, "unit": "flips", "best": "rank 7", "left_s": 0.0}
    assert begun["wall_s"] <= running["wall_s"] <= done["wall_s"]
    assert 0 < begun["cpu_s"] <= done["cpu_s"]
    with pytest.raises(ZeroDivisionError), progress_lib.job("walk"):
        raise ZeroDivisionError
    assert [word["state"] for word in words(tmp_path)] == ["begun", "failed"]


def test_a_watcher_that_asks_while_a_job_begins_does_not_silence_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs/progress").mkdir(parents=True)
    with (tmp_path / "logs/progress/walk.jsonl").open("wb") as watched:
        fcntl.flock(watched, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (watched, fcntl.LOCK_UN)).start()
        with progress_lib.job("walk"):
            pass
    assert [word["state"] for word in words(tmp_path)] == ["begun", "done"]


def test_a_second_job_of_one_name_leaves_the_file_to_the_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress_lib, "LOCK_PAUSE_S", 0.0)
    (tmp_path / "logs/progress").mkdir(parents=True)
    with (tmp_path / "logs/progress/walk.jsonl").open("wb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with progress_lib.job("walk"):
            pass
    assert words(tmp_path) == []


def test_outside_a_job_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Progress("walk", 1, "flips").update(1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "full disk"])
def test_a_job_does_not_need_its_file(tmp_path, monkeypatch, obstacle):
    monkeypatch.chdir(tmp_path)
    if obstacle == "file":
        (tmp_path / "logs").write_text("in the way")
    else:
        (tmp_path / "logs/progress").mkdir(parents=True)
        (tmp_path / "logs/progress/walk.jsonl").symlink_to("/dev/full")
    done = False
    with progress_lib.job("walk"):
        Progress("walk", 1, "flips").update(1)
        done = True
    assert done
