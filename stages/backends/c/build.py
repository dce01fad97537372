"""C text -> shared library that passed its self-test, by the system's compiler, kept in the user's cache.

A library has its place there once its own exact test has run in it, under a name that holds the hash of its bytes: what
is found there whole is proved, and what is proved is the file that runs.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fastmm.library import cpu_model
from stages.contract.whole_files import is_running
from stages.errors import KernelError

# -O3 takes twice as long to compile and gains some 3 % of a product of 1024 whose A is transposed, else nothing.
FLAGS = ("-O2", "-std=gnu11", "-pthread")
LIBRARY = ("-shared", "-fPIC")
_CACHE = "open-alphatensor"
_KEPT_S = 90 * 24 * 3600  # seconds after which a library that nobody has asked for is removed
# In a process of its own: a wrong kernel may write anywhere.
_SELF_TEST = """
import ctypes, sys
first = ctypes.create_string_buffer(128)
wrong = ctypes.CDLL(sys.argv[1]).fmm_self_test(first, ctypes.c_size_t(len(first)))
sys.exit(f"{wrong} products are wrong, {first.value.decode()}" if wrong else 0)
"""


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


def digest(source: str) -> str:
    """Names the library that a text becomes here: text, compiler, flags, processor (homes are shared by machines).

    Raises:
      KernelError: no compiler.
    """
    command = compiler()
    made_by = [source, command, _version(command), platform.machine(), cpu_model(), *FLAGS, *LIBRARY]
    return hashlib.sha256("\0".join(made_by).encode()).hexdigest()[:32]


def build(source: str) -> Path:
    """Compiles `source` and runs its self-test, or finds the library that passed. Two processes may do so at once.

    A library that was cut off or changed since then is not loaded, for that may end the process, but made again. When
    one is made, those go that nobody has asked for in a long time.

    Raises:
      KernelError: no compiler, or one that refuses the text; a wrong product; a cache that cannot be written.
    """
    folder = cache_folder()
    made_from = digest(source)
    for library in folder.glob(f"{made_from}-*.so"):
        if library.name == _file_name(made_from, library):
            with contextlib.suppress(OSError):  # a cache may be there to be read alone
                os.utime(library)
            return library
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("[0-9]*.*/"):  # by a process that was killed while it compiled
            if not is_running(int(left.name.partition(".")[0])):
                shutil.rmtree(left, ignore_errors=True)
        for library in folder.glob("*.so"):
            with contextlib.suppress(FileNotFoundError):  # another process does the same
                if library.stat().st_mtime < time.time() - _KEPT_S:  # who has loaded it keeps what was loaded
                    library.unlink()
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"{os.getpid()}.") as scratch:
            text = Path(scratch, "kernel.c")  # the file includes itself, so it needs a name
            text.write_text(source)
            made = Path(scratch, "kernel.so")
            _run([compiler(), *FLAGS, *LIBRARY, "-o", str(made), str(text)], compiler(), TMPDIR=scratch)
            _run([sys.executable, "-I", "-c", _SELF_TEST, str(made)], "the self-test of the emitted C kernel")
            library = folder / _file_name(made_from, made)
            made.replace(library)
    except OSError as error:
        hint = "XDG_CACHE_HOME names another place"
        raise KernelError(f"C back end: expected to write to {folder}, got «{error.strerror}»; {hint}") from error
    return library


def _file_name(made_from: str, library: Path) -> str:
    return f"{made_from}-{hashlib.sha256(library.read_bytes()).hexdigest()[:32]}.so"


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _CACHE


@functools.cache
def _version(command: str) -> str:
    return _run([command, "--version"], command)


def _run(command: list[str], name: str, **variables: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)
    if done.returncode:
        raise KernelError(f"{name} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout
