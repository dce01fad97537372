"""The trial of an emitted kernel: its products of small integers are the interpreter's, exactly.

One for all back ends: each gives a function of two matrices.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stages.errors import KernelError
from stages.program.interpreter import bound, multiply
from stages.program.program import Program

LARGEST = 3  # entries of the trial matrices: -3..3
_EXACT = 2**53  # float64 adds and multiplies integers below this without rounding
_BLOCK = 21  # rows and columns of blocks: whole vectors of any type and some elements


def is_exact(program: Program) -> bool:
    """Whether no value of a trial can pass 2^53."""
    return bound(program, _BLOCK, LARGEST, LARGEST) < _EXACT


def try_out(product: Callable[[np.ndarray, np.ndarray], np.ndarray], program: Program, name: str) -> None:
    """Compares with the interpreter, once with sizes that the blocks divide and once with one row and column less.

    The interpreter sees what is missing as zeros.

    Args:
      product: float64 matrices [n, m] and [m, p] -> their product by one level of `program`.
      name: of the kernel, for the error.
    Raises:
      KernelError: a wrong product, or coefficients too large for a trial (see `is_exact`).
    """
    if not is_exact(program):
        raise KernelError(f"{name}: coefficients too large: values on small matrices can pass 2^53")
    n, m, p = (_BLOCK * blocks for blocks in program.size)
    rng = np.random.default_rng(0)
    a = rng.integers(-LARGEST, LARGEST, (n, m), endpoint=True)
    b = rng.integers(-LARGEST, LARGEST, (m, p), endpoint=True)
    for cut in (0, 1):
        rows, inner, cols = n - cut, m - cut, p - cut
        a[rows:], a[:, inner:], b[inner:], b[:, cols:] = 0, 0, 0, 0
        expected = multiply(program, a, b)[:rows, :cols].astype(np.float64)
        got = product(*(x.astype(np.float64) for x in (a[:rows, :inner], b[:inner, :cols])))
        if got.shape != expected.shape or not np.array_equal(got, expected):
            raise KernelError(f"{name} gives a wrong {rows}x{inner}x{cols} product")
