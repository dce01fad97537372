"""The kernels of a whole table of verified schemes: in JAX and NumPy of the best of each size and ring, in C of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stages.algebra.targets import parse_size
from stages.backends.kernel import PYTHON_TEXTS, c_text, read_program, refusal, to_row
from stages.contract.progress import Progress
from stages.contract.rows.schemes import VerifiedRow
from stages.program.costs import stored, terms
from stages.program.program import Program

RING = "Z"  # of schemes that become C: it holds for every element type
INNER = "2x2x2"  # size of the fused level: what its sums cost grows with the size, and it has to pay for small products

MOST = 20  # schemes of a size and ring whose kernels are kept; `export` makes those of any other

_Accepted = Sequence[tuple[VerifiedRow, Program]]


def make_all(rows: Sequence[VerifiedRow]) -> tuple[list[dict], list[dict]]:
    """Makes the kernels of the first MOST schemes of each size and ring by rank, additions and hash, or refuses them.

    Returns:
      Rows of `KERNELS` and of `REFUSED`.
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
    fused, outer_levels = _for_c(accepted)
    in_c = outer_levels | ({fused[0].hash} if fused else set())
    counts: Counter = Counter()
    for row, _ in accepted:
        counts[row.target, row.ring] += 1
        if counts[row.target, row.ring] > MOST and row.hash not in in_c:
            reasons[row.hash] = f"{MOST} schemes of its size and ring come first by rank and additions"

    kept = [(row, program) for row, program in accepted if reasons[row.hash] is None]
    progress = Progress("kernels", len(kept), "schemes")
    kernels = []
    for done, (row, program) in enumerate(kept, start=1):
        if row.hash in outer_levels:
            inner_row, inner = fused
            source = c_text(program, inner, row.hash, inner_row.hash)
            kernels.append(to_row(row, program, "c", source, inner_row.hash))
        for backend, text_fn in PYTHON_TEXTS.items():
            kernels.append(to_row(row, program, backend, text_fn(program, row.hash)))
        progress.update(done)
    refused = [
        {"size": row.target, "ring": row.ring, "rank": row.rank, "scheme": row.hash, "reason": reasons[row.hash]}
        for row in ordered
        if reasons[row.hash]
    ]
    return kernels, refused


def _for_c(accepted: _Accepted) -> tuple[tuple[VerifiedRow, Program] | None, set[str]]:
    """The scheme to fuse, and for each size the hash of the one for the levels above it.

    None and no hash where there is no scheme to fuse.
    """
    whole = [(row, program) for row, program in accepted if row.ring == RING]
    fused = min(
        ((row, program) for row, program in whole if row.target == INNER),
        key=lambda pair: (pair[0].rank, _nonzeros(pair[1]), pair[0].hash),
        default=None,
    )
    if fused is None:
        return None, set()
    best: dict[str, tuple] = {}
    for row, program in whole:
        key = row.rank, stored(program.left) + stored(program.right), row.additions, row.hash
        best[row.target] = min(key, best.get(row.target, key))
    return fused, {key[-1] for key in best.values()}


def _nonzeros(program: Program) -> int:
    return sum(terms(part) for part in (program.left, program.right, program.output))
