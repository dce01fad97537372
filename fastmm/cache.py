"""What was measured on this machine, kept in the user's cache as JSON."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import numpy as np

from fastmm import blas, library
from fastmm.binding import Kernel
from fastmm.dispatch import NUMPY, Ratios, Variant

# The threads of OpenBLAS are at rest, or shared; or they may spin on, as straight after a product of NumPy.
STATES = ("quiet", "crowded")
MOST_SPEED = 1e6  # beyond this, or below its inverse, even where threads wait for cores, a ratio makes no sense


def path(dtype: np.dtype, threads: int) -> Path:
    """Where ratios of an element type and number of threads lie, on this machine with these libraries.

    Raises:
      OSError: nobody says where the user's cache is.
    """
    import hashlib  # not at the start, as the import of the package is to take no time

    found = blas.openblas()
    measured = [library.cpu_model(), os.cpu_count(), np.__version__, found and found.config, library.digest()]
    name = hashlib.sha256(json.dumps([*measured, dtype.name, threads]).encode()).hexdigest()[:32]
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(folder):  # a user without a home, as in some containers
        raise OSError(f"expected HOME or XDG_CACHE_HOME to name a folder, got {folder}")
    return Path(folder, "fastmm", f"{name}.json")


def read(file: Path, kernel: Kernel) -> dict[str, Ratios] | None:
    """By state; None where there is nothing, or nothing that makes sense."""
    try:
        given = json.loads(file.read_text())
        found = {
            state: {
                (int(n), int(m), int(p)): {
                    Variant(tuple(levels), fused): float(speed) for levels, fused, speed in speeds
                }
                for (n, m, p), speeds in given[state]
            }
            for state in STATES
        }
        for ratios in found.values():
            for shape, variants in ratios.items():
                for variant, speed in variants.items():
                    variant.schemes(kernel)
                    if (
                        min(shape) < 1
                        or not 1 / MOST_SPEED < speed < MOST_SPEED
                        or min((*variant.levels, variant.fused - NUMPY)) < 0
                    ):
                        return None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError):
        return None
    return found if found["quiet"] else None


def write(file: Path, measured: dict[str, Ratios]) -> None:
    """Keeps ratios; whole or not at all.

    Raises:
      OSError: the cache cannot be written.
    """
    import tempfile

    kept = {
        state: [[shape, [[*variant, speed] for variant, speed in speeds.items()]] for shape, speeds in ratios.items()]
        for state, ratios in measured.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)
    try:
        with open(handle, "w") as text:
            json.dump(kept, text)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
