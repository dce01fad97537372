"""What the timings were taken on."""

from __future__ import annotations

import jax
import numpy as np
from threadpoolctl import ThreadpoolController

from fastmm.library import cpu_model


def facts(threads: int) -> dict[str, object]:
    """The columns of `TIMINGS` that every row of a run shares."""
    device = jax.devices()[0]
    return {
        "threads": threads,
        "device": f"{device.platform}: {device.device_kind}",
        "cpu": cpu_model(),
        "versions": ", ".join([f"jax {jax.__version__}", f"numpy {np.__version__}", *blas()]),
    }


def blas() -> list[str]:
    """Name, version and kernels of each BLAS that this process has loaded."""
    pools = ThreadpoolController().select(user_api="blas").info()
    return sorted({f"{pool['internal_api']} {pool['version']} ({pool['architecture']})" for pool in pools})
