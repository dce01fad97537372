"""What one file may take: a time for each, and memory for all, so that no file of anybody's stops the work."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import ParamSpec, TypeVar

SECONDS = 10.0  # of CPU time, unless a person gives more
MEMORY = 900 * 2**20  # bytes beyond what the process has when it begins, which is below 100 MiB
_STATUS = Path("/proc/self/statm")

_P = ParamSpec("_P")
_T = TypeVar("_T")


class OutOfTimeError(Exception):
    """The CPU time of a file is used up. No error of the tree, so that no reader takes it for one of the file."""


class Allowance:
    """CPU seconds of this process that are left for the calls of `run`; only the main thread can have one."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def run(self, function: Callable[_P, _T], *given: _P.args, **options: _P.kwargs) -> _T:
        """Calls a function.

        Raises:
          OutOfTimeError: it was stopped because nothing is left.
        """
        before, started = signal.signal(signal.SIGPROF, _stop), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, max(self._left, 1e-3))  # zero would be no limit
        try:
            return function(*given, **options)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self._left -= time.process_time() - started  # what the timer says is left is too coarse for short calls
            signal.signal(signal.SIGPROF, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Lets this process ask for `MEMORY` more bytes; what asks for more gets a MemoryError. Linux alone can say so."""
    if not _STATUS.exists():
        yield
        return
    used = int(_STATUS.read_text().split()[0]) * resource.getpagesize()
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
