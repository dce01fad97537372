"""The kernels of a table of verified schemes: in JAX and NumPy of the best of each size and ring, in C of some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from stages.algebra.targets import parse_size
from stages.backends.kernel import PYTHON_TEXTS, c_text, read_program, refusal, to_row
from stages.contract import command
from stages.contract.progress import Progress
from stages.contract.rows.kernels import KernelRow, RefusedRow
from stages.contract.rows.schemes import VerifiedRow
from stages.params.kernels import Kernels
from stages.program.costs import stored, terms
from stages.program.program import Program

RING = "Z"  # of schemes that become C: it holds for every element type

_Accepted = Sequence[tuple[VerifiedRow, Program]]


def make_all(rows: Sequence[VerifiedRow], values: Kernels) -> tuple[list[KernelRow], list[RefusedRow]]:
    """Makes the kernels of the first schemes of each size and ring by rank, additions and hash, or refuses them.

    C is compiled on all cores while the other texts are tried out.

    Raises:
      SchemeError: a stored program is malformed.
      KernelError: a stored program is another scheme's, an emitted kernel gives a wrong product, or there is no
        compiler to try out C.
    """
    distinct = {row.hash: row for row in rows}.values()  # several origins can have found the same scheme
    ordered = sorted(distinct, key=lambda row: (parse_size(row.target), row.rank, row.additions, row.hash))
    programs = {row.hash: read_program(row) for row in ordered}
    reasons = {row.hash: refusal(programs[row.hash]) for row in ordered}
    accepted = [(row, programs[row.hash]) for row in ordered if reasons[row.hash] is None]
    fused, outer_levels = _for_c(accepted, values)
    in_c = outer_levels | ({fused[0].hash} if fused else set())
    counts: Counter = Counter()
    for row, _ in accepted:
        counts[row.target, row.ring] += 1
        if counts[row.target, row.ring] > values.per_size and row.hash not in in_c:
            reasons[row.hash] = f"{values.per_size} schemes of its size and ring come first by rank and additions"

    kept = [(row, program) for row, program in accepted if reasons[row.hash] is None]
    progress = Progress("kernels", len(kept), "schemes")
    kernels = []
    with ThreadPoolExecutor(command.cores()) as pool:
        in_c_texts = {
            row.hash: pool.submit(c_text, program, fused[1], row.hash, fused[0].hash)
            for row, program in kept
            if row.hash in outer_levels
        }
        texts = []
        for done, (row, program) in enumerate(kept, start=1):
            texts.append({backend: text_fn(program, row.hash) for backend, text_fn in PYTHON_TEXTS.items()})
            progress.update(done)
    for (row, program), in_python in zip(kept, texts, strict=True):
        if row.hash in in_c_texts:
            kernels.append(to_row(row, program, "c", in_c_texts[row.hash].result(), fused[0].hash))
        kernels += [to_row(row, program, backend, source) for backend, source in in_python.items()]
    refused = [
        RefusedRow(row.hash, row.target, row.ring, row.rank, reasons[row.hash]) for row in ordered if reasons[row.hash]
    ]
    return kernels, refused


def _for_c(accepted: _Accepted, values: Kernels) -> tuple[tuple[VerifiedRow, Program] | None, set[str]]:
    """The scheme to fuse, and for each size that becomes C the hash of the one for the levels above it.

    None and no hash where there is no scheme to fuse.
    """
    whole = [(row, program) for row, program in accepted if row.ring == RING]
    fused = min(
        ((row, program) for row, program in whole if row.target == values.fused),
        key=lambda pair: (pair[0].rank, _nonzeros(pair[1]), pair[0].hash),
        default=None,
    )
    if fused is None:
        return None, set()
    best: dict[str, tuple] = {}
    for row, program in (pair for pair in whole if pair[0].target in values.c_sizes):
        key = row.rank, stored(program.left) + stored(program.right), row.additions, row.hash
        best[row.target] = min(key, best.get(row.target, key))
    return fused, {key[-1] for key in best.values()}


def _nonzeros(program: Program) -> int:
    return sum(terms(part) for part in (program.left, program.right, program.output))
