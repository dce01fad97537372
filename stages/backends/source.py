"""The text of a kernel: the hash that its row of the table holds, and a text in Python as a function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from stages.contract.rows.kernels import KernelRow
from stages.errors import KernelError


def kernel_hash(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def checked_source(row: KernelRow) -> str:
    """The text in a row of the table.

    Raises:
      KernelError: it is another one than the one that was hashed, so nobody has tried it out.
    """
    if (got := kernel_hash(row.source)) != row.kernel:
        raise KernelError(f"kernel {row.kernel} of scheme {row.scheme}: its source has another hash, {got}")
    return row.source


def python_matmul(source: str) -> Callable:
    """The product that a text in JAX or NumPy defines; KernelError: it defines none."""
    module: dict = {}
    exec(compile(source, f"<kernel {kernel_hash(source)}>", "exec"), module)  # our own text
    if "matmul" not in module:
        raise KernelError(f"kernel {kernel_hash(source)}: its source defines no matmul")
    return module["matmul"]
