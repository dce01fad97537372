"""Progress of long work: one line on stderr per interval (the rule's log takes the same lines), and one in a file.

The file is JSON lines in `logs/progress/`, one file per job, which is one run of a stage by its command. It is no
artifact: nothing but `stages.watch` reads it, and where it cannot be written the job goes on without it. While a job
lives it holds the file's lock. So whoever watches can tell a killed job from one that works, on any node.
"""

from __future__ import annotations

import fcntl
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path

FOLDER = Path("logs/progress")
INTERVAL_S = 5.0
LOCK_TRIES, LOCK_PAUSE_S = 20, 0.05
_STARTED = time.monotonic()
_of_the_job: FileIO | None = None  # a process is one job at most


@contextmanager
def job(name: str) -> Iterator[None]:
    """Keeps `logs/progress/NAME.jsonl` of what happens inside: `begun`, then `running`, at last `done` or `failed`."""
    global _of_the_job
    with ExitStack() as inside:
        with suppress(OSError):
            FOLDER.mkdir(parents=True, exist_ok=True)
            file = inside.enter_context((FOLDER / f"{name}.jsonl").open("ab", buffering=0))
            _lock(file)
            file.truncate(0)
            _of_the_job = file
        _record("begun")
        try:
            yield
        except BaseException:
            _record("failed")
            raise
        else:
            _record("done")
        finally:
            _of_the_job = None


def _lock(file: FileIO) -> None:
    """Takes the file's lock; a watcher holds it for an instant, which is waited for.

    Raises:
      BlockingIOError: after a second, so another job of this name lives.
    """
    for _ in range(LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(LOCK_PAUSE_S)
    raise BlockingIOError(f"{file.name}: locked")


def _record(state: str, **what: object) -> None:
    """Adds a line: the state, the Unix time, wall and CPU seconds, and `what`.

    The CPU seconds are those of this process and of its children that have ended; a child counts when it ends.
    """
    if not _of_the_job:
        return
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = time.process_time() + children.ru_utime + children.ru_stime
    clocks = {"time": time.time(), "wall_s": time.monotonic() - _STARTED, "cpu_s": cpu_s}
    with suppress(OSError):
        _of_the_job.write(json.dumps({"state": state, **clocks, **what}).encode() + b"\n")


class Progress:
    """Prints `label: done/total unit, rate, best, time left`, at most once per interval and once at the end.

    The first units often wait for a compiler, so they tell no time left, and the rate is that of the others once there
    are any. The clock decides only when a line is printed, never what is computed.
    """

    def __init__(self, label: str, total: int, unit: str, done: int = 0) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._from = self._printed = time.monotonic()
        self._first, self._is_first = done, True

    def update(self, done: int, best: str = "") -> None:
        """Tells that `done` units are finished; `best` says in words what is best so far."""
        now = time.monotonic()
        rate = (done - self._first) / max(now - self._from, 1e-9)
        left_s = (self._total - done) / rate if rate > 0 else None
        if self._is_first:
            self._from, self._first, self._is_first = now, done, False
            left_s = None if done < self._total else 0.0
        if now - self._printed < INTERVAL_S and done < self._total:
            return
        self._printed = now
        left = "time left unknown" if left_s is None else f"{left_s:.0f} s left"
        parts = [f"{done}/{self._total} {self._unit}", f"{rate:.4g} {self._unit}/s", best, left]
        print(f"{self._label}: " + ", ".join(part for part in parts if part), file=sys.stderr, flush=True)
        amounts = {"done": done, "total": self._total, "unit": self._unit, "units_per_s": rate, "left_s": left_s}
        _record("running", label=self._label, best=best, **amounts)
