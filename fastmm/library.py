"""The kernels that were compiled when the package was installed."""

from __future__ import annotations

import functools
import platform
import struct
from pathlib import Path

from fastmm.binding import Kernel

PATH = Path(__file__).with_name("kernels") / "kernels.so"
_ELF = struct.Struct("<40xQ10xHH2x")  # the header: where the table of sections begins, bytes of an entry, entries
_CPUINFO = Path("/proc/cpuinfo")


@functools.cache
def installed() -> Kernel | None:
    """None where they are not compiled, or cannot be loaded; `why_none` says why."""
    return None if why_none() else Kernel(PATH)


@functools.cache
def why_none() -> str:
    """Why there are no kernels, in one line; empty where there are."""
    if not PATH.exists():
        return f"{PATH}: no such file; pip install compiles it, for use outside of the folder of the sources"
    try:
        if _is_cut_off(PATH.read_bytes()):
            return f"{PATH}: expected a whole library, got one that was cut off; install fastmm again"
        Kernel(PATH)
    except (OSError, AttributeError) as error:
        return f"{PATH}: expected a library that can be loaded, got «{error}»"
    return ""


def _is_cut_off(library: bytes) -> bool:
    """Whether an ELF file of 64 bits ends before the table at its end, which its header places.

    To load such a file may end the process: what lies behind its end is mapped all the same.
    """
    if len(library) < _ELF.size or not library.startswith(b"\x7fELF\x02\x01"):
        return False
    begins, size, entries = _ELF.unpack_from(library)
    return len(library) < begins + size * entries


@functools.cache
def digest() -> str:
    """Of the compiled kernels."""
    import hashlib  # not at the start, as the import of the package is to take no time

    return hashlib.sha256(PATH.read_bytes()).hexdigest()


def cpu_model() -> str:
    """The processor by name, and by family and model where Linux tells them: virtual machines share one name."""
    told: dict[str, str] = {}
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            key, _, value = line.partition(":")
            told.setdefault(key.strip(), value.strip())
    name = told.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{key.split()[-1]} {told[key]}" for key in ("cpu family", "model") if key in told]
    return f"{name} ({', '.join(numbers)})" if numbers else name
