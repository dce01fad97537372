"""The kernels of a whole table of verified schemes: in JAX and NumPy of each, in C of the best of each size."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import numpy as np

from stages.algebra.targets import parse_size
from stages.contract.progress import Progress
from stages.errors import KernelError
from stages.kernels.c.build import compiler
from stages.kernels.kernel import PYTHON_TEXTS, c_text, read_program, refusal, to_row
from stages.program.program import Program
from stages.program.sums import matrix

RING = "Z"  # of schemes that become C: it holds for every element type
INNER = "2x2x2"  # size of the fused level: what its sums cost grows with the size, and it has to pay for small products

_Accepted = Sequence[tuple[Mapping, Program]]  # rows of `tables.VERIFIED` with their programs


def make_all(rows: Sequence[Mapping]) -> tuple[list[dict], list[dict]]:
    """Makes or refuses the kernels of each scheme, by size, rank, additions and hash, and then by back end.

    Args:
      rows: of `tables.VERIFIED`.
    Returns:
      Rows of `tables.KERNELS` and of `tables.REFUSED`.
    Raises:
      SchemeError: a stored program is malformed.
      KernelError: a stored program is another scheme's, or an emitted kernel gives a wrong product.
    """
    distinct = {row["hash"]: row for row in rows}.values()  # several origins can have found the same scheme
    ordered = sorted(distinct, key=lambda row: (parse_size(row["size"]), row["rank"], row["additions"], row["hash"]))
    accepted, refused = [], []
    for row in ordered:
        program = read_program(row)
        if reason := refusal(program):
            refused.append(
                {key: row[key] for key in ("size", "ring", "rank")} | {"scheme": row["hash"], "reason": reason}
            )
        else:
            accepted.append((row, program))
    fused, outer_levels = _for_c(accepted)
    progress = Progress("kernels", len(accepted), "schemes")
    kernels = []
    for done, (row, program) in enumerate(accepted, start=1):
        if row["hash"] in outer_levels:
            inner_row, inner = fused
            source = c_text(program, inner, row["hash"], inner_row["hash"])
            kernels.append(to_row(row, program, "c", source, inner_row["hash"]))
        for backend, text_fn in PYTHON_TEXTS.items():
            kernels.append(to_row(row, program, backend, text_fn(program, row["hash"])))
        progress.update(done)
    return kernels, refused


def _for_c(accepted: _Accepted) -> tuple[tuple[Mapping, Program] | None, set[str]]:
    """The scheme to fuse, and for each size the hash of the one for the levels above it.

    None and no hash where there is no scheme to fuse, or no compiler for a trial.
    """
    whole = [(row, program) for row, program in accepted if row["ring"] == RING]
    fused = min(
        ((row, program) for row, program in whole if row["size"] == INNER),
        key=lambda pair: (pair[0]["rank"], _nonzeros(pair[1]), pair[0]["hash"]),
        default=None,
    )
    if fused is None or not _has_compiler():
        return None, set()
    best: dict[str, tuple] = {}
    for row, program in whole:
        key = row["rank"], _operands_that_are_sums(program), row["additions"], row["hash"]
        best[row["size"]] = min(key, best.get(row["size"], key))
    return fused, {key[-1] for key in best.values()}


def _has_compiler() -> bool:
    try:
        compiler()
    except KernelError as error:
        print(f"kernels: none in C: {error}", file=sys.stderr)
        return False
    return True


def _nonzeros(program: Program) -> int:
    return sum(int(np.count_nonzero(matrix(part))) for part in (program.left, program.right, program.output))


def _operands_that_are_sums(program: Program) -> int:
    """What a level computes and stores before its products."""
    return sum(int((np.count_nonzero(matrix(part), axis=1) > 1).sum()) for part in (program.left, program.right))
