"""The figures that `dvc metrics` shows and compares."""

from __future__ import annotations

from collections.abc import Sequence

from stages.summary.classes import class_rows
from stages.summary.ranks import RankRow
from stages.summary.sources import Sources
from stages.summary.speedups import Speedup

DIGITS = 4  # of seconds and ratios


def metrics(sources: Sources, ranks: Sequence[RankRow], speeds: Sequence[Speedup]) -> dict:
    """Ranks, counts, what each agent reached and cost, and the best speed-up of each benchmarked product.

    `classes` are the inequivalent schemes of each size, by ring and rank.
    A size and ring where the project has found nothing has no entry under `rank`.
    """
    found = [((row.size, row.ring), row.verified) for row in ranks if row.verified is not None]
    return {
        "rank": _nested(found),
        "count": {
            "verified": len(sources.schemes),
            "rejected": len(sources.rejected),
            "kernels": len(sources.kernels),
        },
        "classes": _nested(
            [((row.size, f"{row.ring} {row.rank}"), row.classes) for row in class_rows(sources.schemes)]
        ),
        "agent": {
            name: dict(reached) | {"cpu_s": round(sources.agent_cpu_s[name], 1)}
            for name, reached in sources.search_metrics.items()
        },
        "walk": {name: {"cpu_s": round(seconds, 1)} for name, seconds in sources.walk_cpu_s.items()},
        "stage": {name: {"cpu_s": round(seconds, 1)} for name, seconds in sources.stage_cpu_s.items()},
        "speedup": _nested([((f"{best.dtype} {best.state}", _shape(best)), _best(best)) for best in _fastest(speeds)]),
    }


def _fastest(speeds: Sequence[Speedup]) -> list[Speedup]:
    """The kernel of the highest median of each element type, state and product."""
    best: dict[tuple, Speedup] = {}
    for speed in speeds:
        key = (speed.dtype, speed.state, speed.shape)
        if key not in best or speed.speed.median > best[key].speed.median:
            best[key] = speed
    return list(best.values())


def _shape(speed: Speedup) -> str:
    return "x".join(map(str, speed.shape))


def _best(speed: Speedup) -> dict:
    median, low, high = (round(value, DIGITS) for value in speed.speed)
    return {"kernel": speed.kernel, "baseline": speed.baseline, "median": median, "low": low, "high": high}


def _nested(entries: Sequence[tuple[tuple[str, str], object]]) -> dict:
    tree: dict = {}
    for (outer, inner), value in entries:
        tree.setdefault(outer, {})[inner] = value
    return tree
