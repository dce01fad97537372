"""The few numbers that `dvc metrics` and `dvc exp show` print: as many for any number of agents and walks."""

from __future__ import annotations

from collections.abc import Sequence

from stages.summary.classes import class_rows
from stages.summary.ranks import RankRow
from stages.summary.seconds import SecondsRow
from stages.summary.sources import Sources
from stages.summary.speedups import SpeedupRow

DIGITS = 4  # of ratios


def metrics(
    sources: Sources, ranks: Sequence[RankRow], speeds: Sequence[SpeedupRow], seconds: Sequence[SecondsRow]
) -> dict[str, dict[str, int | float]]:
    """Totals by section; `results/summary/*.csv` hold what they are totals of."""
    best: dict[tuple[str, ...], SpeedupRow] = {}  # the fastest kernel of each product
    for row in sorted(speeds, key=lambda row: row.median):
        best[row.dtype, row.state, row.product] = row
    return {
        **{f"rank_{ring}": _of_ring([row for row in ranks if row.ring == ring]) for ring in ("Z2", "Z")},
        "schemes": {
            "verified": len(sources.schemes),
            "rejected": len(sources.rejected),
            "classes": sum(row.classes for row in class_rows(sources.schemes)),
        },
        "kernels": {
            "made": len(sources.kernels),
            "products_timed": len(best),
            "products_faster": sum(row.low > 1 for row in best.values()),
            "highest_speedup": round(max((row.median for row in best.values()), default=0.0), DIGITS),
        },
        "cpu_s": {
            f"{kind}s": round(sum(row.cpu_s for row in seconds if row.kind == kind), 1)
            for kind in ("agent", "walk", "stage")
        },
    }


def _of_ring(rows: Sequence[RankRow]) -> dict[str, int | float]:
    """Sizes over one ring: how many were found, how many of these are published and as low, and all ranks together."""
    found = [row for row in rows if row.verified is not None]
    published = [(row, row.best_known) for row in found if row.best_known is not None]
    return {
        "found": len(found),
        "published": len(published),
        "as_published": sum(row.verified <= best for row, best in published),
        "beyond_published": sum(row.verified < best for row, best in published),
        "agent_as_published": sum(row.agent is not None and row.agent <= best for row, best in published),
        "products": sum(row.verified for row in found),
    }
