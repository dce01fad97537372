"""Programs -> the source text of one C file. A pure function of its arguments, byte for byte.

The templates beside this module, one per idea, are the same for all programs; kernel.c says where the others go.
Written here is what the schemes are: of a level in memory straight-line sums of blocks, in one pass over memory; of a
fused level the lists of blocks of a packed operand and of those that a product is added to.
"""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.algebra.rings import PRIMES
from stages.backends.c.build import FLAGS, LIBRARY
from stages.backends.expressions import WIDTH, expression, facts
from stages.backends.trial import check_exact, largest_value
from stages.errors import KernelError
from stages.program.costs import emax, roundings, stored, terms
from stages.program.program import Program
from stages.program.sums import Combination, Sums, matrix

KC = 512  # columns of A that are packed at once: a tile's rows of that length stay in the L1 cache (kernel.c)
# Sums of blocks in memory that are together larger than this many bytes are written by non-temporal stores; smaller
# ones are read again before the last level of the cache has dropped them.
NON_TEMPORAL_BYTES = 24 * 2**20

_FRAME = "kernel"
_TEMPLATES = ("threads", "packing", "micro_kernel", "fused_level", "levels", "entry_points", "self_test")
_TEST_LEVELS = 2  # in memory, at most

_HEADER = """\
/* Matrix product in C by bilinear algorithms. Generated; do not edit.
 *
{schemes}
 *
 * fmm_gemm_f32 and fmm_gemm_f64 take any sizes and strides: levels in memory, then one that is fused into a classical
 * product, then that. Workspace (exactly: fmm_workspace_f32 and _f64): each level in memory on n x m by m x p needs
 * the elements that its line says, padded; then packed operands. Threads that multiply rows of their own alone need it
 * each. It is for as many threads as the pool has.
 *
 * Compile: cc {library} FILE; test: cc {program} -DFMM_SELF_TEST FILE
 */"""


Named = tuple[str, Program]  # the hash of a scheme, for the header, and its program


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


@dataclass(frozen=True)
class _Level:
    """Attributes:
    left, right: operands of the products.
    output: sums of products, over the denominator.
    """

    left: _Operands
    right: _Operands
    output: Sums
    denominator: int


def emit(levels: Sequence[Named], fused: Sequence[Named]) -> str:
    """The text of the C file, in which both kinds of level are numbered in the order that is given.

    Args:
      levels: those whose sums are computed in memory; best with few operands that are sums.
      fused: those that can be fused into the classical product; best with few non-zeros. All over Z or Q.
    Raises:
      KernelError: a program over Z2 or Z3, or one whose coefficients are too large for the self-test.
    """
    for scheme, program in (*levels, *fused):
        if program.ring in PRIMES:
            modulus = PRIMES[program.ring]
            raise KernelError(f"program {program.size.name}: holds only modulo {modulus}; a kernel needs Z or Q")
        check_exact(program, f"program {program.size.name} of scheme {scheme}")
    in_memory = [_in_memory(program) for _, program in levels]
    schemes = [
        f" * level {number} in memory: scheme {scheme}, {facts(program)};\n *   {_workspace(program, level)}"
        for number, ((scheme, program), level) in enumerate(zip(levels, in_memory, strict=True))
    ]
    schemes += [
        f" * fused level {number}: scheme {scheme}, {facts(program)}" for number, (scheme, program) in enumerate(fused)
    ]
    header = _HEADER.format(schemes="\n".join(schemes), library=" ".join((*FLAGS, *LIBRARY)), program=" ".join(FLAGS))
    parts = {name.upper(): _template(name) for name in _TEMPLATES}
    programs = [program for _, program in levels], [program for _, program in fused]
    tables = _about(levels, fused) + _tables(*programs, in_memory)
    parts |= {"HEADER": header, "TABLES": tables, "SUMS": _all_sums(in_memory)}
    text = _template(_FRAME)
    for name, part in parts.items():
        text = text.replace(f"@{name}@\n", part)
    return text


def _in_memory(program: Program) -> _Level:
    left, right = _operands(program.left), _operands(program.right)
    factors = [x * y for x, y in zip(left.factors, right.factors, strict=True)]
    return _Level(left, right, _scaled(program.output, factors), program.denominator)


def _workspace(program: Program, level: _Level) -> str:
    n, m, p = program.size
    left, right = len(level.left.sums.outputs), len(level.right.sums.outputs)
    return f"workspace {left} nm/{n * m} + {right} mp/{m * p} + {program.products} np/{n * p}"


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


def _about(levels: Sequence[Named], fused: Sequence[Named]) -> str:
    """Facts of the schemes as JSON in a string, for whoever has loaded the library."""
    facts_of = {
        kind: [
            {
                "scheme": scheme,
                "size": list(program.size),
                "products": program.products,
                "sums": [stored(program.left), stored(program.right), program.products],
                "terms": [terms(part) for part in (program.left, program.right, program.output)],
                "emax": emax(program),
                "roundings": roundings(program),
            }
            for scheme, program in schemes
        ]
        for kind, schemes in (("levels", levels), ("fused", fused))
    }
    lines = textwrap.wrap(json.dumps(facts_of), WIDTH, drop_whitespace=False)
    return "\n".join(
        [
            "/* The schemes, as JSON: of the levels in memory and of those that can be fused, by their numbers. */",
            "const char *fmm_about(void) {",
            "    return " + "\n           ".join(json.dumps(line) for line in lines) + ";",
            "}",
            "",
            "",
        ]
    )


