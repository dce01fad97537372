"""What products run on: the processor, the library behind NumPy's, and who else runs at this moment."""

from __future__ import annotations

import functools
import os
import platform
import threading
import time
from pathlib import Path

import numpy as np
from threadpoolctl import LibController, ThreadpoolController

_CPUINFO = Path("/proc/cpuinfo")
_TASKS = "/proc/self/task"


def cpu_model() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def blas() -> list[str]:
    """Name, version and kernels of each BLAS that this process has loaded."""
    pools = ThreadpoolController().select(user_api="blas").info()
    return sorted({f"{pool['internal_api']} {pool['version']} ({pool['architecture']})" for pool in pools})


def blas_threads() -> int:
    """Threads of NumPy's product at this moment; 1 where its library does not say."""
    return max((controller.num_threads or 1 for controller in _numpy_blas()), default=1)


@functools.cache
def _numpy_blas() -> list[LibController]:
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    of_numpy = str(Path(np.__file__).parents[1] / "numpy")  # its library lies in numpy or, in wheels, in numpy.libs
    return [controller for controller in found if controller.filepath.startswith(of_numpy)] or found


def other_threads_run() -> bool:
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
