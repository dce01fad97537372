"""The charts, in Altair: `specification` for the page, where they answer the mouse, `svg` for README and the report.

Equal rows give equal bytes. Nothing is told by colour alone: shapes, dashes or labels say the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import altair as alt
import numpy as np
import vl_convert

from stages.contract.rows.curves import PretrainingCurveRow, RefinementCurveRow, SearchCurveRow
from stages.summary.controls import COMPARED, Comparison
from stages.summary.ranks import RankRow
from stages.summary.speedups import Speedup
from stages.timing import LEVEL

VERSION = "6.4"  # of Vega-Lite: the one whose schema this Altair writes
INK = "currentColor"  # black in a file, the page's own colour in the page
# Okabe and Ito's colours, apart for every kind of colour vision, on white and on black.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8a8a8a"]
CONFIG = {
    "font": "system-ui, sans-serif",
    "range": {"category": COLOURS},
    "view": {"stroke": None},
    "axis": {
        "gridColor": "#88888840",
        **dict.fromkeys(("domainColor", "tickColor"), "#888888"),
        **dict.fromkeys(("labelColor", "titleColor"), INK),
        "labelFontSize": 11,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "symbolBaseFillColor": INK,
        "symbolBaseStrokeColor": INK,
        "labelLimit": 300,
    },
    "header": {"labelColor": INK, "titleColor": INK, "labelFontWeight": "bold"},
    "title": {"color": INK, "subtitleColor": INK, "anchor": "start", "fontSize": 12},
    "text": {"color": INK},
}
MOST_POINTS = 60  # of a line of shares: a round has few games
PANELS_PER_ROW = 4
PLAYED = "games and window games"
Record = Mapping[str, object]


def specification(chart: alt.TopLevelMixin) -> dict:
    """The chart as Vega-Lite, without a background."""
    return chart.to_dict() | {"config": CONFIG, "background": "transparent"}


def svg(specified: Mapping) -> str:
    """A chart of `specification` as SVG text, on white."""
    return vl_convert.vegalite_to_svg({**specified, "background": "white"}, vl_version=VERSION)


def bundle() -> str:
    """The script that draws Vega-Lite in a page; it fetches nothing."""
    return vl_convert.javascript_bundle(vl_version=VERSION)


def ranks(rows: Sequence[RankRow]) -> alt.TopLevelMixin:
    """Ranks as shares of the standard algorithm's, with the numbers beside them."""
    marks = {  # column: label, shape, colour, area
        "verified": ("this project", "circle", COLOURS[0], 60),
        "imported": ("imported", "square", COLOURS[2], 60),
        "alphatensor": ("AlphaTensor 2022", "diamond", COLOURS[1], 130),
        "best_known": ("best published", "stroke", INK, 200),
    }
    records = [
        {"row": f"{row.size} over {row.ring}", "whose": label, "rank": rank, "share": rank / row.naive, "area": area}
        for row in rows
        for column, (label, _, _, area) in marks.items()
        if (rank := getattr(row, column)) is not None
    ]
    if not records:
        return _note("Rank per size and ring", "Nothing was found or imported, and nothing is published.")
    numbers = [
        {
            "row": f"{row.size} over {row.ring}",
            "numbers": f"{_shown(row.verified)} | {_shown(row.best_known)} | {row.naive}",
        }
        for row in rows
    ]
    labels, shapes, colours, _ = zip(*marks.values(), strict=True)
    order = [number["row"] for number in numbers]
    place = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False))
    points = (
        alt.Chart(_data(records))
        .mark_point(strokeWidth=2)
        .encode(
            x=alt.X("share:Q", axis=alt.Axis(format="%"), scale=alt.Scale(zero=False)).title(
                "rank, % of the standard algorithm's number of products (less is better)"
            ),
            y=place,
            shape=alt.Shape("whose:N", scale=alt.Scale(domain=labels, range=shapes)),
            color=alt.Color("whose:N", scale=alt.Scale(domain=labels, range=colours)).title(None).legend(orient="top"),
            size=alt.Size("area:Q", scale=None, legend=None),
            tooltip=["row:N", "whose:N", "rank:Q", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    text = alt.Chart(_data(numbers)).mark_text(align="left").encode(y=place, x=alt.value(420 + 12), text="numbers:N")
    title = {"text": "Rank per size and ring", "subtitle": "at the right: own | published | standard"}
    return alt.layer(points, text).properties(width=420, height=alt.Step(17), title=alt.TitleParams(**title))


def learning(
    rings: Mapping[str, str],
    pretraining: Mapping[str, Sequence[PretrainingCurveRow]],
    search: Mapping[str, Sequence[SearchCurveRow]],
) -> alt.TopLevelMixin:
    """A row of losses, then a row for each agent that has played: what it solved, and its best ranks over its ring.

    Args:
      rings: ring of each agent.
      pretraining, search: rows of the curves by agent.
    """
    rows = []
    losses = list(_losses(pretraining, search))
    if losses:
        rows.append(
            alt.hconcat(*(_loss_panel(losses, title) for title in dict.fromkeys(loss["part"] for loss in losses)))
        )
    rows += [_play(f"{name} over {rings[name]}", search[name]) for name in rings if search[name]]
    if not rows:
        return _note("Learning", "No agent has learnt anything yet.")
    return alt.vconcat(*rows).resolve_scale(
        **dict.fromkeys(("color", "shape", "strokeDash", "strokeWidth", "opacity"), "independent")
    )


def _losses(
    pretraining: Mapping[str, Sequence[PretrainingCurveRow]], search: Mapping[str, Sequence[SearchCurveRow]]
) -> Iterator[Record]:
    """Policy and value in pretraining, then in search; the targets of a round share its losses."""
    curves = (("pretraining", pretraining, "step", "train steps"), ("search", search, "round", "rounds"))
    for part, agents, against, unit in curves:
        for loss, loss_unit in (("policy", "nats"), ("value", "quantile Huber")):
            for agent, rows in agents.items():
                for at, row in {getattr(row, against): row for row in rows}.items():
                    if (value := getattr(row, f"{loss}_loss")) is not None:
                        units = {"unit": unit, "loss_unit": loss_unit}
                        yield {"part": f"{part}: {loss} loss", **units, "agent": agent, "at": at, "loss": value}


def _loss_panel(losses: Sequence[Record], title: str) -> alt.Chart:
    mine = [loss for loss in losses if loss["part"] == title]
    return (
        alt.Chart(_data(mine), title=title, width=190, height=150)
        .mark_line()
        .encode(
            x=_amount("at", mine[0]["unit"]),
            y=alt.Y("loss:Q", scale=alt.Scale(zero=False)).title(str(mine[0]["loss_unit"])),
            color=alt.Color("agent:N"),
            strokeDash=alt.StrokeDash("agent:N"),
            tooltip=["agent:N", "at:Q", "loss:Q"],
        )
    )


def _play(agent: str, rows: Sequence[SearchCurveRow]) -> alt.TopLevelMixin:
    """Shares of solved games and of rewritten window games, of those that were played, and best ranks by both."""
    targets = sorted({row.target for row in rows}, key=by_numbers)
    curves = {target: [row for row in rows if row.target == target] for target in targets}
    run = math.ceil(max(map(len, curves.values())) / MOST_POINTS)
    lowest = {
        target: min((rank for row in mine for rank in row.by_rank), default=None) for target, mine in curves.items()
    }
    shares: Mapping[str, Callable[[SearchCurveRow], float | None]] = {
        "games solved": lambda row: row.solved_share,
        "games at the lowest rank": lambda row: _share_at(lowest[row.target], row),
        "window games rewritten": lambda row: row.rewritten_share,
    }
    panels = [
        _share_panel(f"{agent}: {title}", curves, share, run)
        for title, share in shares.items()
        if any(share(row) is not None for row in rows)
    ]
    best = [
        {"target": target, "by": by, "games": row.games, "rank": getattr(row, column)}
        for target, mine in curves.items()
        for by, column in (("games", "best_game"), ("window games", "best_window"))
        for row in _steps(mine, column)
    ]
    title = f"{agent}: best rank so far (products)"
    if not best:
        return alt.hconcat(*panels, _note(title, "No scheme was found."))
    kinds = sorted({record["by"] for record in best})
    lines = (
        alt.Chart(_data(best), title=title, width=240, height=150)
        .mark_line(interpolate="step-after", point={"filled": False, "size": 40})
        .encode(
            x=_amount("games", PLAYED),
            y=_rank(record["rank"] for record in best).title(None),
            color=alt.Color("target:N").scale(domain=targets),
            strokeDash=alt.StrokeDash("target:N").scale(domain=targets),
            shape=alt.Shape("target:N").scale(domain=targets),
            tooltip=["target:N", "by:N", "games:Q", "rank:Q"],
        )
    )
    if len(kinds) > 1:  # lines of both may lie on each other
        lines = lines.encode(
            strokeWidth=alt.StrokeWidth("by:N").scale(domain=kinds, range=[5, 1.5]),
            opacity=alt.Opacity("by:N").scale(domain=kinds, range=[0.4, 1]),
        )
    return alt.hconcat(*panels, lines)


def _share_at(rank: int | None, row: SearchCurveRow) -> float | None:
    """The share of the games of a round that ended at a rank; None where no game ever ended, or none was measured."""
    return None if rank is None or row.solved_share is None else row.by_rank.get(rank, 0.0)


def _share_panel(
    title: str,
    curves: Mapping[str, Sequence[SearchCurveRow]],
    share_of: Callable[[SearchCurveRow], float | None],
    run: int,
) -> alt.Chart:
    """Shares of the games of a round, means of `run` rounds."""
    records = [
        {"target": target, "games": float(games), "share": float(share)}
        for target, rows in curves.items()
        for games, share in zip(
            _means([float(row.games) for row in rows], run), _means([share_of(row) for row in rows], run), strict=True
        )
        if not math.isnan(share)
    ]
    return (
        alt.Chart(_data(records), title=title, width=190, height=150)
        .mark_line()
        .encode(
            x=_amount("games", PLAYED),
            y=alt.Y("share:Q", axis=alt.Axis(format="%")).title(f"mean of {run} rounds" if run > 1 else "each round"),
            color=alt.Color("target:N").scale(domain=list(curves)),
            strokeDash=alt.StrokeDash("target:N").scale(domain=list(curves)),
            tooltip=["target:N", "games:Q", alt.Tooltip("share:Q", format=".1%")],
        )
    )


def controls(given: Sequence[Comparison]) -> alt.TopLevelMixin:
    """Best rank of each attempt against CPU seconds: the agent and its controls in the same axes."""
    title = "The agent beside its controls: a line per attempt"
    shown = [comparison for comparison in given if comparison.steps]
    if not shown:
        return _note(title, "Nothing was compared.")
    panels = [
        alt.Chart(_data(map(vars, one.steps)), width=230, height=130)
        .mark_line(interpolate="step-after", point={"filled": False, "size": 40})
        .encode(
            x=alt.X("cpu_s:Q", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=4)).title("CPU seconds"),
            y=_rank(step.rank for step in one.steps).title("rank (products)"),
            color=alt.Color("variant:N", scale=alt.Scale(domain=COMPARED)),
            shape=alt.Shape("variant:N", scale=alt.Scale(domain=COMPARED)),
            detail="seed:N",
            tooltip=["variant:N", "seed:N", "rank:Q", "cpu_s:Q"],
        )
        .properties(title=alt.TitleParams(f"{one.target} over {one.ring}, {one.start}s", subtitle=["hits:", one.hits]))
        for one in sorted(shown, key=lambda one: by_numbers(one.target))
    ]
    return alt.concat(*panels, columns=3, title=title)


def refinement(curves: Mapping[str, Sequence[RefinementCurveRow]]) -> alt.TopLevelMixin:
    """Rank against flips for each size: a colour per walk, a dash and a shape per ring."""
    title = "Flip-graph walks: when each lower rank was found"
    records = []
    for walk, rows in curves.items():
        for size in {row.size for row in rows}:
            mine = [row for row in rows if row.size == size]
            first = min(row.flips for row in mine)
            records += [  # and 1: a logarithm has no place for 0
                {"size": size, "walk": walk, "ring": row.ring, "flips": row.flips - first + 1, "rank": row.rank}
                for row in mine
            ]
    if not records:
        return _note(title, "No walk has found a scheme.")
    records.sort(key=lambda record: (by_numbers(record["size"]), record["walk"], record["ring"], record["flips"]))
    panels = [
        alt.Chart(_data(mine), title=size, width=170, height=120)
        .mark_line(interpolate="step-after", point={"filled": False, "size": 40})
        .encode(
            x=alt.X("flips:Q", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=4, format="~s")).title(
                "flips since its first scheme here"
            ),
            y=_rank(record["rank"] for record in mine).title("rank (products)"),
            color=alt.Color("walk:N", sort=list(curves)),
            strokeDash=alt.StrokeDash("ring:N", sort=["Z2", "Z"], legend=None),
            shape=alt.Shape("ring:N", sort=["Z2", "Z"]),
            tooltip=["size:N", "walk:N", "ring:N", "rank:Q", alt.Tooltip("flips:Q", format=",")],
        )
        for size, mine in ((size, list(group)) for size, group in groupby(records, key=lambda record: record["size"]))
    ]
    return alt.concat(*panels, columns=PANELS_PER_ROW, title=title)


def speedups(speeds: Sequence[Speedup]) -> alt.TopLevelMixin:
    """Median speed-up with its interval for each kernel and product; below 1 the library is faster."""
    title = "Speed of kernels against the fastest library product"
    if not speeds:
        return _note(title, "No kernel was timed.")
    panels = []
    for (dtype, shape, state), group in groupby(
        sorted(speeds, key=lambda one: (one.dtype, one.shape, one.state, by_numbers(one.kernel))),
        key=lambda one: (one.dtype, one.shape, one.state),
    ):
        records = [record for one in group for record in _speed_records(one)]
        panels.append(_speed_panel(records, f"{'×'.join(map(str, shape))}, {dtype} {state}"))
    threads = ", ".join(map(str, sorted({speed.threads for speed in speeds})))
    subtitle = f"{threads} threads; filled: median of the measured ratios, {LEVEL:.0%} interval; hollow: predicted"
    return alt.concat(*panels, columns=2, title=alt.TitleParams(title, subtitle=subtitle))


def _speed_records(one: Speedup) -> Iterator[Record]:
    shared = {"kernel": f"{one.kernel} ({one.implementation[:6]})", "baseline": one.baseline}
    yield shared | {"kind": "measured"} | one.speed._asdict()
    if one.predicted:
        yield shared | {"kind": "predicted", "median": one.predicted}


def _speed_panel(records: Sequence[Record], title: str) -> alt.TopLevelMixin:
    kernels = list(dict.fromkeys(record["kernel"] for record in records))
    base = alt.Chart(_data(records)).encode(y=alt.Y("kernel:N", sort=kernels, title=None))
    kinds = ["measured", "predicted"]
    points = base.mark_point(size=60, strokeWidth=1.5).encode(
        x=alt.X("median:Q", scale=alt.Scale(zero=False)).title(
            "library time / kernel time (below 1 the library is faster)"
        ),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"])),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=COLOURS)),
        fill=alt.Fill("kind:N", scale=alt.Scale(domain=kinds, range=[COLOURS[0], "transparent"])),
        tooltip=["kernel:N", "baseline:N", "kind:N", *(f"{part}:Q" for part in ("median", "low", "high"))],
    )
    bars = base.mark_rule(strokeWidth=1.5, color=COLOURS[0]).encode(x="low:Q", x2="high:Q")
    parity = alt.Chart(_data([{"one": 1}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="one:Q")
    return alt.layer(parity, bars, points).properties(title=title, width=330, height=alt.Step(18))


def _data(records: Iterable[Record]) -> alt.InlineData:
    return alt.InlineData(values=list(records))


def _amount(field: str, title: object) -> alt.X:
    return alt.X(f"{field}:Q", axis=alt.Axis(format="~s", tickCount=4), scale=alt.Scale(domainMin=0)).title(str(title))


def _rank(ranks: Iterable[int]) -> alt.Y:
    """An axis of ranks; its ticks are whole numbers, at most six."""
    known = set(ranks)
    ticks = range(min(known), max(known) + 1, 1 + (max(known) - min(known)) // 6)
    return alt.Y(
        "rank:Q", scale=alt.Scale(zero=False, nice=False, padding=8), axis=alt.Axis(values=list(ticks), format="d")
    )


def _note(title: str, text: str) -> alt.Chart:
    """What stands where there is nothing to show."""
    return alt.Chart(_data([{"text": text}]), title=title, width=300, height=60).mark_text().encode(text="text:N")


def _steps(rows: Sequence[SearchCurveRow], column: str) -> list[SearchCurveRow]:
    """The rows where a best rank is new, and the last."""
    known = [row for row in rows if getattr(row, column) is not None]
    new = [now for before, now in pairwise(known) if getattr(now, column) != getattr(before, column)]
    return [*known[:1], *new, *known[-1:]]


def _shown(rank: int | None) -> str:
    return "–" if rank is None else str(rank)


def _means(values: Sequence[float | None], run: int) -> np.ndarray:
    """Means of each `run` values in turn, of those that are there; NaN where none is."""
    padded = np.append(np.array(values, np.float64), np.full(-len(values) % run, math.nan))
    return np.ma.masked_invalid(padded.reshape(-1, run)).mean(axis=1).filled(math.nan)


def by_numbers(name: str) -> tuple[bool, tuple[int, ...], str]:
    """«2x3x10» and «2x2x2:7» in the order of their numbers, then the targets with names."""
    return name[:1].isalpha(), tuple(map(int, re.findall(r"\d+", name))), name
