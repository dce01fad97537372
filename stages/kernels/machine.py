"""What products run on: the processor, the library behind NumPy's, and who else runs at this moment."""

from __future__ import annotations

import functools
import os
import platform
import threading
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
    """Whether a thread of this process runs, or wants to, beside the calling one: one of a BLAS that spins on, say.

    Threads of C kernels, which sleep soon, do not count. Takes some 15 us per thread. True where no system tells.
    """
    mine = str(threading.get_native_id())
    try:
        for task in os.listdir(_TASKS):
            if task != mine:
                with open(f"{_TASKS}/{task}/stat", "rb", buffering=0) as file:
                    name, _, fields = file.read(80).partition(b"(")[2].rpartition(b") ")
                if fields.startswith(b"R") and name != b"fmm":
                    return True
    except OSError:  # another system; a thread that has just ended
        return True
    return False
