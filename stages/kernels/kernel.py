"""One verified scheme -> one kernel, its text tried out on integers; or the reason why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from stages.errors import KernelError
from stages.kernels.emitter import emit
from stages.program.costs import additions, emax
from stages.program.interpreter import bound, multiply
from stages.program.program import Program, from_json

BACKEND = "jax"
_EXACT = 2**53  # float64 adds and multiplies integers below this without rounding
_LARGEST = 3  # entries of the trial matrices: -3..3
_BLOCK = 3  # rows and columns of their blocks


def read_program(row: Mapping) -> Program:
    """The program that a row of `tables.VERIFIED` stores.

    Raises:
      SchemeError: it is malformed.
      KernelError: it is for another size or ring than the row's scheme.
    """
    program = from_json(row["program"])
    if (program.size.name, program.ring) != (row["size"], row["ring"]):
        raise KernelError(
            f"scheme {row['hash']}: expected a program for {row['size']} over {row['ring']}, "
            f"got one for {program.size.name} over {program.ring}"
        )
    return program


def refusal(program: Program) -> str | None:
    """Why the program of a verified scheme becomes no kernel, in one line; None where it does.

    Its products count, not the rank of the scheme: terms with a zero factor need none.
    """
    naive = program.size.naive_rank
    if program.ring == "Z2":
        return "holds only modulo 2; a kernel needs Z or Q"
    if program.products >= naive:
        return f"{program.products} products do not beat the {naive} of the standard algorithm"
    if bound(program, _BLOCK, _LARGEST, _LARGEST) >= _EXACT:
        return f"coefficients too large: values on small matrices (-{_LARGEST}..{_LARGEST}) can pass 2^53"
    return None


def make(row: Mapping, program: Program) -> dict:
    """Emits the kernel of a row of `tables.VERIFIED` and tries it out: a row of `tables.KERNELS`.

    Raises:
      KernelError: the emitted text gives a wrong product.
    """
    source = emit(program, row["hash"])
    try_out(source, program, row["hash"])
    return {
        "kernel": hashlib.sha256(source.encode()).hexdigest()[:16],
        "scheme": row["hash"],
        "size": row["size"],
        "ring": row["ring"],
        "rank": row["rank"],
        "backend": BACKEND,
        "additions": additions(program),
        "emax": emax(program),
        "source": source,
    }


def try_out(source: str, program: Program, scheme: str) -> None:
    """Compares the product of an emitted text with the interpreter's on small integers, exactly, not jitted.

    Once with sizes that the blocks divide and once with sizes that they do not (one row and column less, which the
    interpreter sees as zeros).

    Raises:
      KernelError: a wrong product.
    """
    module: dict = {}
    exec(compile(source, f"<kernel of {scheme}>", "exec"), module)  # our own text, made above
    n, m, p = (_BLOCK * blocks for blocks in program.size)
    rng = np.random.default_rng(0)
    a = rng.integers(-_LARGEST, _LARGEST, (n, m), endpoint=True)
    b = rng.integers(-_LARGEST, _LARGEST, (m, p), endpoint=True)
    for cut in (0, 1):
        rows, inner, cols = n - cut, m - cut, p - cut
        a[rows:], a[:, inner:], b[inner:], b[:, cols:] = 0, 0, 0, 0
        expected = multiply(program, a, b)[:rows, :cols]
        with jax.enable_x64(True):
            operands = (jnp.asarray(x, jnp.float64) for x in (a[:rows, :inner], b[:inner, :cols]))
            got = np.asarray(module["matmul"](*operands))
        if got.shape != expected.shape or not np.array_equal(got, expected.astype(np.float64)):
            raise KernelError(f"scheme {scheme}: the emitted kernel gives a wrong {rows}x{inner}x{cols} product")
