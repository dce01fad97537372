"""One verified scheme -> the texts of its kernels, each tried out on integers; or the reason why there is none."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from stages.algebra.rings import PRIMES
from stages.backends import jax_emitter, numpy_emitter
from stages.backends.c import emitter as c_emitter
from stages.backends.c.build import build
from stages.backends.source import kernel_hash, python_matmul
from stages.backends.trial import LARGEST, is_exact, try_out
from stages.contract.rows.kernels import KernelRow
from stages.contract.rows.schemes import VerifiedRow
from stages.errors import KernelError
from stages.program.costs import additions, emax, stored, terms
from stages.program.program import Program, from_json


def read_program(row: VerifiedRow) -> Program:
    """The program that is stored with a scheme.

    Raises:
      SchemeError: it is malformed.
      KernelError: it is for another size or ring than the row's scheme.
    """
    program = from_json(row.program)
    if (program.size.name, program.ring) != (row.target, row.ring):
        raise KernelError(
            f"scheme {row.hash}: expected a program for {row.target} over {row.ring}, "
            f"got one for {program.size.name} over {program.ring}"
        )
    return program


def refusal(program: Program) -> str | None:
    """Why the program of a verified scheme becomes no kernel, in one line; None where it does.

    Its products count, not the rank of the scheme: terms with a zero factor need none.
    """
    naive = program.size.naive_rank
    if program.ring in PRIMES:
        return f"holds only modulo {PRIMES[program.ring]}; a kernel needs Z or Q"
    if program.products >= naive:
        return f"{program.products} products do not beat the {naive} of the standard algorithm"
    if not is_exact(program):
        return f"coefficients too large: values on small matrices (-{LARGEST}..{LARGEST}) can pass 2^53"
    return None


def jax_text(program: Program, scheme: str) -> str:
    """Emits for JAX and tries out; KernelError: a wrong product."""
    source = jax_emitter.emit(program, scheme)
    try_jax(source, program, scheme)
    return source


def numpy_text(program: Program, scheme: str) -> str:
    """Emits for NumPy and tries out; KernelError: a wrong product."""
    source = numpy_emitter.emit(program, scheme)
    try_numpy(source, program, scheme)
    return source


def c_text(outer: Program, inner: Program, outer_scheme: str, inner_scheme: str) -> str:
    """Emits C and compiles it, which tries it out; KernelError: a wrong product, or no compiler."""
    source = c_emitter.emit([(outer_scheme, outer)], [(inner_scheme, inner)])
    try_c(source, f"{outer_scheme} with {inner_scheme}")
    return source


PYTHON_TEXTS = {"jax": jax_text, "numpy": numpy_text}


def try_jax(source: str, program: Program, scheme: str) -> None:
    """The trial of a text for JAX, not jitted, at one level: more levels and batches are the same in every text."""
    matmul = python_matmul(source)

    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        with jax.enable_x64(True):
            return np.asarray(matmul(jnp.asarray(a), jnp.asarray(b)))

    try_out(product, program, f"scheme {scheme}: the emitted JAX kernel")


def try_numpy(source: str, program: Program, scheme: str) -> None:
    """The trial of a text for NumPy, at one level."""
    try_out(python_matmul(source), program, f"scheme {scheme}: the emitted NumPy kernel")


def try_c(source: str, schemes: str) -> None:
    """The trial of a text in C: the self-test of the library that it becomes, which is the one that will run."""
    try:
        build(source)
    except KernelError as error:
        raise KernelError(f"schemes {schemes}: {error}") from None


def to_row(row: VerifiedRow, program: Program, backend: str, source: str, inner: str = "") -> KernelRow:
    """The row for a text of a scheme; `inner`: hash of the scheme that C fuses."""
    return KernelRow(
        kernel=kernel_hash(source),
        scheme=row.hash,
        inner=inner,
        size=row.target,
        ring=row.ring,
        rank=row.rank,
        backend=backend,
        additions=additions(program),
        emax=emax(program),
        products=program.products,
        left_sums=stored(program.left),
        right_sums=stored(program.right),
        left_terms=terms(program.left),
        right_terms=terms(program.right),
        output_terms=terms(program.output),
        source=source,
    )
