"""NumPy's OpenBLAS: its threads, whose they are, and whether they run at this moment."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import threading
import time
from pathlib import Path

import numpy as np

from fastmm.library import installed

_MAPS = Path("/proc/self/maps")
_TASKS = "/proc/self/task"
# How its builds name their functions: in wheels of NumPy, and in distributions.
_NAMES = [(f"{before}openblas_", after) for before in ("scipy_", "") for after in ("64_", "")]
_WITH_AVX512 = ("SkylakeX", "Cooperlake", "SapphireRapids")  # as OpenBLAS calls them
_shared = False


class OpenBLAS:
    """The copy that NumPy uses.

    Attributes:
      config: its version and kernels.
      core: the processor that its kernels were written for.
      setter: address of the function that has its jobs done by others; None where it has none.
    """

    def __init__(self, library: ctypes.CDLL, before: str, after: str) -> None:
        self.threads = library[f"{before}get_num_threads{after}"]
        self.config, self.core = (_text(library[f"{before}get_{name}{after}"]) for name in ("config", "corename"))
        found = getattr(library, f"{before}set_threads_callback_function{after}", None)
        self.setter = found and ctypes.cast(found, ctypes.c_void_p).value


def _text(function) -> str:
    function.restype = ctypes.c_char_p
    return function().decode()


@functools.cache
def openblas() -> OpenBLAS | None:
    """None where NumPy uses another library, or no system tells."""
    try:
        mapped = {line.split(maxsplit=5)[-1].strip() for line in _MAPS.read_text().splitlines() if "openblas" in line}
    except OSError:
        return None
    of_numpy = str(Path(np.__file__).parents[1] / "numpy")  # it lies in numpy or, in wheels, in numpy.libs
    for path in sorted(mapped, key=lambda path: not path.startswith(of_numpy)):
        try:
            library = ctypes.CDLL(path)
        except OSError:  # deleted since
            continue
        for before, after in _NAMES:
            if hasattr(library, f"{before}get_num_threads{after}"):
                return OpenBLAS(library, before, after)
    return None


def threads() -> int:
    """Of NumPy's product at this moment; 1 where its library does not say."""
    found = openblas()
    return found.threads() if found else 1


def older_kernels() -> str:
    """A sentence where NumPy's product is slower than this processor allows, as its library takes kernels of an older
    one; else empty. OpenBLAS does so on processors that are newer than itself: a Zen 5 is a Haswell to some versions.
    """
    found, kernel = openblas(), installed()
    if not found or found.core in _WITH_AVX512 or not kernel or not kernel.has("avx512"):
        return ""
    return (
        f"NumPy's OpenBLAS takes its kernels for {found.core}, without the AVX-512 that this processor has, so a part "
        "of what fastmm gains is due to that; OPENBLAS_CORETYPE=SkylakeX has it take others, and then tune again"
    )


def share_threads(share: bool = True) -> bool:
    """Lets NumPy's products run on the threads of `fastmm`, or on their own again.

    OpenBLAS's threads spin for a tenth of a second after each product, on the cores that a kernel wants next. On shared
    threads NumPy is as fast as before and its results are the same to the bit. This concerns the whole process, until
    it ends: call it early, while no other thread multiplies. Then products of several Python threads run one at a time.
    SciPy's own copy of OpenBLAS is left alone.

    Returns:
      Whether the threads are shared now: never where NumPy uses another library or an OpenBLAS before 0.3.28, or where
      the kernels are not compiled.
    """
    global _shared
    found, kernel = openblas(), installed()
    if found and found.setter and kernel and share != _shared:
        kernel.share_threads(found.setter, share)
        if share:
            atexit.register(share_threads, False)
        else:
            atexit.unregister(share_threads)
        _shared = share
    return _shared


def is_shared() -> bool:
    return _shared


def is_crowded() -> bool:
    """Whether threads of OpenBLAS, or others, may run on the cores that a kernel wants."""
    return not _shared and _other_threads_run()


def _other_threads_run() -> bool:
    """Whether a thread of this process runs beside the calling one: one of a BLAS that spins on, say.

    Threads of C kernels, which sleep soon, do not count; nor do threads that wait for a core, or whose clock stands
    still for some microseconds although they run. Takes some 20 us and 2 us per thread. True where no system tells.
    """
    mine = threading.get_native_id()
    try:
        others = [task for task in map(int, os.listdir(_TASKS)) if task != mine]
        before = [_cpu_ns(task) for task in others]
        return any(_cpu_ns(task) > then and _name(task) != b"fmm\n" for task, then in zip(others, before, strict=True))
    except OSError:  # another system; a thread that has just ended
        return True


# Kept: straight after a large product, whose data fill the caches, to ask takes 0.1 ms. A thread that has its number
# from one that ended, or not yet its name, is taken for another, at the price of a slower variant.
@functools.lru_cache(1024)
def _name(task: int) -> bytes:
    with open(f"{_TASKS}/{task}/comm", "rb", buffering=0) as file:  # a Path takes ten times as long
        return file.read(16)


def _cpu_ns(task: int) -> int:
    """What a thread has had of the processors. Linux makes the number of a thread's clock from that of the thread."""
    return time.clock_gettime_ns(~task << 3 | 6)
