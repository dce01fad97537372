"""Jobs as their files in `logs/progress/` tell of them (stages/contract/progress.py writes these)."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TAIL_BYTES = 16384  # several of the longest lines
ENDED = ("done", "failed", "killed")


@dataclass(frozen=True)
class Job:
    """A job as it told of itself last.

    Attributes:
      name: such as «search@z2».
      state: begun, running, done, failed, or killed: it has gone without a word.
      told: Unix time of its last word.
      wall_s: from its beginning to its last word.
      cores: CPU seconds per second, between its last two words; None before its second.
      work: what `Progress` told last: label, best, done, total, unit, units_per_s, left_s; or nothing.
    """

    name: str
    state: str
    told: float
    wall_s: float
    cores: float | None
    work: Mapping[str, Any]

    @property
    def begun(self) -> float:
        """Unix time at which its process began."""
        return self.told - self.wall_s

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


def jobs(folder: Path) -> Iterator[Job]:
    """All that have a file in a folder, the first to begin first."""
    found = (read(path) for path in folder.glob("*.jsonl"))
    yield from sorted((job for job in found if job), key=lambda job: job.begun)


def read(path: Path) -> Job | None:
    """The job of a file; None of one that has not told anything yet."""
    with path.open("rb") as file:
        lives = _is_locked(file.fileno())  # asked first: a job that ends meanwhile has said so before
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        *lines, _ = file.read().split(b"\n")  # the last is empty, or not yet whole
    words = [json.loads(line) for line in lines if line.startswith(b"{")]
    if not words:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else None
    cores = (last["cpu_s"] - before["cpu_s"]) / max(last["wall_s"] - before["wall_s"], 1e-3) if before else None
    work = next((word for word in reversed(words) if word["state"] == "running"), {})
    state = last["state"] if lives or last["state"] in ENDED else "killed"
    return Job(path.stem, state, last["time"], last["wall_s"], cores, work)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False  # closing the file gives up the lock
