"""The figures, as SVG with text as text. Equal rows give equal bytes: no date, fixed salt, no global state."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from itertools import product

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator

from stages.contract.rows.curves import PretrainingCurveRow, RefinementCurveRow, SearchCurveRow
from stages.summary.ranks import RankRow
from stages.summary.speedups import Speedup
from stages.timing import LEVEL, Interval

STYLE = {
    "svg.hashsalt": "open-alphatensor",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "legend.fontsize": 9,
}
# Okabe and Ito's colours, apart for every kind of colour vision; yellow is too pale for lines.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
GREY = "#8a8a8a"
GREYS = ("#000000", GREY)
PLAYED = "games and window games"
# Best ranks by games and by windows: one is wide and pale, so that it is seen below the other.
BEST_RANKS = {
    "best_game": {"drawstyle": "steps-post", "marker": "o", "markersize": 7, "linewidth": 5, "alpha": 0.35},
    "best_window": {"drawstyle": "steps-post", "marker": "o", "markersize": 4, "linewidth": 1.5},
}
MOST_POINTS = 60  # of a line of shares: a round has few games
PANELS_PER_ROW = 4


@mpl.rc_context(STYLE)
def svg(figure: Figure) -> str:
    """The figure as SVG text."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue()


@mpl.rc_context(STYLE)
def draw_ranks(rows: Sequence[RankRow]) -> Figure:
    """Ranks as shares of the standard algorithm's, with the numbers beside them."""
    if not rows:
        return _empty("Ranks", "Nothing was searched, walked or imported.")
    figure, axes = _panels(1, 1, 6.5, 1.7 + 0.3 * len(rows))
    axis = axes[0]
    marks = (  # column, label, marker, colour, size of the marker
        ("verified", "this project, verified", "o", COLOURS[0], 7),
        ("imported", "imported", "s", GREY, 5),
        ("alphatensor", "AlphaTensor 2022", "D", COLOURS[1], 9),
        ("best_known", "best published", "|", "#000000", 15),
    )
    for column, label, marker, colour, size in marks:
        shares = 100 * _column(rows, column) / _column(rows, "naive")
        filled = {} if column == "verified" else {"markerfacecolor": "none"}
        axis.plot(shares, range(len(rows)), marker, color=colour, markersize=size, label=label, zorder=3, **filled)
    axis.set(
        yticks=range(len(rows)),
        yticklabels=[f"{row.size}  over {row.ring}" for row in rows],
        xlabel="rank, % of the standard algorithm's number of products (less is better)",
    )
    axis.set_xlim(right=101)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    heads = {
        "verified": "own",
        "imported": "imported",
        "best_known": "published",
        "alphatensor": "AlphaTensor",
        "naive": "standard",
    }
    for place, (column, head) in enumerate(heads.items()):
        x = 1.09 + 0.2 * place
        axis.text(x, 1.0, head, transform=axis.transAxes, ha="center", va="bottom", fontsize=8.5, color="#444444")
        for line, row in enumerate(rows):
            weight = "bold" if column == "verified" else "normal"
            shown = _shown(getattr(row, column))
            axis.text(x, line, shown, transform=axis.get_yaxis_transform(), ha="center", va="center", weight=weight)
    axis.set_title("Rank per size and ring", pad=22)
    figure.legend(loc="outside lower left", ncols=4)
    return figure


