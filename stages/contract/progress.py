"""Progress of long work: one line on stderr per interval (the rule's log takes the same lines)."""

from __future__ import annotations

import sys
import time

INTERVAL_S = 5.0


class Progress:
    """Prints `label: done/total unit, rate, best, time left`, at most once per interval and once at the end.

    The clock decides only when a line is printed, never what is computed.
    """

    def __init__(self, label: str, total: int, unit: str, done: int = 0) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._first, self._done = done, done
        self._start = time.monotonic()
        self._printed = self._start

    def update(self, done: int, best: str = "") -> None:
        """Tells that `done` units are finished; `best` says in words what is best so far."""
        self._done = done
        now = time.monotonic()
        if now - self._printed < INTERVAL_S and done < self._total:
            return
        self._printed = now
        elapsed = max(now - self._start, 1e-9)
        rate = (done - self._first) / elapsed
        left = f"{(self._total - done) / rate:.0f} s left" if rate > 0 else "time left unknown"
        parts = [f"{done}/{self._total} {self._unit}", f"{rate:.4g} {self._unit}/s", best, left]
        print(f"{self._label}: " + ", ".join(part for part in parts if part), file=sys.stderr, flush=True)
