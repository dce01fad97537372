"""Everything on one page: the table of ranks, what the agents reached, the figures. HTML with nothing to fetch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from html import escape

from stages.summary.classes import ClassRow, class_rows
from stages.summary.ranks import RankRow
from stages.summary.sources import Sources
from stages.summary.speedups import Speedup

RANKS, CLASSES = ([field.name for field in fields(row)] for row in (RankRow, ClassRow))
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0; font-size: .87em }
th, td { padding: .2em .5em; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left }
thead th { border-bottom: 2px solid #888; font-weight: 600 }
svg { max-width: 100%; height: auto }
p { max-width: 48em }
"""

_RANKS = """A rank is the number of products of a scheme, always over a ring; every scheme behind a number here was
checked exactly. <b>agent_game</b>: full games of TensorGame from a blank start. <b>agent_window</b>: games that
rewrite a few terms of the agent's own schemes, at first of the standard algorithm. <b>walk</b>: flip-graph walks from
the standard algorithm; <b>walk_from_agent</b>: from what an agent found. <b>recombination</b>: all these, applied to
blocks of larger sizes. <b>imported</b>: what others found. <b>verified</b>: this project's best. <b>alphatensor</b>
is published, and so is <b>best_known</b>, in the tables of {as_of}."""
_CLASSES = """Schemes found here by rank. <b>classes</b>: how many are certainly inequivalent, that is, not the same
up to sandwiching, cyclic permutation and transposition. <b>additions</b>: the fewest, common subexpressions shared.
<b>growth</b>: the lowest growth factor of rounding errors, in the 2-norm. <b>omega</b>: exponent of the recursion."""
_AGENTS = """Ranks are those of the agent's ring, found by games from the whole target and by window games, which
rewrite a few terms of the agent's own schemes, at first of the standard algorithm. Shares are those of the last round:
of games solved within as many moves as the agent's own best scheme has, of window games rewritten in as many or fewer
terms. Games (window games among them) and CPU seconds (demonstrations, pretraining and search together) are those of
all targets."""
_KERNELS = """Time of the fastest library product over time of the kernel, whole call, medians of interleaved samples
with their interval: below 1 the library is faster. A kernel is a scheme, a back end and the levels of recursion (F: one
more level, fused into the product). <b>warm</b>: after a pause and an untimed call of the same; <b>idle</b>: after a
pause; <b>after</b>: straight after a call of NumPy. <b>predicted</b>: by the time model from the measured rates of
products and of sums in memory (C alone); hollow in the figure. The errors are those of some rows in a wider type."""


def page(sources: Sources, ranks: Sequence[RankRow], speeds: Sequence[Speedup], figures: Mapping[str, str]) -> str:
    """The page's text.

    Args:
      figures: SVG text by name: ranks, learning, refinement, speedups.
    """
    as_of = ", ".join(sorted({row.as_of for row in sources.known.values()}))
    agents = [row for name in sources.agents for row in _agent_rows(name, sources)]
    errors = {(row.implementation, row.dtype, row.n, row.m, row.p): row.error for row in sources.timings}
    kernels = [
        {
            "kernel": speed.kernel,
            "product": f"{'x'.join(map(str, speed.shape))} {speed.dtype} {speed.state}",
            "speed-up": f"{speed.speed.median:.3f}",
            "interval": f"{speed.speed.low:.3f} to {speed.speed.high:.3f}",
            "predicted": f"{speed.predicted:.3f}" if speed.predicted else "",
            "error": f"{errors[speed.implementation, speed.dtype, *speed.shape]:.1e}",
            f"error of {speed.baseline}": f"{errors[speed.baseline, speed.dtype, *speed.shape]:.1e}",
        }
        for speed in speeds
    ]
    columns = ["kernel", "product", "speed-up", "interval", "predicted", "error"]
    columns += sorted({key for row in kernels for key in row} - set(columns))
    parts = [
        "<h1>Fast matrix multiplication: what this run found</h1>",
        *(
            "<h2>Ranks</h2>",
            f"<p>{_RANKS.format(as_of=as_of)}</p>",
            _table(RANKS, map(vars, ranks)),
            _inline(figures["ranks"]),
        ),
        *(
            "<h2>Schemes</h2>",
            f"<p>{_CLASSES}</p>",
            _table(CLASSES, map(_class_cells, class_rows(sources.schemes))),
        ),
        *("<h2>Agents</h2>", f"<p>{_AGENTS}</p>", _table(list(agents[0]), agents), _inline(figures["learning"])),
        *("<h2>Walks</h2>", _inline(figures["refinement"])),
        *("<h2>Kernels</h2>", f"<p>{_KERNELS}</p>", _inline(figures["speedups"]), _table(columns, kernels)),
    ]
    head = f'<meta charset="utf-8"><title>Open AlphaTensor</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _agent_rows(name: str, sources: Sources) -> list[Mapping[str, object]]:
    """One row per target; what belongs to the agent as a whole stands in the first."""
    agent, found = sources.agents[name], sources.search_metrics[name]
    rows = [
        {
            "agent": name,
            "ring": agent.ring,
            "target": target,
            "rank by games": found["best_game"].get(target),
            "rank by windows": found["best_window"].get(target),
            "solved": _percent(found["solved_share"].get(target)),
            "rewritten": _percent(found["rewritten_share"].get(target)),
        }
        for target in agent.targets
    ]
    rows[0] |= {"games": found["games"], "CPU s": f"{sources.agent_cpu_s[name]:.0f}"}
    return rows


def _class_cells(row: ClassRow) -> Mapping[str, object]:
    growth = None if row.growth is None else f"{row.growth:.2f}"
    return vars(row) | {"growth": growth, "omega": f"{row.omega:.4f}"}


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(row.get(column)))}</td>" for column in columns) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _inline(svg: str) -> str:
    """The <svg> element of an SVG file."""
    return svg[svg.index("<svg") :]
