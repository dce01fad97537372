"""The kernels of a whole table of verified schemes: one per scheme, whoever found it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stages.algebra.targets import parse_size
from stages.contract.progress import Progress
from stages.kernels.kernel import make, read_program, refusal


def make_all(rows: Sequence[Mapping]) -> tuple[list[dict], list[dict]]:
    """Makes or refuses a kernel for each scheme, by size, rank, additions and hash.

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
    progress = Progress("kernels", len(ordered), "schemes")
    kernels, refused = [], []
    for done, row in enumerate(ordered, start=1):
        program = read_program(row)
        if reason := refusal(program):
            refused.append(
                {key: row[key] for key in ("size", "ring", "rank")} | {"scheme": row["hash"], "reason": reason}
            )
        else:
            kernels.append(make(row, program))
        progress.update(done)
    return kernels, refused
