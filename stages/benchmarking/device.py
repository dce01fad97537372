"""What the timings were taken on."""

from __future__ import annotations

import platform
from pathlib import Path

import jax
import numpy as np
from threadpoolctl import threadpool_info

_CPUINFO = Path("/proc/cpuinfo")


def facts(threads: int) -> dict[str, object]:
    """The columns of `tables.TIMINGS` that every row of a run shares."""
    device = jax.devices()[0]
    pools = {f"{pool['internal_api']} {pool['version']} ({pool['architecture']})" for pool in _blas_pools()}
    return {
        "threads": threads,
        "device": f"{device.platform}: {device.device_kind}",
        "cpu": _cpu_model(),
        "versions": ", ".join([f"jax {jax.__version__}", f"numpy {np.__version__}", *sorted(pools)]),
    }


def _blas_pools() -> list[dict]:
    return [pool for pool in threadpool_info() if pool["user_api"] == "blas"]


def _cpu_model() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
