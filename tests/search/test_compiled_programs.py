"""Compiled programs kept on disk: a search that finds them writes the same bytes as the one that compiled them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, json, os
from pathlib import Path

from stages.contract.xla import settle_xla

settle_xla()
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"  # these networks compile fast

import jax
import numpy as np

events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))

from dataclasses import replace
from stages.planning.choose import planner
from tests.agents import agent, settings
from tests.search.players import begin, go_on, setup_for

player, given = agent("Z2", "1x1x2", history=1), settings(games=16, subgames=16, rounds=2, reanalyse=0.5)
setup = replace(setup_for(player, given, Path(".")), planner=planner(given))
memory, resume = begin(setup)
for _ in go_on(memory, resume, setup):
    pass
resume.clear()
parts = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves((memory.train, memory.replay, memory.best))]
digest = hashlib.sha256(b"".join([*parts, json.dumps(memory.curve).encode()])).hexdigest()
print(json.dumps([digest, sum(event.endswith("/cache_hits") for event in events)]))
"""


def _search(folder: Path, **environment: str) -> tuple[str, int]:
    """A digest of what a search ends with, and how many programs it found."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=folder,
        env=given | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout))


def test_programs_that_are_found_compute_the_same_bytes(tmp_path: Path):
    (cold, none), (warm, found) = _search(tmp_path), _search(tmp_path)
    assert none == 0
    assert found >= 3  # to play, to search again, to train
    assert len(list((tmp_path / ".cache" / "xla").iterdir())) >= found
    assert warm == cold
    assert _search(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false") == (cold, 0)
