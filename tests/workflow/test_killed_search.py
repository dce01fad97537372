"""The longest stage, killed without a warning, goes on to the same bytes; and it needs nothing but what it declares."""

import os
import shutil
import signal
import time
from pathlib import Path

import clones


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

    clones.run(tmp_path, *recorded["cmd"].split())
    assert not list(tmp_path.glob(".resume/*"))
    outputs = [Path(out["path"]) for out in recorded["outs"] if "timing" not in out["path"]]
    assert len(outputs) == 4
    for output in outputs:
        assert (tmp_path / output).read_bytes() == (runs.dvc / output).read_bytes(), output
