"""The longest stage, killed without a warning, goes on to the same bytes; and it needs nothing but what it declares."""

import csv
import json
import os
import shutil
import signal
import time
from pathlib import Path

import clones
import numpy as np

AGE_S = 1e6  # no test takes this long


def age(state: Path) -> int:
    """Makes a saved search older, which it tells in its timing alone: who goes on from it gives itself away.

    Returns the rounds that it holds.
    """
    with np.load(state) as saved:
        arrays = dict(saved)
    notes = json.loads(arrays["notes"].tobytes())
    arrays["notes"] = np.frombuffer(json.dumps(notes | {"cpu_s": notes["cpu_s"] + AGE_S}).encode(), np.uint8)
    np.savez(state, **arrays)
    return notes["round"]


def test_a_killed_search_goes_on_with_nothing_but_its_inputs(runs, tmp_path):
    """No published scheme and no published rank is in reach: the folder holds the declared dependencies alone."""
    recorded = clones.lock(runs.dvc)["search@z2"]
    for name in ["params.yaml", *(dep["path"] for dep in recorded["deps"])]:
        source, place = runs.dvc / name, tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, place) if source.is_dir() else shutil.copy(source, place)

    search = clones.start(tmp_path, *recorded["cmd"].split())
    while not list(tmp_path.glob(".resume/search*.npz")) and search.poll() is None:
        time.sleep(0.001)
    os.killpg(search.pid, signal.SIGKILL)
    printed, _ = search.communicate()
    assert search.returncode == -signal.SIGKILL, printed
    assert not (tmp_path / "results/search").exists()
    (state,) = tmp_path.glob(".resume/search@z2-*.npz")
    assert age(state) >= 1

    clones.run(tmp_path, *recorded["cmd"].split())
    assert not list(tmp_path.glob(".resume/*"))
    with (tmp_path / "results/search/timing/z2.csv").open() as file:
        (timing,) = csv.DictReader(file)
    assert float(timing["cpu_s"]) > AGE_S, "the second run did not take up the state of the first"
    outputs = [Path(out["path"]) for out in recorded["outs"] if "timing" not in out["path"]]
    assert len(outputs) == 4
    for output in outputs:
        assert (tmp_path / output).read_bytes() == (runs.dvc / output).read_bytes(), output
