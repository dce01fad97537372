"""Program -> source text of one standalone NumPy module. A pure function of its arguments, byte for byte.

The text imports NumPy and nothing of this project. `combine` holds all that is the scheme's own: the program in an
order that keeps few blocks alive. The rest is the same in every kernel, but for what the ring allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from stages.backends.expressions import expression, module_fields, multiple, positive_first, unpacked
from stages.program.program import Program
from stages.program.sums import Combination, Sums

_MODULE = '''\
"""Matrix product in NumPy by a bilinear algorithm. Generated; do not edit.

scheme {scheme}: {facts}

Workspace of one level on n x m by m x p: {left} nm/{nm} + {right} mp/{mp} + {output} np/{np} elements at most.
`python FILE` compares products with exact ones.
"""

import numpy as np

N, M, P = {n}, {m}, {p}  # blocks: A is N x M, B is M x P, C is N x P


def matmul(a, b, *, levels=1, out=None):
    """Returns a @ b for a [n, m] and b [m, p] of one {types} type; any n, m, p, and any strides.

    A NaN or an infinity can spread over all of C, because blocks are added first.

    Args:
      levels: of block products within block products; 0 is the plain product. Blocks that are smaller than 1 x 1 end
        them early; rows and columns that blocks leave over go through thin plain products.
      out: where to put the result [n, p], of the same type; it may overlap a and b.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"matmul: expected shapes [n, m] and [m, p], got {{list(a.shape)}} and {{list(b.shape)}}")
    if a.dtype != b.dtype or not np.issubdtype(a.dtype, np.{kind}):
        raise TypeError(f"matmul: expected two arrays of one {types} type, got {{a.dtype}} and {{b.dtype}}")
    if levels < 0:
        raise ValueError(f"matmul: expected levels >= 0, got {{levels}}")
    shape = a.shape[0], b.shape[1]
    if out is None:
        c = np.empty(shape, a.dtype)
    elif out.shape != shape or out.dtype != a.dtype:
        got = f"{{list(out.shape)}} of {{out.dtype}}"
        raise ValueError(f"matmul: expected out of shape {{list(shape)}} of {{a.dtype}}, got {{got}}")
    else:
        c = np.empty_like(out) if np.may_share_memory(out, a) or np.may_share_memory(out, b) else out
    multiply(a, b, c, levels)
    if out is None or out is c:
        return c
    out[...] = c
    return out


def multiply(a, b, c, levels):
    """Writes a @ b into c."""
    h, g, w = a.shape[0] // N, a.shape[1] // M, b.shape[1] // P
    if levels == 0 or 0 in (h, g, w):
        np.matmul(a, b, out=c)
        return
    n, m, p = h * N, g * M, w * P  # of the part that blocks cover
    combine(split(a, N, M, h, g), split(b, M, P, g, w), split(c, N, P, h, w), levels - 1)
    if m < a.shape[1]:
        c[:n, :p] += a[:n, m:] @ b[m:, :p]
    np.matmul(a[:n], b[:, p:], out=c[:n, p:])
    np.matmul(a[n:], b, out=c[n:])


def split(x, rows, cols, h, w):
    """Views of rows x cols blocks of x, each h x w, row by row."""
    return [x[i * h : (i + 1) * h, j * w : (j + 1) * w] for i in range(rows) for j in range(cols)]


def product(a, b, levels):
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    multiply(a, b, c, levels)
    return c


def combine(a, b, c, levels):
    """Writes the blocks of C from those of A and B."""
{body}


def check():
    """Compares products of small integers with exact ones; an AssertionError says which differ."""
    rng = np.random.default_rng(0)
    for levels in {cases}:
        for shift in (0, 1, -1):  # at 0 the blocks divide the matrices
            n, m, p = (2 * side**levels + shift for side in (N, M, P))
            a, b = rng.integers(-3, 4, (n, m)), rng.integers(-3, 4, (m, p))
            c = matmul(a.astype("{exact}"), b.astype("{exact}"), levels=levels)
            if not np.array_equal(c, a @ b):
                raise AssertionError(f"wrong product {{n}} x {{m}} x {{p}}, levels {{levels}}")


