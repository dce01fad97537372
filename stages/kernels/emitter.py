"""Program -> source text of one standalone JAX module. A pure function of its arguments, byte for byte.

The text imports JAX and nothing of this project. `block_product` holds all that is the scheme's own; `matmul` around
it is the same in every kernel: one level, blocks padded with zeros where the size does not divide the matrices.
"""

from __future__ import annotations

from stages.program.costs import additions
from stages.program.program import Program
from stages.program.sums import Combination, Sums

_MODULE = '''\
"""Matrix product by a bilinear algorithm with {products} block products instead of {naive}. Generated; do not edit.

scheme {scheme}, size {size}, ring {ring}, {additions} block additions
"""

import jax.numpy as jnp

N, M, P = {n}, {m}, {p}  # blocks: A is N x M, B is M x P, C is N x P


def matmul(a, b):
    """Returns a @ b for a [n, m] and b [m, p] of one {types} type; any n, m, p. Can be jitted.

    One level of block products. A NaN or an infinity can spread over all of C, because blocks are added first.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"matmul: expected shapes [n, m] and [m, p], got {{list(a.shape)}} and {{list(b.shape)}}")
    if a.dtype != b.dtype or not jnp.issubdtype(a.dtype, jnp.{kind}):
        raise TypeError(f"matmul: expected two arrays of one {types} type, got {{a.dtype}} and {{b.dtype}}")
    c = join(block_product(split(a, N, M), split(b, M, P)))
    return c[: a.shape[0], : b.shape[1]]


def split(x, rows, cols):
    """The blocks of x row by row, padded with zeros to equal sizes."""
    x = jnp.pad(x, ((0, -x.shape[0] % rows), (0, -x.shape[1] % cols)))
    h, w = x.shape[0] // rows, x.shape[1] // cols
    return [x[i * h : (i + 1) * h, j * w : (j + 1) * w] for i in range(rows) for j in range(cols)]


def join(blocks):
    """The matrix of the N x P blocks."""
    return jnp.concatenate([jnp.concatenate(blocks[i * P : (i + 1) * P], axis=1) for i in range(N)], axis=0)


def dot(x, y):
    return jnp.matmul(x, y, precision="highest")  # never fewer bits than the type has


def block_product(a, b):
    """The blocks of C, row by row, from those of A and B."""
{body}
'''


def emit(program: Program, scheme: str) -> str:
    """The module's source.

    Args:
      program: over Z or Q.
      scheme: hash of the scheme, for the header.
    """
    n, m, p = program.size
    is_rational = program.denominator > 1
    return _MODULE.format(
        **{"scheme": scheme, "size": program.size.name, "ring": program.ring, "products": program.products},
        **{"n": n, "m": m, "p": p, "naive": program.size.naive_rank, "additions": additions(program)},
        types="floating-point" if is_rational else "numeric",
        kind="inexact" if is_rational else "number",
        body="\n".join(f"    {line}" for line in _body(program)),
    )


def _body(program: Program) -> list[str]:
    a, left, left_operands = _sums(program.left, "a", "s")
    b, right, right_operands = _sums(program.right, "b", "t")
    products, output, blocks = _sums(program.output, "m", "c")
    dots = [f"{m} = dot({x}, {y})" for m, x, y in zip(products, left_operands, right_operands, strict=True)]
    if program.denominator > 1:
        blocks = [f"({block}) / {program.denominator}" for block in blocks]
    returned = [f"    {block}," for block in blocks]
    return [f"{_tuple(a)} = a", f"{_tuple(b)} = b", *left, *right, *dots, *output, "return [", *returned, "]"]


def _tuple(names: list[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _sums(sums: Sums, inputs: str, temporaries: str) -> tuple[list[str], list[str], list[str]]:
    """Names of the inputs, one assignment per temporary, one expression per output."""
    names = [f"{inputs}{i}" for i in range(sums.inputs)]
    registers = names + [f"{temporaries}{i}" for i in range(len(sums.temporaries))]
    lines = [
        f"{name} = {_expression(combination, registers)}"
        for name, combination in zip(registers[sums.inputs :], sums.temporaries, strict=True)
    ]
    return names, lines, [_expression(combination, registers) for combination in sums.outputs]


def _expression(combination: Combination, registers: list[str]) -> str:
    """Text of a combination, a positive term first where there is one: no sign costs an operation of its own."""
    lead = next((term for term in combination if term[0] > 0), combination[0])
    text = ("-" if lead[0] < 0 else "") + _multiple(lead, registers)
    for term in combination:
        if term is not lead:
            text += (" - " if term[0] < 0 else " + ") + _multiple(term, registers)
    return text


def _multiple(term: tuple[int, int], registers: list[str]) -> str:
    coefficient, register = abs(term[0]), registers[term[1]]
    return register if coefficient == 1 else f"{coefficient} * {register}"
