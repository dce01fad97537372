"""Figures: what they say, equal bytes for equal rows, and no crash where there is nothing to show."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from stages.summary import figures
from stages.summary.ranks import COLUMNS
from stages.summary.speedups import Speedup
from stages.timing import Interval


def words(figure) -> str:
    """All text of the picture: it is stored as text and the picture is well-formed XML."""
    return " ".join(
        "".join(node.itertext()) for node in ET.fromstring(figures.svg(figure)).iter() if node.tag.endswith("}text")
    )


def rank_row(**ranks) -> dict:
    return dict.fromkeys(COLUMNS) | {"size": "3x4x5", "ring": "Z2", "naive": 60} | ranks


def speed(arm="abcdef01", kernel="2x2x2:7", n=512, dtype="float32", median=0.9) -> Speedup:
    return Speedup(dtype, (n, n, n), 2, "cpu", kernel, arm, "numpy", Interval(median, median - 0.1, median + 0.1))


def learning(rank: int | None):
    pretraining = {
        name: [{"step": step, "policy_loss": 1 / step, "value_loss": 0.5} for step in (1, 2)] for name in "ab"
    }
    row = {"target": "2x2x2", "solved_share": 0.25, "best_rank": rank}
    return figures.draw_learning(pretraining, {"a": [row | {"games": games} for games in (10, 20)], "b": []})


def refinement(*rows: tuple) -> dict:
    return {"first": [dict(zip(("size", "flips", "rank", "ring"), row, strict=True)) for row in rows], "second": []}


FIGURES = {
    "ranks": lambda: figures.draw_ranks([rank_row(verified=48, best_known=47), rank_row(ring="Z", imported=49)]),
    "learning": lambda: learning(7),
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
        (lambda: figures.draw_learning({}, {}), "No agent has learnt anything"),
        (lambda: figures.draw_learning({"a": []}, {"a": []}), "No agent has learnt anything"),
        (lambda: learning(None), "No game was solved"),
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
    text = words(FIGURES["learning"]())
    for part in ("agent a", "agent b", "agent a, 2x2x2", "nats", "games played", "train steps", "(%)"):
        assert part in text


def test_refinement_has_a_panel_per_size():
    text = words(figures.draw_refinement(refinement(*((f"2x2x{p}", 10**p, 4 * p, "Z2") for p in range(2, 11)))))
    assert [text.index(f"2x2x{p} ") for p in range(2, 10)] == sorted(text.index(f"2x2x{p} ") for p in range(2, 10))
    assert "walk first" in text
    assert "over Z" in text


def test_losing_kernels_stay_in_the_picture():
    figure = figures.draw_speedups([speed(median=0.4), speed(n=1024, median=1.3), speed(arm="12345678", median=0.5)])
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
