"""C text -> shared library, by the system's compiler, kept in the user's cache under a hash of all that made it."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stages.errors import KernelError

FAST = ("-O3",)
TRIAL = ("-O0",)  # compiles in about a second, a tenth of the time
_FLAGS = ("-std=gnu11", "-shared", "-fPIC", "-pthread")
_CACHE = "open-alphatensor"


def compiler() -> str:
    """Path of the system's C compiler.

    Raises:
      KernelError: there is none.
    """
    found = shutil.which("cc")
    if found is None:
        raise KernelError(
            "C back end: expected a C compiler called cc on PATH, found none "
            "(Debian, Ubuntu: apt install gcc; macOS: xcode-select --install); the other back ends need none"
        )
    return found


def build(source: str, flags: Sequence[str] = FAST) -> Path:
    """Compiles `source`, or finds the library that it gave before. Two processes may do so at the same time.

    Args:
      flags: of the compiler, beside those that make a library.
    Raises:
      KernelError: no compiler, or one that refuses the text; a cache that cannot be written.
    """
    command = compiler()
    version = _run([command, "--version"])
    made_by = [source, command, version, platform.machine(), *flags, *_FLAGS]  # homes are shared between machines
    digest = hashlib.sha256("\0".join(made_by).encode()).hexdigest()[:32]
    folder = cache_folder()
    library = folder / f"{digest}.so"
    if library.exists():
        return library
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            text = Path(scratch, "kernel.c")  # the file includes itself, so it needs a name
            text.write_text(source)
            made = Path(scratch, "kernel.so")
            _run([command, *flags, *_FLAGS, "-o", str(made), str(text)])
            made.replace(library)
    except OSError as error:
        hint = "XDG_CACHE_HOME names another place"
        raise KernelError(f"C back end: expected to write to {folder}, got «{error.strerror}»; {hint}") from error
    return library


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _CACHE


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise KernelError(f"{command[0]} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout
