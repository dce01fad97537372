"""The text of a kernel in C as products of NumPy arrays."""

from __future__ import annotations

from fastmm.binding import Kernel
from stages.backends.c import build
from stages.errors import KernelError


def load(source: str) -> Kernel:
    """Compiles the text of `emitter.emit` and runs its self-test, or takes the library that passed before.

    Raises:
      KernelError: no compiler, or one that refuses the text; a wrong product; a library that cannot be loaded.
    """
    library = build.build(source)
    try:
        return Kernel(library)
    except (OSError, AttributeError) as error:  # cut off, where programs may not be run, or without an entry point
        hint = "delete it, or name another place by XDG_CACHE_HOME"
        raise KernelError(f"C back end: expected a library that can be loaded, got «{error}»; {hint}") from error
