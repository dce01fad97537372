"""Jobs as their files in `logs/progress/` tell of them (stages/contract/progress.py writes these)."""

from __future__ import annotations

import fcntl
import json
import os
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
      cores: CPU seconds per second, between its last two words; None before its second. A child of its process
        counts when it ends, with all that it took.
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
    """The job of a file; None of one that has not told anything yet, or that cannot be read now."""
    try:
        with path.open("rb") as file:
            lives = _is_locked(file.fileno())  # asked first: a job that ends meanwhile has said so before
            start = max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES)
            file.seek(start)
            *lines, _ = file.read().split(b"\n")  # the last is empty, or not yet whole
    except OSError:  # such as of a file that was removed since it was found
        return None
    words = [word for line in lines[start > 0 :] if (word := _word(line))]  # the first may lack its beginning
    if not words:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else None
    cores = (last["cpu_s"] - before["cpu_s"]) / max(last["wall_s"] - before["wall_s"], 1e-3) if before else None
    work = next((word for word in reversed(words) if word["state"] == "running"), {})
    state = last["state"] if lives or last["state"] in ENDED else "killed"
    return Job(path.stem, state, last["time"], last["wall_s"], cores, work)


def _word(line: bytes) -> dict[str, Any] | None:
    """What a line says; None of one that is damaged, as a full disk or a crash leaves it."""
    try:
        word = json.loads(line)
    except ValueError:
        return None
    return word if isinstance(word, dict) and word.keys() >= {"state", "time", "wall_s", "cpu_s"} else None


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)  # at once: a job that begins now asks for it
    return False
