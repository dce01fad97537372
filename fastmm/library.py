"""The kernels that were compiled when the package was installed."""

from __future__ import annotations

import functools
import hashlib
import platform
from pathlib import Path

from fastmm.binding import Kernel

PATH = Path(__file__).with_name("kernels") / "kernels.so"
_CPUINFO = Path("/proc/cpuinfo")


@functools.cache
def installed() -> Kernel | None:
    """None where they are not compiled, or cannot be loaded; `why_none` says why."""
    return None if why_none() else Kernel(PATH)


@functools.cache
def why_none() -> str:
    """Why there are no kernels, in one line; empty where there are."""
    if not PATH.exists():
        return f"{PATH}: no such file; pip install compiles it"
    try:
        Kernel(PATH)
    except (OSError, AttributeError) as error:
        return f"{PATH}: expected a library that can be loaded, got «{error}»"
    return ""


@functools.cache
def digest() -> str:
    """Of the compiled kernels."""
    return hashlib.sha256(PATH.read_bytes()).hexdigest()


def cpu_model() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
