"""Games that a search hands on: what a table says of them, who can learn from it, and what is learnt from it."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from stages.algebra.targets import parse_target
from stages.contract import tables
from stages.contract.rows.games import GAMES
from stages.errors import TableError
from stages.game.rules import rules_for
from stages.learning import spans
from stages.network.agent import read_leaves, write_parameters
from stages.search import games as games_lib
from stages.search import played as played_lib
from stages.search.games import games_of, read_games, record, write_games
from stages.search.played import draw_played
from stages.search.round import play_round as play_entries
from stages.search.setup import set_up
from stages.search.spans import play_round
from stages.search.state import blank_state, round_key
from tests.agents import agent as entries_agent
from tests.agents import settings, span_agent, untrained
from tests.search.players import setup_for
from tests.search.test_span_search import setup_of, with_search

RULES = rules_for("Z2", "1x1x2")
TARGET = parse_target("1x1x2")
# The standard algorithm of 1x1x2, and one move of it: modes of 1, 2 and 2 entries.
SOLVED = np.array([[[1, 0], [1, 0], [1, 0]], [[1, 0], [0, 1], [0, 1]]], np.int8)


def table_of(path, player, *rows, count=(2, 1), left=(0, 1), is_line=False):
    moves = np.stack([SOLVED, SOLVED * [[[1]], [[0]]]])[list(rows)]
    games = games_of(np.zeros(len(rows)), np.take(count, rows), np.take(left, rows), moves, RULES, is_line=is_line)
    write_games(path, games, player, {"1x1x2": TARGET})
    return path


@pytest.mark.parametrize(("ring", "symmetry"), [("Z2", "none"), ("Z", "none"), ("Z2", "cyclic")])
def test_what_a_round_played_is_read_by_another_agent_as_it_was(tmp_path, ring, symmetry):
    name = "2x2x2" if symmetry == "cyclic" else "1x2x2"
    setup = setup_of(tmp_path, name, ring=ring, symmetry=symmetry)
    state = blank_state(setup, untrained(setup.agent))
    for number in range(2):
        state, report = play_round(state, round_key(setup, number), setup)
    own = state.record
    alone = ~own.is_line
    assert alone.sum() == 8  # four games a round
    ends = np.where(own.left == 0, own.count, 0)[alone][4:]
    if symmetry == "none":
        np.testing.assert_array_equal(ends, report.ends[name])
    path = tmp_path / "games.parquet"
    write_games(path, own, setup.agent, setup.targets)
    assert [row.round for row in tables.read(path, GAMES)] == own.round.tolist()
    other = span_agent("1x1x1", name, ring=ring, symmetry=symmetry, window=name)
    targets = {each: parse_target(each) for each in other.targets}
    found = read_games(path, other, targets)
    assert found.round.tolist() == (own.round - 2).tolist()
    assert set(found.target) == {1}
    for field in ("is_line", "count", "left", "moves"):
        np.testing.assert_array_equal(getattr(found, field), getattr(own, field))
    solved = games_lib.best_of(found, symmetry)
    assert solved.games.rank.tolist() == own.count[own.left == 0].tolist()


def test_games_of_an_agent_that_spells_are_in_the_basis_of_their_target(tmp_path):
    player = entries_agent("Z2", "1x1x2", "1x2x2", window="1x2x2")
    setup = setup_for(player, settings(games=16, train_steps=0), tmp_path)
    state, report = play_entries(blank_state(setup, untrained(player)), round_key(setup, 0), setup)
    solved = sum((ranks > 0).sum() for ranks in report.ends.values())
    assert 0 < solved == (state.record.left == 0).sum()
    assert len(state.record.left) == 16
    path = tmp_path / "games.parquet"
    write_games(path, state.record, player, setup.targets)
    assert {row.planner for row in tables.read(path, GAMES)} == {"one_ply"}
    offline = settings(games=0, best_share=0.5, data="results/search/games/x.parquet")
    spans_too = span_agent("1x1x2", "1x2x2")
    for reader in (player.model_copy(update={"search": offline}), spans_too):
        games = read_games(path, reader, {name: parse_target(name) for name in reader.targets})
        assert len(games.left) == 16
    setup = set_up("y", player.model_copy(update={"search": offline}), setup.reader, games=path)
    state = blank_state(setup, untrained(player))
    assert len(state.best.kind) == min(10, (games.target == 0).sum()) + min(10, (games.target == 1).sum())
    after, report = play_entries(state, round_key(setup, 0), setup)
    assert report.ends == {}
    assert after.games == 0
    assert report.losses


@pytest.mark.parametrize(
    ("reader", "change", "message"),
    [
        (span_agent("1x1x2", ring="Z"), {}, "game 0: expected one over Z with symmetry none, got one over Z2 with"),
        (span_agent("1x2x2"), {}, r"expected games of one of \['1x2x2'\], got 2 games, none of these"),
        (span_agent("1x1x2"), {"left": (0, 0)}, "game 1: expected cost 1 and 0 left, got moves that cost 1 and do not"),
        (span_agent("1x1x2"), {"left": (1, 1)}, "game 0: expected cost 2 and 1 left, got moves that cost 2 and solve"),
        (span_agent("1x1x2"), {"coefficient": 2}, r"game 0: expected coefficients of \[0, 1\], got 2"),
        (
            span_agent("1x1x2"),
            {"twice": True},
            "game 0: expected at most 2 moves of 3 x 2 coefficients, got 24 numbers",
        ),
    ],
)
def test_games_that_do_not_fit_are_told_in_one_line(tmp_path, reader, change, message):
    path = table_of(tmp_path / "games.parquet", span_agent("1x1x2"), 0, 1, left=change.get("left", (0, 1)))
    rows = tables.read(path, GAMES)
    moves = np.where(rows[0].moves == 1, change.get("coefficient", 1), 0).astype(np.int8)
    first = replace(rows[0], moves=np.tile(moves, 1 + change.get("twice", False)))
    tables.write(path, GAMES, [first, *rows[1:]])
    with pytest.raises(TableError, match=f"{path}: {message}") as caught:
        read_games(path, reader, {name: parse_target(name) for name in reader.targets})
    assert "\n" not in str(caught.value)


def test_the_newest_own_games_stay_and_those_of_others(monkeypatch):
    monkeypatch.setattr(games_lib, "MOST_BYTES", 3 * SOLVED.nbytes)
    one = np.zeros(1)
    others = games_of(one, one + 2, one, SOLVED[None], RULES)._replace(round=np.array([-1], np.int32))
    held = others
    for number in range(4):
        held = record(
            held, games_of(np.zeros(2), np.array([2, 1]), np.arange(2), np.stack([SOLVED, SOLVED]), RULES), number
        )
    assert held.round.tolist() == [-1, 2, 3, 3]
    assert held.left.tolist() == [0, 1, 0, 1]


def offline(tmp_path, **changes):
    path = table_of(tmp_path / "games.parquet", span_agent("1x1x2"), 0, 1)
    setup = setup_of(tmp_path, "1x1x2")
    setup = with_search(setup, games=0, own_share=0.0, data="results/search/games/x.parquet", **changes)
    return replace(setup, data=read_games(path, setup.agent, setup.targets))


def test_offline_nothing_is_played_and_others_games_alone_are_learnt(tmp_path, monkeypatch):
    setup = offline(tmp_path, played_share=1.0, rounds=5)
    taken = []
    monkeypatch.setattr(setup.reader, "take", lambda first, shape: taken.append(shape) or reader.take(first, shape))
    reader = setup_of(tmp_path, "1x1x2").reader
    state = blank_state(setup, untrained(setup.agent))
    before = jax.tree.leaves(state.train.network)
    for number in range(4):  # more than `replay_rounds`
        state, report = play_round(state, round_key(setup, number), setup)
        assert report.ends == {}
        assert not report.found
        assert report.losses["value"] > 0
    assert state.games == 0
    assert taken == [(0,)] * 4
    assert state.record.round.tolist() == [-1, -1]
    assert any((new != old).any() for new, old in zip(jax.tree.leaves(state.train.network), before, strict=True))


def test_states_that_are_searched_again_have_moves_of_the_network_and_returns_that_shorten_with_age(
    tmp_path, monkeypatch
):
    setup = offline(tmp_path, played_share=1.0)
    state = blank_state(setup, untrained(setup.agent))
    whole = draw_played(state, setup, np.random.default_rng(0), 64)
    assert set(whole.values) == {-2, -1}  # 1x1x2 whole, and one move after; the failed game counts 1 for what is left
    assert {tuple(action) for action in whole.actions} == {(1, 1, 1), (1, 2, 2), (spans.NO_VECTOR,) * 3}
    again = with_search(setup, reanalyse=1.0)
    monkeypatch.setattr(played_lib, "assess", lambda network, seen, risk: (np.full(len(seen), -7.0 * risk), None))
    fresh = draw_played(state, again, np.random.default_rng(0), 64)  # of age 1, so that n is 1 of 2
    np.testing.assert_array_equal(fresh.residuals, whole.residuals)
    # One move of the solved game and then the network; the failed game ends within it.
    is_start = (whole.values == -2) & (whole.actions[:, 0] == 1)
    np.testing.assert_array_equal(fresh.values, np.where(is_start, -1 - 7, whole.values))
    assert (fresh.actions != spans.NO_VECTOR).all()  # failed games have examples too
    own = state.record._replace(round=np.zeros(2, np.int32))
    np.testing.assert_array_equal(
        draw_played(replace(state, record=own), again, np.random.default_rng(0), 64).values, whole.values
    )
    half = with_search(setup, reanalyse=0.5)
    some = draw_played(state, half, np.random.default_rng(0), 64)
    np.testing.assert_array_equal(some.values[32:], whole.values[32:])
    np.testing.assert_array_equal(some.values[:32], fresh.values[:32])


def test_adam_goes_on_with_the_moments_of_the_pretraining(tmp_path):
    setup = with_search(setup_of(tmp_path, "1x1x2"), rounds=1)
    network = untrained(setup.agent)
    fresh = setup.optimiser.init(network)
    write_parameters(tmp_path / "optimiser.parquet", jax.tree.map(lambda leaf: leaf + 1, fresh))
    moments = read_leaves(tmp_path / "optimiser.parquet", jax.eval_shape(setup.optimiser.init, network))

    def weights(*moments):
        state, _ = play_round(blank_state(setup, network, *moments), round_key(setup, 0), setup)
        return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state.train.network)]

    assert weights() == weights(fresh) != weights(moments)