@mpl.rc_context(STYLE)
def draw_learning(
    rings: Mapping[str, str],
    pretraining: Mapping[str, Sequence[PretrainingCurveRow]],
    search: Mapping[str, Sequence[SearchCurveRow]],
) -> Figure:
    """A row of losses, then a row for each agent that has played: what it solved, and its best ranks over its ring.

    Args:
      rings: ring of each agent.
      pretraining, search: rows of the curves by agent.
    """
    if not any(pretraining.values()) and not any(search.values()):
        return _empty("Learning", "No agent has learnt anything yet.")
    playing = [name for name in rings if search[name]]
    figure, axes = _panels(1 + len(playing), 4, 12.0, 2.7 * (1 + len(playing)))
    losses, *plays = (axes[first : first + 4] for first in range(0, len(axes), 4))
    _draw_losses(losses, list(rings), pretraining, search)
    targets = sorted({row.target for name in playing for row in search[name]}, key=_numbers)
    styles = {
        target: {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number // len(COLOURS) % len(LINES)]}
        for number, target in enumerate(targets)
    }
    for name, panels in zip(playing, plays, strict=True):
        _draw_play(panels, f"{name} over {rings[name]}", search[name], styles)
    return figure


def _draw_losses(
    axes: Sequence[Axes],
    names: Sequence[str],
    pretraining: Mapping[str, Sequence[PretrainingCurveRow]],
    search: Mapping[str, Sequence[SearchCurveRow]],
) -> None:
    """Policy and value in pretraining, then in search. Colours belong to targets: agents differ in line style."""
    curves = (("Pretraining", pretraining, "step", "train steps"), ("Search", search, "games", PLAYED))
    losses = (("policy", "nats"), ("value", "quantile Huber"))
    for axis, ((part, agents, against, unit), (loss, loss_unit)) in zip(axes, product(curves, losses), strict=True):
        for number, name in enumerate(names):
            # The targets of a round share its losses.
            rows = list({getattr(row, against): row for row in agents[name]}.values())
            style = {"color": GREYS[number % len(GREYS)], "linestyle": LINES[number % len(LINES)]}
            axis.plot(_column(rows, against), _column(rows, f"{loss}_loss"), label=f"agent {name}", **style)
        axis.set(title=f"{part}: {loss}", xlabel=unit, ylabel=f"{loss} loss ({loss_unit})")
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        _note_if_blank(axis, "No train step.")
    axes[0].legend()


def _draw_play(axes: Sequence[Axes], agent: str, rows: Sequence[SearchCurveRow], styles: Mapping[str, Mapping]) -> None:
    """Shares of solved games and of rewritten window games, best ranks by both, and a legend that gives these ranks."""
    solved, rewritten, best, legend = axes
    targets = {target: mine for target in styles if (mine := [row for row in rows if row.target == target])}
    run = math.ceil(max(map(len, targets.values())) / MOST_POINTS)
    for axis, title, column, done in (
        (solved, "games", "solved_share", "solved"),
        (rewritten, "window games", "rewritten_share", "rewritten"),
    ):
        for target, mine in targets.items():
            games, shares = (_means(_column(mine, name), run) for name in ("games", column))
            axis.plot(games, shares, linewidth=1.2, **styles[target])
        axis.set(title=f"{agent}: {title}", ylabel=f"{done}, " + (f"mean of {run} rounds" if run > 1 else "each round"))
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    for (column, look), (target, mine) in product(BEST_RANKS.items(), targets.items()):
        ranks = _column(mine, column)
        first = np.flatnonzero(~np.isnan(ranks))[:1].tolist()
        best.plot(_column(mine, "games"), ranks, markevery=first, **look, **styles[target])
    best.set(title=f"{agent}: best rank", ylabel="best rank so far (products)")
    best.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    nothings = ("No whole target was played.", "No window game was played.", "No scheme was found.")
    for axis, nothing in zip((solved, rewritten, best), nothings, strict=True):
        axis.set(xlabel=PLAYED)
        axis.set_xlim(left=0)
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        _note_if_blank(axis, nothing)
    handles = [
        Line2D([], [], color=GREY, label=f"by {kind}", **look)
        for kind, look in zip(("games", "window games"), BEST_RANKS.values(), strict=True)
    ]
    for target, mine in targets.items():
        by_games, by_windows = (_shown(getattr(mine[-1], column)) for column in BEST_RANKS)
        handles.append(Line2D([], [], label=f"{target}:  {by_games} | {by_windows}", **styles[target]))
    legend.set_axis_off()
    legend.legend(
        handles=handles, title=f"{agent}: best rank\nby games | by windows", loc="center left", alignment="left"
    )


@mpl.rc_context(STYLE)
def draw_refinement(curves: Mapping[str, Sequence[RefinementCurveRow]]) -> Figure:
    """Rank against flips for each size; a colour per walk, a line style per ring."""
    sizes = sorted({row.size for rows in curves.values() for row in rows}, key=_numbers)
    if not sizes:
        return _empty("Refinement", "No walk has found a scheme.")
    across = min(PANELS_PER_ROW, len(sizes))
    down = math.ceil(len(sizes) / across)
    figure, axes = _panels(down, across, max(2.9 * across, 5.0), 2.6 * down + 0.4)
    styles = {
        "Z2": {"linestyle": "-", "markersize": 6},
        "Z": {"linestyle": "--", "markersize": 3.5, "markerfacecolor": "white"},  # smaller: often on top of Z2
    }
    walks = sorted(curves)
    # Flips since the walk's first scheme of each size, plus 1: a logarithm has no place for 0.
    first = {(walk, size): min(r.flips for r in rows if r.size == size) for walk, size, rows in _walked(curves)}
    most = max(row.flips - first[walk, row.size] for walk, rows in curves.items() for row in rows)
    for number, size in enumerate(sizes):
        axis = axes[number]
        for walk in walks:
            colour = COLOURS[walks.index(walk) % len(COLOURS)]
            for ring, style in styles.items():
                rows = [row for row in curves[walk] if (row.size, row.ring) == (size, ring)]
                flips = _column(rows, "flips") - first.get((walk, size), 0) + 1
                axis.plot(flips, _column(rows, "rank"), marker="o", drawstyle="steps-post", color=colour, **style)
        axis.set(title=size, xscale="log", xlim=(0.5, 4 * max(most, 1)))
        axis.xaxis.set_major_locator(LogLocator(numticks=5))
        axis.minorticks_off()
        axis.margins(y=0.15)
        axis.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if number % across == 0:
            axis.set_ylabel("rank (products)")
        if number + across >= len(sizes):
            axis.set_xlabel("flips since its first scheme here")
    for axis in axes[len(sizes) :]:
        axis.set_axis_off()
    figure.suptitle("Flip-graph walks: each lower rank", x=0.01, ha="left", fontsize=12)
    handles = [Line2D([], [], color=COLOURS[i % len(COLOURS)], label=f"walk {walk}") for i, walk in enumerate(walks)]
    handles += [Line2D([], [], color=GREY, marker="o", label=f"over {r}", **s) for r, s in styles.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))
    return figure


