"""Files that appear whole or not at all, whatever happens while they are written: which is how stages write."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stages.errors import DiskError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives the path of a file to write, which takes the place of `path` at the end; makes the folder.

    What was there stays as it was if the block raises, or if the disk is full. What a process left that was killed
    while it wrote the same file goes.

    Raises:
      DiskError: the system refuses to write, or `path` is a folder or a device.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file():
            raise DiskError(f"{path}: expected a file or nothing there")
        path.parent.mkdir(parents=True, exist_ok=True)  # DVC does not make it
        for left in _left_behind(path):
            left.unlink(missing_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror or ' '.join(str(error).split())}") from None
    finally:
        with suppress(OSError):  # it has its place, or never came to be
            temporary.unlink()


def _left_behind(path: Path) -> Iterator[Path]:
    """What processes that run no more had begun to write in place of `path`."""
    for temporary in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        pid = temporary.name.split(".")[-2]
        if pid.isdecimal() and not is_running(int(pid)):
            yield temporary


def is_running(pid: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # it may be another user's
    return True
