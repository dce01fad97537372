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
_TASKS = Path("/proc/self/task")


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
    """Whether some thread of this process runs beside the calling one, such as one of a BLAS that spins after a call.

    Threads of C kernels, which sleep soon, do not count. Takes some 20 us. True where the system does not tell.
    """
    try:
        tasks = [int(task) for task in os.listdir(_TASKS)]
        clocks = [(~task << 3) | 6 for task in tasks]  # the number that Linux gives the CPU time of a thread
        before, after = ([time.clock_gettime_ns(clock) for clock in clocks] for _ in range(2))
        running = [task for task, then, now in zip(tasks, before, after, strict=True) if now > then]
        names = [(_TASKS / str(task) / "comm").read_text() for task in running if task != threading.get_native_id()]
    except OSError:  # another system; a thread that has just ended
        return True
    return any(name != "fmm\n" for name in names)