{main}
'''


class _Step(NamedTuple):
    """Attributes:
    name: of the block that it makes; empty where it writes a block of C.
    lines: of the text.
    uses: names that it reads.
    unnamed: letters of the blocks that it makes on the way, as NumPy forms one sum or multiple after the other.
    """

    name: str
    lines: list[str]
    uses: set[str]
    unnamed: str


def emit(program: Program, scheme: str) -> str:
    """The module's source, of a program over Z or Q; the scheme's hash goes into its header."""
    n, m, p = program.size
    is_rational = program.denominator > 1
    lines, most = _with_deletions(list(_steps(program)))
    counts = {"a": n * m, "b": m * p, "c": n * p}
    inputs = [unpacked([f"{name}{i}" for i in range(count)], name) for name, count in counts.items()]
    return _MODULE.format(
        **module_fields(program, scheme),
        **{"left": most["s"], "right": most["t"], "output": most["m"]},
        body="\n".join(f"    {line}" for line in (*chain(*inputs), *lines)),
        cases="(1,)" if is_rational else "(1, 2)",
    )


def _with_deletions(steps: list[_Step]) -> tuple[list[str], dict[str, int]]:
    """The text, blocks deleted after their last use; for each letter how many are alive at the same time at most."""
    last = {name: k for k, step in enumerate(steps) for name in step.uses}
    lines, alive, most = [], [], dict.fromkeys("stm", 0)
    for k, step in enumerate(steps):
        lines += step.lines
        alive += [step.name] if step.name else []
        letters = step.unnamed + "".join(name[0] for name in alive)
        most = {letter: max(count, letters.count(letter)) for letter, count in most.items()}
        if done := [name for name in alive if last.get(name, k) == k]:
            lines.append(f"del {', '.join(done)}")
            alive = [name for name in alive if name not in done]
    return lines, most


def _steps(program: Program) -> Iterator[_Step]:
    """Operands as late and blocks of C as early as can be. Sums of products go by the letter m, as products do."""
    left, right, output = program.left, program.right, program.output
    a, b, products = _registers(left, "a", "s"), _registers(right, "b", "t"), _registers(output, "m", "m_")
    known: set[str] = set()
    waiting = [*zip(products[output.inputs :], output.temporaries, strict=True), *enumerate(output.outputs)]
    for name, x, y in zip(products, left.outputs, right.outputs, strict=False):
        yield from _formed(left, a, x, known)
        yield from _formed(right, b, y, known)
        text = f"{name} = product({expression(x, a)}, {expression(y, b)}, levels)"
        yield _Step(name, [text], _names(x, a) | _names(y, b), "s" * _blocks(x) + "t" * _blocks(y))
        known.add(name)
        later = []
        for goal, combination in waiting:
            if not _names(combination, products) <= known:
                later.append((goal, combination))
            elif isinstance(goal, str):
                yield _assignment(goal, combination, products)
                known.add(goal)
            else:
                yield _output(goal, combination, products, program.denominator)
        waiting = later


def _registers(sums: Sums, inputs: str, temporaries: str) -> list[str]:
    return [f"{inputs}{i}" for i in range(sums.inputs)] + [f"{temporaries}{i}" for i in range(len(sums.temporaries))]


def _names(combination: Combination, registers: list[str]) -> set[str]:
    return {registers[register] for _, register in combination}


def _formed(sums: Sums, registers: list[str], combination: Combination, known: set[str]) -> Iterator[_Step]:
    """The temporaries that a combination needs and that are not known yet; adds them to `known`."""
    for _, register in combination:
        if register >= sums.inputs and registers[register] not in known:
            earlier = sums.temporaries[register - sums.inputs]
            yield from _formed(sums, registers, earlier, known)
            yield _assignment(registers[register], earlier, registers)
            known.add(registers[register])


def _assignment(name: str, combination: Combination, registers: list[str]) -> _Step:
    unnamed = name[0] * (_blocks(combination) - 1)
    return _Step(name, [f"{name} = {expression(combination, registers)}"], _names(combination, registers), unnamed)


def _output(block: int, combination: Combination, products: list[str], denominator: int) -> _Step:
    """Writes into the block of C itself, term by term."""
    first, *rest = positive_first(combination)
    if not rest:
        lines = [f"c{block}[...] = {expression((first,), products)}"]
    else:
        texts = [multiple(coefficient, products[register]) for coefficient, register in rest]
        function = "subtract" if rest[0][0] < 0 else "add"
        lines = [f"np.{function}({expression((first,), products)}, {texts[0]}, out=c{block})"]
        signs = ["-" if coefficient < 0 else "+" for coefficient, _ in rest]
        lines += [f"c{block} {sign}= {text}" for sign, text in zip(signs[1:], texts[1:], strict=True)]
    if denominator > 1:
        lines.append(f"c{block} /= {denominator}")
    unnamed = 2 if _has_multiples(combination) else int(first[0] < 0)
    return _Step("", lines, _names(combination, products), "m" * unnamed)


def _blocks(combination: Combination) -> int:
    """How many blocks NumPy makes at the same time, at most, to form a combination."""
    if len(combination) == 1:
        return int(combination[0][0] != 1)
    return min(2, len(combination) - 1) + _has_multiples(combination)


def _has_multiples(combination: Combination) -> bool:
    return any(abs(coefficient) > 1 for coefficient, _ in combination)
