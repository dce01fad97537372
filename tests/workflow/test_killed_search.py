"""The longest stage, killed without a warning early and late, goes on to the same bytes.

It does so in a folder with what it declares to read and nothing else: no published scheme, no published rank.
"""

import csv
import json
import os
import signal
import time
from pathlib import Path

import clones
import numpy as np

AGE_S = 1e6  # no test takes this long
# The saved rounds at which it is killed, of 60; the rounds that are left take many times a look at it. By the second
# one it has solved games.
KILLS = (1, 24)


def notes_of(folder: Path) -> dict | None:
    """What a saved search says of itself in words and numbers; None where nothing is saved."""
    for path in folder.glob(".resume/search@*.npz"):
        with np.load(path) as saved:
            return json.loads(saved["notes"].tobytes())
    return None


def age(folder: Path) -> None:
    """Makes a saved search older, which it tells in its timing alone: who goes on from it gives itself away."""
    (path,) = folder.glob(".resume/search@*.npz")
    with np.load(path) as saved:
        arrays = dict(saved)
    notes = json.loads(arrays["notes"].tobytes())
    arrays["notes"] = np.frombuffer(json.dumps(notes | {"cpu_s": notes["cpu_s"] + AGE_S}).encode(), np.uint8)
    np.savez(path, **arrays)


def run_until(folder: Path, command: list[str], round_number: int) -> dict:
    """Kills a search as soon as that round is saved; the notes of what it left."""
    search = clones.start(folder, *command)
    while search.poll() is None and ((notes := notes_of(folder)) is None or notes["round"] < round_number):
        time.sleep(0.002)
    if search.returncode is None:
        os.killpg(search.pid, signal.SIGKILL)
    printed, _ = search.communicate()
    assert search.returncode == -signal.SIGKILL, printed
    return notes_of(folder)


def test_a_killed_search_goes_on(finished, tmp_path):
    """The run that lives must have taken up the states of all before it."""
    stage = "search@z2"
    command = clones.copy_what_is_declared(finished, tmp_path, stage)
    for round_number in KILLS:
        notes = run_until(tmp_path, command, round_number)
        assert notes["round"] >= round_number
        age(tmp_path)
    assert notes["best_rank"]["game"]
    assert not (tmp_path / "results/search").exists()

    clones.finish(clones.start(tmp_path, *command, **clones.TRAPS))
    assert not list(tmp_path.glob(".resume/*"))
    with (tmp_path / "results/search/timing/z2.csv").open() as file:
        (timing,) = csv.DictReader(file)
    assert float(timing["cpu_s"]) > len(KILLS) * AGE_S, "a run did not take up the state of the one before"
    clones.assert_no_knowledge(finished, tmp_path)
    clones.assert_same_outputs(finished, tmp_path, stage)
