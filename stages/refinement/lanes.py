"""Walkers on threads of their own, ahead of whoever reads what they report.

A walker needs what others have found only where an attempt begins. So it goes on from round to round, and what it finds
is checked, lifted and kept meanwhile by the reader, in the order of the schedule: the result depends on no clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

from stages.algebra.factors import Scheme
from stages.refinement.modes import Attempt

AHEAD = 8  # rounds that a walker may be ahead of the reader; bounds memory


@dataclass(frozen=True)
class Report:
    """One walker after one round.

    Attributes:
      attempt: where it stands.
      found: schemes of new best ranks and, where the attempt is over, its harvest.
      is_over: whether the attempt is.
    """

    attempt: Attempt
    found: list[Scheme]
    is_over: bool


WalkFn = Callable[[Attempt, int], Report]  # an attempt through the round of a number


class Lane:
    """One walker."""

    def __init__(self, walk_fn: WalkFn) -> None:
        self._walk_fn, self._is_open = walk_fn, True
        self._starts: SimpleQueue[tuple[Attempt, int] | None] = SimpleQueue()
        self._reports: SimpleQueue[Report | Exception] = SimpleQueue()
        self._room = threading.Semaphore(AHEAD)
        self._thread = threading.Thread(target=self._walk, daemon=True)
        self._thread.start()

    def begin(self, attempt: Attempt, number: int) -> None:
        """Walks an attempt until it is over, from the round of a number on."""
        self._starts.put((attempt, number))

    def report(self) -> Report:
        """What the next round has given; waits for it. Raises what the thread has raised."""
        report = self._reports.get()
        self._room.release()
        if isinstance(report, Exception):
            raise report
        return report

    def close(self) -> None:
        """Ends the thread after the round that it is in."""
        self._is_open = False
        self._room.release()
        self._starts.put(None)
        self._thread.join()

    def _walk(self) -> None:
        try:
            while start := self._starts.get():
                attempt, number = start
                is_over = False
                while not is_over:
                    self._room.acquire()
                    if not self._is_open:
                        return
                    report = self._walk_fn(attempt, number)
                    self._reports.put(report)
                    attempt, number, is_over = report.attempt, number + 1, report.is_over
        except Exception as error:
            self._reports.put(error)


@contextmanager
def lanes(count: int, walk_fn: WalkFn) -> Iterator[list[Lane]]:
    """Walkers side by side, whose threads end with the block."""
    opened = [Lane(walk_fn) for _ in range(count)]
    try:
        yield opened
    finally:
        for lane in opened:
            lane.close()
