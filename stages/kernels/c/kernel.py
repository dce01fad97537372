"""Two programs -> a compiled kernel whose products were tried out on integers."""

from __future__ import annotations

import numpy as np

from stages.errors import KernelError
from stages.kernels.c.binding import Kernel, load
from stages.kernels.c.emitter import emit
from stages.program.interpreter import bound, multiply
from stages.program.program import Program

_EXACT = 2**53  # float64 adds and multiplies integers below this without rounding
_LARGEST = 3  # entries of the trial matrices: -3..3
_BLOCK = 21  # rows and columns of their blocks: whole vectors and some elements


def make(outer: Program, inner: Program, outer_hash: str, inner_hash: str) -> Kernel:
    """Emits, compiles and tries out; arguments as of `emitter.emit`.

    Raises:
      KernelError: a program over Z2, coefficients too large to try out, no compiler, or a wrong product.
    """
    for program, scheme in ((outer, outer_hash), (inner, inner_hash)):
        if bound(program, _BLOCK, _LARGEST, _LARGEST) >= _EXACT:
            raise KernelError(f"scheme {scheme}: coefficients too large: values on small matrices can pass 2^53")
    kernel = load(emit(outer, inner, outer_hash, inner_hash))
    try_out(kernel, outer, inner)
    return kernel


def try_out(kernel: Kernel, outer: Program, inner: Program) -> None:
    """Compares products with the interpreter's on small integers, exactly: each scheme alone, one thread.

    Once with sizes that the blocks divide and once with one row and column less, which the interpreter sees as zeros.

    Raises:
      KernelError: a wrong product.
    """
    rng = np.random.default_rng(0)
    for program, levels, fused in ((outer, 1, False), (inner, 0, True)):
        n, m, p = (_BLOCK * blocks for blocks in program.size)
        a = rng.integers(-_LARGEST, _LARGEST, (n, m), endpoint=True)
        b = rng.integers(-_LARGEST, _LARGEST, (m, p), endpoint=True)
        for cut in (0, 1):
            rows, inside, cols = n - cut, m - cut, p - cut
            a[rows:], a[:, inside:], b[inside:], b[:, cols:] = 0, 0, 0, 0
            expected = multiply(program, a, b)[:rows, :cols].astype(np.float64)
            operands = (x.astype(np.float64) for x in (a[:rows, :inside], b[:inside, :cols]))
            if not np.array_equal(kernel.product(*operands, levels=levels, fused=fused), expected):
                level = "inner" if fused else "outer"
                raise KernelError(f"C back end: the {level} {program.size.name} gives a wrong {rows}x{inside}x{cols}")
