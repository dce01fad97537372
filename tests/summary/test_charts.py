"""Charts: what they say, equal bytes for equal rows, and no crash where there is nothing to show."""

import xml.etree.ElementTree as ET

import pytest

from stages.contract.rows.curves import PretrainingCurveRow, RefinementCurveRow, SearchCurveRow
from stages.summary import charts
from stages.summary.controls import comparisons
from stages.summary.ranks import RankRow
from stages.summary.speedups import Speedup
from stages.timing import Interval


def svg(chart) -> str:
    return charts.svg(charts.specification(chart))


def words(chart) -> str:
    """All text of the picture: it is stored as text and the picture is well-formed XML."""
    nodes = ET.fromstring(svg(chart)).iter("{http://www.w3.org/2000/svg}text")
    return " ".join("".join(node.itertext()) for node in nodes)


def data(chart) -> list[dict]:
    """All records of a chart, panel by panel; what panels share comes once."""
    return [record for values in charts.specification(chart)["datasets"].values() for record in values]


def rank_row(**ranks) -> RankRow:
    return RankRow(**{"size": "3x4x5", "ring": "Z2", "naive": 60, "alphatensor": None, "best_known": None} | ranks)


def search_row(**given) -> SearchCurveRow:
    blank = dict.fromkeys(SearchCurveRow.__annotations__) | {"round": 1, "rank_shares": ""}
    return SearchCurveRow(**blank | given)


def speed(implementation="abcdef01", kernel="2x2x2:7", n=512, dtype="float32", median=0.9, predicted=0.0) -> Speedup:
    interval = Interval(median, median - 0.1, median + 0.1)
    return Speedup(dtype, (n, n, n), "warm", 2, "cpu", kernel, implementation, "numpy", interval, predicted)


def learning(**changes):
    """Agent a has trained and plays 2x2x2 whole, 2x2x3 through window games alone; agent b has trained."""
    pretraining = {
        name: [PretrainingCurveRow(step, policy_loss=1 / step, value_loss=0.5) for step in (1, 2)] for name in "ab"
    }
    losses = {"policy_loss": 2.0, "value_loss": 0.25}
    played = (
        {
            "target": "2x2x2",
            "solved_share": 0.25,
            "rank_shares": "7:0.125 8:0.125",
            "rewritten_share": 0.5,
            "best_game": 8,
            "best_window": 7,
        },
        {"target": "2x2x3", "rewritten_share": 0.75, "best_window": 11},
    )
    rounds = ({"round": number, "games": 10 * number} for number in (1, 2))
    rows = [search_row(**losses | row | now | changes) for now in rounds for row in played]
    return charts.learning({"a": "Z2", "b": "Z"}, pretraining, {"a": rows, "b": []})


def refinement(*rows: tuple) -> dict:
    return {"first": [RefinementCurveRow(*row) for row in rows], "second": []}


def compared(tmp_path, *lines: str):
    path = tmp_path / "agent.csv"
    path.write_text("\n".join(["target,ring,start,variant,seed,aim,rank,ranks", *lines]))
    return charts.controls(comparisons(path))


CHARTS = {
    "ranks": lambda: charts.ranks([rank_row(verified=48, best_known=47), rank_row(ring="Z", imported=49)]),
    "learning": learning,
    "refinement": lambda: charts.refinement(refinement(("2x2x2", 0, 8, "Z2"), ("2x2x2", 90, 7, "Z"))),
    "speedups": lambda: charts.speedups([speed(), speed(n=1024, dtype="float64", predicted=1.2)]),
}


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
def test_equal_rows_give_equal_bytes(draw):
    assert svg(draw()) == svg(draw())
    assert charts.specification(draw()) == charts.specification(draw())


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: charts.ranks([]), "Nothing was found or imported"),
        (lambda: charts.learning({}, {}, {}), "No agent has learnt anything"),
        (lambda: charts.learning({"a": "Z"}, {"a": []}, {"a": []}), "No agent has learnt anything"),
        (lambda: learning(best_game=None, best_window=None), "No scheme was found"),
        (lambda: charts.controls([]), "Nothing was compared"),
        (lambda: charts.refinement({}), "No walk has found a scheme"),
        (lambda: charts.refinement(refinement()), "No walk has found a scheme"),
        (lambda: charts.speedups([]), "No kernel was timed"),
    ],
)
def test_nothing_to_show_is_said(draw, said):
    assert said in words(draw())


def test_ranks_name_size_ring_and_number():
    text = words(CHARTS["ranks"]())
    for part in ("3x4x5 over Z2", "3x4x5 over Z", "48 | 47 | 60", "– | – | 60", "AlphaTensor 2022", "%"):
        assert part in text


def test_losses_are_drawn_once_a_round_though_they_stand_in_the_row_of_each_target():
    found = sorted(
        (row["part"][:10], row["agent"], row["at"], row["loss"]) for row in data(learning()) if "loss" in row
    )
    assert [each for each in found if each[0] == "search: po"] == [("search: po", "a", at, 2.0) for at in (1, 2)]
    assert len(found) == 2 * 2 * 2 + 2 * 2  # two losses of two agents at two steps, and of one in two rounds


