"""The trial of an emitted kernel: its products of small integers are the interpreter's, exactly.

A text in JAX or NumPy gives a function of two matrices, which is tried out here. A text in C holds a trial of its own,
which `c.build` runs; it needs to know how large its values get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stages.errors import KernelError
from stages.program.interpreter import bound, multiply
from stages.program.program import Program
from stages.program.sums import magnitude

LARGEST = 3  # entries of the trial matrices: -3..3
_EXACT = 2**53  # float64 adds and multiplies integers below this without rounding
_BLOCK = 21  # rows and columns of blocks: whole vectors of any type and some elements


def is_exact(program: Program) -> bool:
    """Whether no value of a trial can pass 2^53."""
    return bound(program, _BLOCK, LARGEST, LARGEST) < _EXACT


def check_exact(program: Program, name: str) -> None:
    """Raises KernelError, with the name of the kernel, where a value of a trial can pass 2^53."""
    if not is_exact(program):
        raise KernelError(f"{name}: coefficients too large: values on small matrices can pass 2^53")


def largest_value(programs: Sequence[Program], a: int = 1, b: int = 1) -> int:
    """No value or partial sum is larger if |A| <= a, |B| <= b and the smallest blocks of A have one column.

    Args:
      programs: of the levels, the outermost first; none is the plain product.
    """
    return max(_largest(programs, a, b))


def _largest(programs: Sequence[Program], a: int, b: int) -> tuple[int, int]:
    """Of any value, and of the elements of the product."""
    if not programs:
        return a * b, a * b
    program, *below = programs
    left_most, left = magnitude(program.left, [a] * program.left.inputs)
    right_most, right = magnitude(program.right, [b] * program.right.inputs)
    pairs = list(zip(left, right, strict=True))
    products = {pair: _largest(below, *pair) for pair in set(pairs)}
    output_most, outputs = magnitude(program.output, [products[pair][1] for pair in pairs])
    return max(left_most, right_most, output_most, *(most for most, _ in products.values())), max(outputs)


def try_out(product: Callable[[np.ndarray, np.ndarray], np.ndarray], program: Program, name: str) -> None:
    """Compares with the interpreter, once with sizes that the blocks divide and once with one row and column less.

    The interpreter sees what is missing as zeros.

    Args:
      product: float64 matrices [n, m] and [m, p] -> their product by one level of `program`.
      name: of the kernel, for the error.
    Raises:
      KernelError: a wrong product, or coefficients too large for a trial (`check_exact`).
    """
    check_exact(program, name)
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
