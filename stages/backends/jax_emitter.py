"""Program -> source text of one standalone JAX module. A pure function of its arguments, byte for byte.

The text imports JAX and NumPy and nothing of this project. `left`, `right` and `output` hold all that is the scheme's
own; the rest is the same in every kernel, but for what the ring allows.
"""

from __future__ import annotations

from stages.backends.expressions import expression, module_fields, unpacked
from stages.program.program import Program
from stages.program.sums import Sums

_MODULE = '''\
"""Matrix product in JAX by a bilinear algorithm. Generated; do not edit.

scheme {scheme}: {facts}

One level on n x m by m x p with `batched` holds {products} (nm/{nm} + mp/{mp} + np/{np}) elements beside its operands.
`python FILE` compares products with exact ones.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

N, M, P = {n}, {m}, {p}  # blocks: A is N x M, B is M x P, C is N x P


def matmul(a, b, *, levels=1, batched=False, precision="highest"):
    """Returns a @ b for a [n, m] and b [m, p] of one {types} type; any n, m, p.

    Works under jit (levels, batched and precision are static), grad, jvp and vmap. A NaN or an infinity can spread over
    all of C, because blocks are added first.

    Args:
      levels: of block products within block products; 0 is the plain product. Where blocks do not divide the matrices,
        these are padded with zeros to multiples of N^levels, M^levels and P^levels.
      batched: a level is three operations on all blocks at once in place of one operation for each sum and product:
        a text that compiles fast, and one batched product at the bottom.
      precision: of the products, as in jnp.matmul; sums are always done in the full precision of the type.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"matmul: expected shapes [n, m] and [m, p], got {{list(a.shape)}} and {{list(b.shape)}}")
    if a.dtype != b.dtype or not jnp.issubdtype(a.dtype, jnp.{kind}):
        raise TypeError(f"matmul: expected two arrays of one {types} type, got {{a.dtype}} and {{b.dtype}}")
    if levels < 0:
        raise ValueError(f"matmul: expected levels >= 0, got {{levels}}")
    return padded(a, b, levels, batched, precision)


# A gradient is fast products too: the algorithm is linear in A and in B, so each of its products gives one for dA and
# one for dB. The checkpoint keeps a and b alone for it and forms their sums again. A custom_vjp would keep as little,
# but forbid forward mode.
@partial(jax.checkpoint, static_argnums=(2, 3, 4))
def padded(a, b, levels, batched, precision):
    product = stacked if batched else unrolled
    c = product(pad(a, N**levels, M**levels), pad(b, M**levels, P**levels), levels, precision)
    return c[: a.shape[0], : b.shape[1]]


def pad(x, rows, cols):
    return jnp.pad(x, ((0, -x.shape[0] % rows), (0, -x.shape[1] % cols)))


def unrolled(a, b, levels, precision):
    """The product of matrices that the blocks divide."""
    if levels == 0:
        return jnp.matmul(a, b, precision=precision)
    operands = zip(left(split(a, N, M)), right(split(b, M, P)))
    blocks = output([unrolled(x, y, levels - 1, precision) for x, y in operands])
    return jnp.concatenate([jnp.concatenate(blocks[i * P : (i + 1) * P], axis=1) for i in range(N)], axis=0){over}


def split(x, rows, cols):
    """The blocks of x, row by row."""
    h, w = x.shape[0] // rows, x.shape[1] // cols
    return [x[i * h : (i + 1) * h, j * w : (j + 1) * w] for i in range(rows) for j in range(cols)]


def stacked(a, b, levels, precision):
    """The same for arrays of matrices [..., n, m] and [..., m, p]."""
    if levels == 0:
        return jnp.matmul(a, b, precision=precision)
    s = combine("rij,...ihjg->...rhg", U, a.reshape(*a.shape[:-2], N, a.shape[-2] // N, M, a.shape[-1] // M))
    t = combine("rjk,...jgkw->...rgw", V, b.reshape(*b.shape[:-2], M, b.shape[-2] // M, P, b.shape[-1] // P))
    c = combine("ikr,...rhw->...ihkw", W, stacked(s, t, levels - 1, precision)){over}
    return c.reshape(*a.shape[:-1], b.shape[-1])


def combine(formula, coefficients, x):
    return jnp.einsum(formula, coefficients.astype(x.dtype), x, precision="highest")


def left(a):
    """The left operands of the products, from the blocks of A."""
{left}


def right(b):
    """The right operands of the products, from the blocks of B."""
{right}


def output(m):
    """The blocks of {times}C, from the products."""
{output}


# The same as matrices: what the sums make of unit vectors.
U = np.stack(left(np.eye(N * M, dtype=int))).reshape(-1, N, M)
V = np.stack(right(np.eye(M * P, dtype=int))).reshape(-1, M, P)
W = np.stack(output(np.eye(len(U), dtype=int))).reshape(N, P, -1)


def check():
    """Compares products of small integers with exact ones; an AssertionError says which differ."""
    rng = np.random.default_rng(0)
    for levels, batched in {cases}:
        for shift in (0, 1, -1):  # at 0 the blocks divide the matrices
            n, m, p = (2 * side**levels + shift for side in (N, M, P))
            a, b = rng.integers(-3, 4, (n, m)), rng.integers(-3, 4, (m, p))
            with jax.enable_x64(True):  # so that they are exact
                c = matmul(jnp.asarray(a, "{exact}"), jnp.asarray(b, "{exact}"), levels=levels, batched=batched)
            if not np.array_equal(c, a @ b):
                raise AssertionError(f"wrong product {{n}} x {{m}} x {{p}}, levels {{levels}}, batched {{batched}}")


{main}
'''


def emit(program: Program, scheme: str) -> str:
    """The module's source, of a program over Z or Q; the scheme's hash goes into its header."""
    is_rational = program.denominator > 1
    return _MODULE.format(
        **module_fields(program, scheme),
        over=f" / {program.denominator}" if is_rational else "",
        times=f"{program.denominator} " if is_rational else "",
        left=_body(program.left, "a", "s"),
        right=_body(program.right, "b", "t"),
        output=_body(program.output, "m", "c"),
        cases="((1, False), (1, True))" if is_rational else "((1, False), (1, True), (2, True))",
    )


def _body(sums: Sums, inputs: str, temporaries: str) -> str:
    """The inputs by name, one assignment per temporary, the list of outputs."""
    names = [f"{inputs}{i}" for i in range(sums.inputs)]
    registers = names + [f"{temporaries}{i}" for i in range(len(sums.temporaries))]
    lines = unpacked(names, inputs)
    lines += [
        f"{name} = {expression(combination, registers)}"
        for name, combination in zip(registers[sums.inputs :], sums.temporaries, strict=True)
    ]
    lines += ["return [", *(f"    {expression(combination, registers)}," for combination in sums.outputs), "]"]
    return "\n".join(f"    {line}" for line in lines)
