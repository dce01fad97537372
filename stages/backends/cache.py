"""Measured ratios of this machine, kept in the user's cache; one process at a time measures."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import math
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.backends.c.build import cache_folder
from stages.backends.c.variants import Variant
from stages.backends.dispatch import Speeds
from stages.contract.command import write_text
from stages.errors import DiskError

LOCK = threading.RLock()  # two threads that measure at the same time would spoil each other's ratios


def _renew_lock() -> None:
    """For a process that was forked off while a thread of its parent measured: nobody would let the lock go."""
    global LOCK
    LOCK = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


def ratios_file(measured: Sequence) -> Path:
    """Where ratios lie.

    Args:
      measured: what they were measured of, as JSON holds it.
    """
    return cache_folder() / f"{hashlib.sha256(json.dumps(measured).encode()).hexdigest()[:32]}.json"


def read(path: Path, states: Sequence[str]) -> Speeds | None:
    """What was measured before; None where there is nothing, or nothing that makes sense."""
    try:
        given = json.loads(path.read_text())
        speeds = {
            state: {
                Variant(int(levels), bool(fused)): {int(n): float(speed) for n, speed in found.items()}
                for levels, fused, found in given[state]
            }
            for state in states
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
    measured = [{variant: set(found) for variant, found in variants.items()} for variants in speeds.values()]
    ratios = [speed for variants in speeds.values() for found in variants.values() for speed in found.values()]
    same = all(sizes and sizes == measured[0] and all(sizes.values()) for sizes in measured)
    return speeds if same and all(0 < ratio < math.inf for ratio in ratios) else None


def write(path: Path, speeds: Speeds) -> None:
    """Keeps ratios, unless the cache cannot be written: then they are measured again next time."""
    kept = {state: [[*variant, found] for variant, found in variants.items()] for state, variants in speeds.items()}
    with contextlib.suppress(DiskError):
        write_text(path, json.dumps(kept, indent=1))


@contextlib.contextmanager
def only_process(path: Path) -> Iterator[None]:
    """Waits until no other process is in here: two that measure would spoil each other's ratios."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a cache that cannot be written, or whose file system knows no locks
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(path.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("matmul: waits for another process that is timing kernels", file=sys.stderr)
                fcntl.flock(lock, fcntl.LOCK_EX)
            stack.callback(fcntl.flock, lock, fcntl.LOCK_UN)  # to close it would leave it to processes forked meanwhile
        yield
