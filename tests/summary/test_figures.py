"""Figures: what they say, equal bytes for equal rows, and no crash where there is nothing to show."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from stages.contract.rows.curves import PretrainingCurveRow, RefinementCurveRow, SearchCurveRow
from stages.summary import figures
from stages.summary.ranks import RankRow
from stages.summary.speedups import Speedup
from stages.timing import Interval


def words(figure) -> str:
    """All text of the picture: it is stored as text and the picture is well-formed XML."""
    return " ".join(
        "".join(node.itertext()) for node in ET.fromstring(figures.svg(figure)).iter() if node.tag.endswith("}text")
    )


def rank_row(**ranks) -> RankRow:
    return RankRow(**{"size": "3x4x5", "ring": "Z2", "naive": 60, "alphatensor": None, "best_known": None} | ranks)


def search_row(**given) -> SearchCurveRow:
    return SearchCurveRow(**dict.fromkeys(SearchCurveRow.__annotations__) | {"round": 1} | given)


def speed(implementation="abcdef01", kernel="2x2x2:7", n=512, dtype="float32", median=0.9) -> Speedup:
    interval = Interval(median, median - 0.1, median + 0.1)
    return Speedup(dtype, (n, n, n), "warm", 2, "cpu", kernel, implementation, "numpy", interval)


def learning(**changes):
    """Agent a has trained and plays 2x2x2 whole, 2x2x3 through window games alone; agent b has trained."""
    pretraining = {
        name: [PretrainingCurveRow(step, policy_loss=1 / step, value_loss=0.5) for step in (1, 2)] for name in "ab"
    }
    losses = {"policy_loss": 2.0, "value_loss": 0.25}
    played = (
        {"target": "2x2x2", "solved_share": 0.25, "rewritten_share": 0.5, "best_game": 8, "best_window": 7},
        {"target": "2x2x3", "rewritten_share": 0.75, "best_window": 11},
    )
    rows = [search_row(**losses | row | {"games": games} | changes) for games in (10, 20) for row in played]
    return figures.draw_learning({"a": "Z2", "b": "Z"}, pretraining, {"a": rows, "b": []})


def refinement(*rows: tuple) -> dict:
    return {"first": [RefinementCurveRow(*row) for row in rows], "second": []}


FIGURES = {
    "ranks": lambda: figures.draw_ranks([rank_row(verified=48, best_known=47), rank_row(ring="Z", imported=49)]),
    "learning": learning,
    "refinement": lambda: figures.draw_refinement(refinement(("2x2x2", 0, 8, "Z2"), ("2x2x2", 90, 7, "Z"))),
    "speedups": lambda: figures.draw_speedups([speed(), speed(n=1024, dtype="float64")]),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_equal_rows_give_equal_bytes(draw):
    first = figures.svg(draw())
    assert first == figures.svg(draw())
    assert "<dc:date>" not in first


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: figures.draw_ranks([]), "Nothing was searched"),
        (lambda: figures.draw_learning({}, {}, {}), "No agent has learnt anything"),
        (lambda: figures.draw_learning({"a": "Z"}, {"a": []}, {"a": []}), "No agent has learnt anything"),
        (lambda: learning(solved_share=None), "No whole target was played"),
        (lambda: learning(rewritten_share=None), "No window game was played"),
        (lambda: learning(best_game=None, best_window=None), "No scheme was found"),
        (lambda: learning(policy_loss=None), "No train step"),
        (lambda: figures.draw_refinement({}), "No walk has found a scheme"),
        (lambda: figures.draw_refinement(refinement()), "No walk has found a scheme"),
        (lambda: figures.draw_speedups([]), "No kernel was timed"),
    ],
)
def test_nothing_to_show_is_said(draw, said):
    assert said in words(draw())


def test_ranks_name_size_ring_and_number():
    text = words(FIGURES["ranks"]())
    for part in ("3x4x5 over Z2", "3x4x5 over Z", "48", "47", "60", "49", "AlphaTensor 2022", "%"):
        assert part in text.replace("  ", " ")


def test_row_without_any_rank_is_drawn():
    assert "3x4x5" in words(figures.draw_ranks([rank_row()]))


def test_learning_has_units_and_every_agent():
    text = words(learning())
    for part in ("agent a", "agent b", "nats", "games and window games", "train steps", "%", "(products)"):
        assert part in text
    assert "No " not in text


def test_learning_gives_ranks_by_games_and_by_windows_with_their_ring():
    text = " ".join(words(learning()).split())
    assert "a over Z2: best rank by games | by windows" in text
    assert "2x2x2: 8 | 7" in text
    assert "2x2x3: – | 11" in text
    assert "b over Z" not in text  # it has not played


def test_learning_draws_each_column_in_its_panel():
    (policy, value), (solved, rewritten, best) = (learning().axes[start:end] for start, end in ((2, 4), (4, 7)))
    shown = {
        panel: [tuple(line.get_ydata()) for line in panel.lines if np.isfinite(line.get_ydata()).any()]
        for panel in (policy, value, solved, rewritten, best)
    }
    assert list(shown.values()) == [
        [(2.0, 2.0)],  # once a round, though it stands in the row of each target
        [(0.25, 0.25)],
        [(0.25, 0.25)],
        [(0.5, 0.5), (0.75, 0.75)],
        [(8, 8), (7, 7), (11, 11)],
    ]


def test_many_rounds_are_drawn_as_means():
    shares = [0.25, 0.75, None, 0.5, *[None] * 6, *[1.0] * 111]  # 121 rounds: means of 3
    rows = [search_row(target="2x2x2", games=10 * place, solved_share=share) for place, share in enumerate(shares, 1)]
    figure = figures.draw_learning({"a": "Z"}, {"a": []}, {"a": rows})
    (line,) = figure.axes[4].lines
    np.testing.assert_allclose(line.get_ydata(), [0.5, 0.5, np.nan, *[1.0] * 38])
    np.testing.assert_allclose(line.get_xdata()[[0, 1, -1]], [20, 50, 1210])
    assert "solved, mean of 3 rounds" in words(figure)


def test_targets_differ_in_colour_or_line():
    targets = [f"2x2x{p}" for p in range(2, 12)]
    rows = [search_row(games=1, target=target, rewritten_share=0.5) for target in targets]
    panel = figures.draw_learning({"a": "Z"}, {"a": []}, {"a": rows}).axes[5]
    assert len({(line.get_color(), line.get_linestyle()) for line in panel.lines}) == len(targets)


def test_refinement_has_a_panel_per_size():
    text = words(figures.draw_refinement(refinement(*((f"2x2x{p}", 10**p, 4 * p, "Z2") for p in range(2, 11)))))
    assert [text.index(f"2x2x{p} ") for p in range(2, 10)] == sorted(text.index(f"2x2x{p} ") for p in range(2, 10))
    assert "walk first" in text
    assert "over Z" in text


def test_losing_kernels_stay_in_the_picture():
    speeds = [speed(median=0.4), speed(n=1024, median=1.3), speed(implementation="12345678", median=0.5)]
    figure = figures.draw_speedups(speeds)
    (axis,) = figure.axes
    bottom, top = axis.get_ylim()
    assert bottom < 0.3
    assert top > 1.4
    text = words(figure)
    for part in (
        "the library is faster",
        "2x2x2:7 (abcdef)",
        "2x2x2:7 (123456)",
        "float32",
        "2 threads",
        "512",
        "1024",
    ):
        assert part in text
    heights = np.concatenate([bars.lines[0].get_ydata() for bars in axis.containers])
    np.testing.assert_allclose(np.sort(heights), [0.4, 0.5, 1.3])


def test_no_two_kernels_look_alike():
    kernels = [speed(implementation=f"{number:08x}", kernel=f"2x2x{number + 2}:7") for number in range(20)]
    (axis,) = figures.draw_speedups(kernels).axes
    looks = {(drawn[0].get_marker(), drawn[0].get_color()) for drawn in axis.containers}
    assert len(looks) == len(axis.containers) == len(kernels)
