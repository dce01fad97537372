"""The plain-integer interpreter: what a program means. Every emitter is compared with it.

It multiplies integer matrices exactly: in int64 where no value on the way can overflow, in Python integers elsewhere.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Shaped

from stages.algebra.rings import PRIMES, reduced_to
from stages.errors import KernelError
from stages.program.program import Program
from stages.program.sums import evaluate, magnitude


def multiply(
    program: Program, a: Shaped[np.ndarray, "rows inner"], b: Shaped[np.ndarray, "inner cols"]
) -> Shaped[np.ndarray, "rows cols"]:
    """The product that `program` gives for integer matrices (mod 2 over Z2).

    Args:
      a: integers (NumPy, or Python's in an object array) [n*h, m*g].
      b: likewise [m*g, p*w].
    Returns:
      int64 or object [n*h, p*w].
    Raises:
      KernelError: shapes that the size does not divide, or a result that its denominator does not divide.
    """
    n, m, p = program.size
    if a.shape[1] != b.shape[0] or a.shape[0] % n or a.shape[1] % m or b.shape[1] % p:
        raise KernelError(f"program {program.size.name}: cannot multiply {list(a.shape)} and {list(b.shape)}")
    inner = a.shape[1] // m
    dtype = np.int64 if bound(program, inner, _largest(a), _largest(b)) < 2**63 else object
    left = evaluate(program.left, _blocks(a.astype(dtype), n, m))
    right = evaluate(program.right, _blocks(b.astype(dtype), m, p))
    blocks = evaluate(program.output, [s @ t for s, t in zip(left, right, strict=True)])
    c = np.block([[blocks[i * p + k] for k in range(p)] for i in range(n)])
    if program.ring in PRIMES:
        return reduced_to(c, program.ring)
    if (c % program.denominator).any():
        raise KernelError(f"program {program.size.name}: the denominator {program.denominator} leaves a remainder")
    return c // program.denominator


def _blocks(matrix: np.ndarray, rows: int, cols: int) -> list[np.ndarray]:
    """The blocks of a matrix, row by row."""
    return [block for band in np.split(matrix, rows, axis=0) for block in np.split(band, cols, axis=1)]


def _largest(matrix: np.ndarray) -> int:
    return max(abs(int(matrix.min())), abs(int(matrix.max()))) if matrix.size else 0


def bound(program: Program, inner: int, largest_a: int, largest_b: int) -> int:
    """No value or partial sum is larger if |A| <= largest_a, |B| <= largest_b and blocks of A have `inner` columns."""
    left_bound, left = magnitude(program.left, [largest_a] * program.left.inputs)
    right_bound, right = magnitude(program.right, [largest_b] * program.right.inputs)
    products = [inner * x * y for x, y in zip(left, right, strict=True)]
    output_bound, _ = magnitude(program.output, products)
    return max(left_bound, right_bound, output_bound)