def _tables(levels: Sequence[Program], fused: Sequence[Program], in_memory: Sequence[_Level]) -> str:
    lists = [
        [_terms(matrix(program.left)), _terms(matrix(program.right)), _terms(matrix(program.output).T)]
        for program in fused
    ]
    blocks = [max(n * m, m * p, n * p, program.products) for program in (*levels, *fused) for n, m, p in [program.size]]
    numbers = {
        "FMM_KC": KC,
        "FMM_NON_TEMPORAL_BYTES": NON_TEMPORAL_BYTES,
        "FMM_MOST_TERMS": max(len(terms) for parts in lists for part in parts for terms in part),
        "FMM_MOST_BLOCKS": max(blocks),
        "FMM_TEST_LEVELS": _TEST_LEVELS,
        "FMM_TEST_FIRST": len(fused) + 1 + 2 * _TEST_LEVELS,  # plans of the classical product and of the first level
    }
    lines = [f"#define {name} {number}" for name, number in numbers.items()]
    lines += ["", "/* Per product of a level: which of the sums, or ~block. */"]
    for number, level in enumerate(in_memory):
        lines += _array(f"static const int fmm_level{number}_left[]", map(str, level.left.index))
        lines += _array(f"static const int fmm_level{number}_right[]", map(str, level.right.index))
    lines += ["static const fmm_level fmm_levels[] = {"]
    for number, (program, level) in enumerate(zip(levels, in_memory, strict=True)):
        counts = len(level.left.sums.outputs), len(level.right.sums.outputs)
        facts_of = ", ".join(map(str, (*program.size, program.products, *counts)))
        lines += [f"    {{{facts_of}, fmm_level{number}_left, fmm_level{number}_right}},"]
    lines += ["};", ""]
    for number, parts in enumerate(lists):
        for name, part in zip(("left", "right", "output"), parts, strict=True):
            starts = np.cumsum([0, *map(len, part)])
            lines += _array(f"static const int fmm_fused{number}_{name}_start[]", map(str, starts))
            lines += _array(f"static const fmm_term fmm_fused{number}_{name}[]", itertools.chain(*part))
    lines += ["static const fmm_scheme fmm_fused[] = {"]
    for number, program in enumerate(fused):
        name = f"fmm_fused{number}"
        lines += [
            f"    {{{', '.join(map(str, (*program.size, program.products, program.denominator)))},",
            f"     {name}_left_start, {name}_right_start, {name}_output_start,",
            f"     {name}_left, {name}_right, {name}_output}},",
        ]
    lines += ["};", "", *_test_plans(levels, fused)]
    return "\n".join(lines) + "\n"


def _test_plans(levels: Sequence[Program], fused: Sequence[Program]) -> Iterator[str]:
    yield "/* What the self-test tries; `largest`: no value on the way is larger for entries up to 1, per column of the"
    yield " * smallest blocks of A. */"
    yield "typedef struct {"
    yield "    int levels[FMM_TEST_LEVELS], depth, fused;"
    yield "    double largest;"
    yield "} fmm_test_plan;"
    yield "static const fmm_test_plan fmm_test_plans[] = {"
    stacks = [(), (0,), (0, 0)]
    for level in range(1, len(levels)):
        stacks += [(level,), (0, level), (level, 0)]
    for chosen in stacks:
        numbers = ", ".join(map(str, chosen or (0,)))
        above = [levels[number] for number in chosen]
        for below in (None, *range(len(fused[:1] if chosen else fused))):
            largest = float(largest_value(above if below is None else [*above, fused[below]]))
            name = "FMM_UNFUSED" if below is None else below
            yield f"    {{{{{numbers}}}, {len(chosen)}, {name}, {largest!r}}},"
    yield "};"


def _terms(rows: np.ndarray) -> list[list[str]]:
    """Per product its {block, factor}."""
    return [[f"{{{block}, {row[block]}}}" for block in np.flatnonzero(row)] for row in rows]


def _array(head: str, values: Iterable[str]) -> list[str]:
    return textwrap.wrap(f"{head} = {{{', '.join(values)}}};", WIDTH, subsequent_indent="    ")


def _all_sums(levels: Sequence[_Level]) -> str:
    """The sums of each level, and a table of them."""
    lines = []
    for number, level in enumerate(levels):
        name = f"level{number}"
        lines += [
            _sums(f"{name}_left", level.left.sums, 1),
            _sums(f"{name}_right", level.right.sums, 1),
            _sums(f"{name}_output", level.output, level.denominator),
        ]
    lines += [
        "typedef void FMM_NAME(sums_fn)(const R *const *, int64_t, R *const *, int64_t, int64_t, int);",
        "typedef struct {",
        "    FMM_NAME(sums_fn) *left, *right, *output;",
        "} FMM_NAME(level_sums);",
        "static const FMM_NAME(level_sums) FMM_NAME(all_sums)[] = {",
    ]
    for number in range(len(levels)):
        functions = ", ".join(f"FMM_NAME(level{number}_{part})" for part in ("left", "right", "output"))
        lines += [f"    {{{functions}}},"]
    return "\n".join([*lines, "};", ""])


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
