"""Two programs -> the source text of one C file. A pure function of its arguments, byte for byte.

The templates beside this module, one per idea, are the same for every pair; kernel.c says where the others go. Written
here is what the schemes are: of the outer one straight-line sums of blocks, in one pass over memory per level; of the
inner one the lists of blocks of a packed operand and of those that a product is added to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.backends.c.build import FLAGS, LIBRARY
from stages.backends.expressions import WIDTH, expression, facts
from stages.backends.trial import check_exact, largest_value
from stages.errors import KernelError
from stages.program.program import Program
from stages.program.sums import Combination, Sums, matrix

KC = 512  # columns of A that are packed at once: a tile's rows of that length stay in the L1 cache (kernel.c)
# Sums of blocks in memory that are together larger than this many bytes are written by non-temporal stores; smaller
# ones are read again before the last level of the cache has dropped them.
NON_TEMPORAL_BYTES = 24 * 2**20

_FRAME = "kernel"
_TEMPLATES = ("threads", "packing", "micro_kernel", "fused_level", "levels", "entry_points", "self_test")
_TEST_LEVELS = 3  # the self-test multiplies by none, one and two levels in memory

_HEADER = """\
/* Matrix product in C by bilinear algorithms. Generated; do not edit.
 *
 * outer scheme {outer_hash}: {outer}
 * inner scheme {inner_hash}: {inner}
 *
 * fmm_gemm_f32 and fmm_gemm_f64 take any sizes and strides: levels of the outer scheme, then one of the inner, fused
 * into a classical product, then that. Workspace (exactly: fmm_workspace_f32 and _f64): each outer level on n x m by
 * m x p needs {left} nm/{nm} + {right} mp/{mp} + {products} np/{np} elements, padded; then packed operands.
 *
 * Compile: cc {library} FILE; test: cc {program} -DFMM_SELF_TEST FILE
 */"""


@dataclass(frozen=True)
class _Operands:
    """Attributes:
    sums: the operands that are no block of the matrix, once each.
    index: per product, which of `sums`, or ~block.
    factors: per product, the factor that a block has in place of 1; it goes into the sums of products.
    """

    sums: Sums
    index: tuple[int, ...]
    factors: tuple[int, ...]


def emit(outer: Program, inner: Program, outer_hash: str, inner_hash: str) -> str:
    """The text of the C file.

    Args:
      outer: of the levels whose sums are computed in memory; best with few operands that are sums.
      inner: of the level fused into the classical product; best with few non-zeros. Both over Z or Q.
      outer_hash, inner_hash: of their schemes, for the header.
    Raises:
      KernelError: a program over Z2, or one whose coefficients are too large for the self-test.
    """
    for program in (outer, inner):
        if program.ring == "Z2":
            raise KernelError(f"program {program.size.name}: holds only modulo 2; a kernel needs Z or Q")
        check_exact(program, f"program {program.size.name} of schemes {outer_hash} with {inner_hash}")
    left, right = _operands(outer.left), _operands(outer.right)
    factors = [x * y for x, y in zip(left.factors, right.factors, strict=True)]
    output = _scaled(outer.output, factors)
    n, m, p = outer.size
    header = _HEADER.format(
        outer_hash=outer_hash,
        outer=facts(outer),
        inner_hash=inner_hash,
        inner=facts(inner),
        left=len(left.sums.outputs),
        right=len(right.sums.outputs),
        products=outer.products,
        nm=n * m,
        mp=m * p,
        np=n * p,
        library=" ".join((*FLAGS, *LIBRARY)),
        program=" ".join(FLAGS),
    )
    sums = [
        _sums("outer_left", left.sums, 1),
        _sums("outer_right", right.sums, 1),
        _sums("outer_output", output, outer.denominator),
    ]
    parts = {name.upper(): _template(name) for name in _TEMPLATES}
    parts |= {"HEADER": header, "TABLES": _tables(outer, inner, left, right), "SUMS": "\n".join(sums)}
    text = _template(_FRAME)
    for name, part in parts.items():
        text = text.replace(f"@{name}@\n", part)
    return text


def _template(name: str) -> str:
    return Path(__file__).with_name(f"{name}.c").read_text()


def _operands(sums: Sums) -> _Operands:
    outputs: list[Combination] = []
    index, factors = [], []
    for combination in sums.outputs:
        coefficient, register = combination[0]
        if len(combination) == 1 and register < sums.inputs:
            index.append(~register)
            factors.append(coefficient)
        else:
            if combination not in outputs:
                outputs.append(combination)
            index.append(outputs.index(combination))
            factors.append(1)
    return _Operands(Sums(sums.inputs, sums.temporaries, tuple(outputs)), tuple(index), tuple(factors))


def _scaled(sums: Sums, factors: Sequence[int]) -> Sums:
    """The same sums of inputs that lack these factors."""
    factors = [*factors, *[1] * len(sums.temporaries)]

    def scaled(combinations: tuple[Combination, ...]) -> tuple[Combination, ...]:
        return tuple(tuple((c * factors[register], register) for c, register in each) for each in combinations)

    return Sums(sums.inputs, scaled(sums.temporaries), scaled(sums.outputs))


def _tables(outer: Program, inner: Program, left: _Operands, right: _Operands) -> str:
    n, m, p = outer.size
    lists = [_terms(matrix(inner.left)), _terms(matrix(inner.right)), _terms(matrix(inner.output).T)]
    numbers = {
        "FMM_OUTER_N": n,
        "FMM_OUTER_M": m,
        "FMM_OUTER_P": p,
        "FMM_OUTER_PRODUCTS": outer.products,
        "FMM_OUTER_LEFT_SUMS": len(left.sums.outputs),
        "FMM_OUTER_RIGHT_SUMS": len(right.sums.outputs),
        "FMM_KC": KC,
        "FMM_NON_TEMPORAL_BYTES": NON_TEMPORAL_BYTES,
        "FMM_TEST_LEVELS": _TEST_LEVELS,
        "FMM_MOST_TERMS": max(len(terms) for part in lists for terms in part),
        "FMM_MOST_BLOCKS": max(n * m, m * p, n * p, outer.products, inner.size.n * inner.size.p),
    }
    lines = [f"#define {name} {number}" for name, number in numbers.items()]
    lines += [
        "",
        "/* By levels in memory and by whether one is fused: the largest value on the way for entries up to 1, per",
        " * column of the smallest blocks of A. */",
    ]
    largest = [
        [largest_value([outer] * levels + [inner] * fused) for fused in (0, 1)] for levels in range(_TEST_LEVELS)
    ]
    rows = (f"{{{float(plain)!r}, {float(fused)!r}}}" for plain, fused in largest)
    lines += _array("static const double fmm_largest[FMM_TEST_LEVELS][2]", rows)
    lines += ["", "/* Per product of the outer scheme: which of the sums, or ~block. */"]
    lines += _array("static const int fmm_outer_left_operand[]", map(str, left.index))
    lines += [*_array("static const int fmm_outer_right_operand[]", map(str, right.index)), ""]
    for name, part in zip(("left", "right", "output"), lists, strict=True):
        starts = np.cumsum([0, *map(len, part)])
        lines += _array(f"static const int fmm_inner_{name}_start[]", map(str, starts))
        lines += _array(f"static const fmm_term fmm_inner_{name}[]", (term for terms in part for term in terms))
    size = ", ".join(map(str, (*inner.size, inner.products, inner.denominator)))
    lines += [
        f"static const fmm_scheme fmm_inner = {{{size},",
        "    fmm_inner_left_start, fmm_inner_right_start, fmm_inner_output_start,",
        "    fmm_inner_left, fmm_inner_right, fmm_inner_output};",
    ]
    return "\n".join(lines) + "\n"


def _terms(rows: np.ndarray) -> list[list[str]]:
    """Per product its {block, factor}."""
    return [[f"{{{block}, {row[block]}}}" for block in np.flatnonzero(row)] for row in rows]


def _array(head: str, values: Iterable[str]) -> list[str]:
    return textwrap.wrap(f"{head} = {{{', '.join(values)}}};", WIDTH, subsequent_indent="    ")


def _sums(name: str, sums: Sums, denominator: int) -> str:
    """A function that computes `sums` along one row of all blocks: whole vectors, then what is left one by one."""
    if not sums.outputs:
        vectors = scalars = []
    else:
        vectors = _body(
            sums, denominator, "V", "*(const U *)(in[{0}] + j)", "FMM_NAME(store)(non_temporal, out[{0}] + j, {1});"
        )
        scalars = _body(sums, denominator, "R", "in[{0}][j * in_step]", "out[{0}][j * out_step] = {1};")
    return "\n".join(
        [
            f"FMM_INLINE void FMM_NAME({name}_vectors)(const int non_temporal, const R *const *in,",
            "                                       R *const *out, int64_t end) {",
            "    for (int64_t j = 0; j < end; j += FMM_LANES) {",
            *(f"        {line}" for line in vectors),
            "    }",
            "}",
            "",
            f"static FMM_TARGET void FMM_NAME({name})(const R *const *in, int64_t in_step, R *const *out,",
            "                                          int64_t out_step, int64_t count, int non_temporal) {",
            "    int64_t j = 0;",
            "    if (in_step == 1 && out_step == 1) {",
            "        j = count / FMM_LANES * FMM_LANES;",
            f"        if (non_temporal && FMM_NAME(aligned)(out, {len(sums.outputs)})) {{",
            f"            FMM_NAME({name}_vectors)(1, in, out, j);",
            "        } else {",
            f"            FMM_NAME({name}_vectors)(0, in, out, j);",
            "        }",
            "    }",
            "    for (; j < count; j++) {",
            *(f"        {line}" for line in scalars),
            "    }",
            "}",
            "",
        ]
    )


def _body(sums: Sums, denominator: int, kind: str, load: str, store: str) -> list[str]:
    used = {register for each in (*sums.temporaries, *sums.outputs) for _, register in each}
    registers = [f"x{k}" for k in range(sums.inputs)] + [f"t{k}" for k in range(len(sums.temporaries))]
    lines = [f"const {kind} x{k} = {load.format(k)};" for k in range(sums.inputs) if k in used]
    for k, combination in enumerate(sums.temporaries):
        lines.append(f"const {kind} t{k} = {expression(combination, registers, cast='(R)')};")
    for k, combination in enumerate(sums.outputs):
        value = expression(combination, registers, cast="(R)")
        lines.append(store.format(k, f"({value}) / (R){denominator}" if denominator > 1 else value))
    return lines
