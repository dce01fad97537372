"""What products run on: the processor, and the library behind NumPy's."""

from __future__ import annotations

import functools
import platform
from pathlib import Path

import numpy as np
from threadpoolctl import LibController, ThreadpoolController

_CPUINFO = Path("/proc/cpuinfo")


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
