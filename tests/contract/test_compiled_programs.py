"""Compiled programs are kept on disk and found again, unless the user wants none.

That a search which finds them writes the same bytes as one that compiles is what the whole runs in tests/workflow show:
what the first of them compiles is found by all others.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, os

from stages.contract.xla import settle_xla

settle_xla()

import jax

events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
drawn = jax.jit(lambda key: jax.random.normal(key, (1000,)).sum())(jax.random.key(0))
print(json.dumps([float(drawn), sum(event.endswith("/cache_hits") for event in events)]))
"""


def _draw(folder: Path, **environment: str) -> tuple[float, int]:
    """What a program computes, and how many compiled ones it found."""
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


def test_programs_are_kept_and_found(tmp_path: Path):
    (cold, none), (warm, found) = _draw(tmp_path), _draw(tmp_path)
    assert none == 0
    assert len(list((tmp_path / ".cache" / "xla").iterdir())) >= found >= 1
    assert _draw(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false") == (cold, 0)
    assert warm == cold