def test_learning_has_units_and_every_agent():
    text = words(learning())
    for part in ("a over Z2", "nats", "games and window games", "train steps", "%", "(products)"):
        assert part in text
    assert "b over Z" not in text  # it has not played


@pytest.mark.parametrize(
    ("column", "title"), [("solved_share", "games solved"), ("rewritten_share", "window games rewritten")]
)
def test_games_that_were_not_played_have_no_panel(column, title):
    assert title in words(learning())
    assert title not in words(learning(**{column: None}))


def test_games_at_the_lowest_rank_are_counted_where_none_ended_there_too():
    measured = [(0.5, "8:0.5"), (None, ""), (0.0, ""), (0.75, "7:0.25 8:0.5")]
    rows = [
        search_row(target="2x2x2", games=games, solved_share=share, rank_shares=shares)
        for games, (share, shares) in enumerate(measured)
    ]
    chart = charts.learning({"a": "Z"}, {"a": []}, {"a": rows})
    (panel,) = (panel for panel in chart.vconcat[0].hconcat if "lowest" in str(panel.title))
    assert [(row["games"], row["share"]) for row in panel.data.values] == [(0, 0.0), (2, 0.0), (3, 0.25)]


def test_one_kind_of_game_needs_no_legend_of_kinds():
    both, one = (charts.specification(learning(**changes))["vconcat"][1] for changes in ({}, {"best_window": None}))
    assert "strokeWidth" in both["hconcat"][-1]["encoding"]
    assert "strokeWidth" not in one["hconcat"][-1]["encoding"]


def test_best_ranks_are_given_by_games_and_by_windows():
    found = {(row["target"], row["by"], row["rank"]) for row in data(learning()) if "rank" in row}
    assert found == {("2x2x2", "games", 8), ("2x2x2", "window games", 7), ("2x2x3", "window games", 11)}


def test_best_ranks_are_drawn_where_they_change_and_at_the_end():
    ranks = [None, 9, 9, 8, 8, 8]
    rows = [search_row(target="2x2x2", games=games, best_game=rank) for games, rank in enumerate(ranks)]
    drawn = data(charts.learning({"a": "Z"}, {"a": []}, {"a": rows}))
    assert [(row["games"], row["rank"]) for row in drawn if "rank" in row] == [(1, 9), (3, 8), (5, 8)]


def test_many_rounds_are_drawn_as_means():
    shares = [0.25, 0.75, None, 0.5, *[None] * 6, *[1.0] * 111]  # 121 rounds: means of 3
    rows = [search_row(target="2x2x2", games=10 * place, solved_share=share) for place, share in enumerate(shares, 1)]
    chart = charts.learning({"a": "Z"}, {"a": []}, {"a": rows})
    drawn = [(row["games"], row["share"]) for row in data(chart) if "share" in row]
    assert [share for _, share in drawn] == [0.5, 0.5, *[1.0] * 38]
    assert [drawn[place][0] for place in (0, 1, 2, -1)] == [20, 50, 110, 1210]
    assert "mean of 3 rounds" in words(chart)


def test_refinement_has_a_panel_per_size_in_the_order_of_numbers():
    text = words(charts.refinement(refinement(*((f"2x2x{p}", 10**p, 4 * p, "Z2") for p in range(2, 11)))))
    places = [text.index(f"2x2x{p} ") for p in range(2, 11)]
    assert places == sorted(places)
    assert "first" in text


def test_flips_count_from_the_walks_first_scheme_of_a_size():
    drawn = data(charts.refinement(refinement(("2x2x2", 100, 8, "Z2"), ("2x2x2", 190, 7, "Z2"))))
    assert [(row["flips"], row["rank"]) for row in drawn] == [(1, 8), (91, 7)]


def test_losing_kernels_and_predictions_stay_in_the_picture():
    speeds = [speed(median=0.4), speed(n=1024, median=1.3, predicted=1.5), speed("12345678", median=0.5)]
    drawn = [row for row in data(charts.speedups(speeds)) if "median" in row]
    assert sorted((row["kind"], row["median"]) for row in drawn) == [
        ("measured", 0.4),
        ("measured", 0.5),
        ("measured", 1.3),
        ("predicted", 1.5),
    ]
    text = words(charts.speedups(speeds))
    for part in ("the library is faster", "2x2x2:7 (abcdef)", "2x2x2:7 (123456)", "float32", "2 threads", "512×512"):
        assert part in text


def test_controls_stand_beside_the_agent_with_their_hits(tmp_path):
    lines = [
        "agent,0,7,7,8 at 3; 7 at 25.5",
        "agent,1,7,8,8 at 4",
        "walk,0,7,7,7 at 0.5",
        "untrained,0,7,8,",
        "puct,0,7,7,",
    ]
    chart = compared(tmp_path, *(f"2x2x2,Z2,game,{line}" for line in lines))
    drawn = [(row["variant"], row["seed"], row["cpu_s"], row["rank"]) for row in data(chart)]
    assert drawn == [("agent", 0, 3.0, 8), ("agent", 0, 25.5, 7), ("agent", 1, 4.0, 8), ("walk", 0, 0.5, 7)]
    assert "agent 1/2, untrained 0/1, walk 1/1" in words(chart)
    assert "2x2x2 over Z2, games" in words(chart)
