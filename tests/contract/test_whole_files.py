"""On a disk that takes no more, or in a folder that cannot be written, one line tells it and nothing changes."""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.contract import command, csv_tables, tables
from stages.contract.resume import Resume
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.contract.rows.curves import ClockRow
from stages.errors import DiskError

ROOM = 1 << 14  # bytes that a file may have at most
MANY = np.random.default_rng(0).integers(-128, 128, (1000, 1000), np.int8)  # nothing compresses them to ROOM


def save_state(path: Path) -> None:
    with contextlib.chdir(path.parent):
        Resume("walk", {}, []).save(lambda: {"many": MANY})


WAYS: dict[str, Callable[[Path], None]] = {
    "text": lambda path: command.write_bytes(path, MANY.tobytes()),
    "csv": lambda path: csv_tables.write(path, ClockRow, [ClockRow(float(each)) for each in range(ROOM)]),
    "table": lambda path: tables.write_columns(
        path, DEMONSTRATIONS, {"rank": np.ones(1000, np.int16), "terms": list(MANY)}
    ),
    "state": save_state,
}


@pytest.fixture
def no_room():
    """No file of this process grows beyond ROOM: the system refuses as it does on a full disk, with another word."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
def test_what_was_there_stays_where_there_is_no_room(tmp_path, no_room, write):
    (tmp_path / "file").write_text("old")
    with pytest.raises(DiskError, match=r"(file|\.npz): .*File too large") as caught:
        write(tmp_path / "file")
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == {"file": b"old"}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
def test_a_folder_that_cannot_be_made_is_named(tmp_path, write):
    (tmp_path / "place").write_text("a file")
    (tmp_path / ".resume").write_text("a file")
    with pytest.raises(DiskError, match=r"(place/file|\.npz): (Not a directory|File exists)"):
        write(tmp_path / "place" / "file" if write is not save_state else tmp_path / "file")


def test_a_device_is_not_replaced():
    with pytest.raises(DiskError, match="/dev/null: expected a file or nothing there"):
        command.write_text(Path(os.devnull), "text")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_standard_output_that_is_full_is_one_line():
    code = "import argparse; from stages.contract import command; "
    code += "command.run(lambda given: print('x' * 10**6), argparse.ArgumentParser())"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_what_a_killed_process_left_goes(tmp_path):
    """And nothing of one that runs."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".file.{gone.pid}.tmp").write_text("half")
    running = f".file.{os.getppid()}.tmp"
    (tmp_path / running).write_text("half")
    command.write_bytes(tmp_path / "file", b"whole")
    assert files(tmp_path) == {"file": b"whole", running: b"half"}