@mpl.rc_context(STYLE)
def draw_speedups(speeds: Sequence[Speedup]) -> Figure:
    """Median speed-up with its interval for each kernel and product; below 1 the library is faster."""
    if not speeds:
        return _empty("Speed of kernels", "No kernel was timed.")
    panels = sorted({(speed.dtype, speed.state) for speed in speeds})
    figure, axes = _panels(len(panels), 1, 8.0, 3.6 * len(panels) + 0.6)
    ordered = sorted(speeds, key=lambda speed: (_numbers(speed.kernel), speed.implementation))
    implementations = list(dict.fromkeys(speed.implementation for speed in ordered))
    labels = {speed.implementation: speed.kernel for speed in speeds}
    twins = {label for label in labels.values() if list(labels.values()).count(label) > 1}
    for axis, panel in zip(axes, panels, strict=True):
        chosen = [speed for speed in speeds if (speed.dtype, speed.state) == panel]
        shapes = sorted({speed.shape for speed in chosen})
        for number, one in enumerate(implementations):
            mine = [speed for speed in chosen if speed.implementation == one]
            offset = 0.7 * ((number + 0.5) / len(implementations) - 0.5)
            places = [shapes.index(speed.shape) + offset for speed in mine]
            median, low, high = (np.array([getattr(speed.speed, part) for speed in mine]) for part in Interval._fields)
            label = f"{labels[one]} ({one[:6]})" if labels[one] in twins else labels[one]
            axis.errorbar(
                places,
                median,
                yerr=[median - low, high - median],
                fmt=MARKERS[(number + number // len(COLOURS)) % len(MARKERS)],  # no two of 49 look alike
                color=COLOURS[number % len(COLOURS)],
                markersize=6,
                capsize=3,
                label=label,
            )
            model = [(place, speed.predicted) for place, speed in zip(places, mine, strict=True) if speed.predicted]
            if model:
                marker = MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]
                hollow = {"facecolors": "none", "edgecolors": COLOURS[number % len(COLOURS)]}
                axis.scatter(*zip(*model, strict=True), marker=marker, s=60, **hollow)
        axis.axhline(1.0, color="#000000", linewidth=1)
        axis.margins(y=0.15)
        bottom, top = axis.get_ylim()
        bottom, top = min(bottom, 0.97), max(top, 1.03)
        axis.axhspan(bottom, 1.0, color="#f7e3dc", zorder=0)
        axis.set_ylim(bottom, top)
        axis.text(
            0.995, 0.02, "the library is faster", transform=axis.transAxes, ha="right", color="#a04020", fontsize=9
        )
        axis.set_xlim(-0.5, len(shapes) - 0.5)
        axis.grid(visible=False, axis="x")
        axis.set(
            xticks=range(len(shapes)),
            xticklabels=["×".join(map(str, shape)) if len(set(shape)) > 1 else str(shape[0]) for shape in shapes],
            xlabel="n of an n × n product",
            ylabel="library time / kernel time",
            title=f"{', '.join(panel)}, {_where(chosen)}: speed against the fastest library product",
        )
        axis.legend(
            title=f"kernel: size:rank, back end, levels\n(median, {LEVEL:.0%} interval;\nhollow: predicted)",
            loc="center left",
            bbox_to_anchor=(1, 0.5),
        )
    return figure


def _walked(curves: Mapping[str, Sequence[RefinementCurveRow]]) -> list[tuple[str, str, Sequence[RefinementCurveRow]]]:
    """Each walk with each size it has found a scheme of, and the rows of the walk."""
    return [(walk, size, rows) for walk, rows in curves.items() for size in {row.size for row in rows}]


def _where(speeds: Sequence[Speedup]) -> str:
    threads = sorted({speed.threads for speed in speeds})
    devices = sorted({speed.device.removeprefix("cpu: cpu").strip() or "CPU" for speed in speeds})
    return f"{' and '.join(devices)}, {' or '.join(map(str, threads))} thread{'s' if threads != [1] else ''}"


def _panels(down: int, across: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(down, across, squeeze=False).ravel())


def _empty(title: str, text: str) -> Figure:
    """A figure that says that there is nothing to show."""
    figure, (axis,) = _panels(1, 1, 6.0, 1.6)
    axis.set_title(title)
    _note(axis, text)
    return figure


def _note(axis: Axes, text: str) -> None:
    """Says `text` below the title in place of the axes."""
    axis.set_axis_off()
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="#666666")


def _note_if_blank(axis: Axes, text: str) -> None:
    if all(np.isnan(line.get_ydata()).all() for line in axis.lines):
        _note(axis, text)


def _column(rows: Sequence[object], name: str) -> np.ndarray:
    """A field of all rows; NaN for None."""
    return np.array([getattr(row, name) for row in rows], np.float64)


def _shown(rank: int | None) -> str:
    return "–" if rank is None else str(rank)


def _means(values: np.ndarray, run: int) -> np.ndarray:
    """Means of each `run` values in turn, of those that are not NaN."""
    padded = np.append(values, np.full(-len(values) % run, math.nan))
    return np.ma.masked_invalid(padded.reshape(-1, run)).mean(axis=1).filled(math.nan)


def _numbers(size: str) -> tuple[bool, tuple[int, ...], str]:
    """«2x3x10» and «2x2x2:7» in the order of their numbers, then the targets with names."""
    return size[:1].isalpha(), tuple(map(int, re.findall(r"\d+", size))), size
