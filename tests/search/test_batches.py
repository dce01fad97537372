"""What a round learns from: the schedule of the mix, best games in fresh bases, positions that are searched again."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.rules import rules_for
from stages.learning import buffers
from stages.learning.positions import Terms
from stages.planning.plan import Plan
from stages.search import batches as batches_lib
from stages.search.batches import draw_batches
from stages.search.selfplay import reanalyse
from stages.search.starts import Bases
from tests.agents import agent, settings, untrained
from tests.search.players import blank, reader_for, setup_for

PLAYER = agent("Z2", "1x1x2", "2x2x2", window="1x1x2", history=1)
NETWORK = untrained(PLAYER)
RULES = rules_for("Z2", "1x1x2")
STEPS, BATCH = 2, 20
OPTIMISER = {"batch": BATCH, "learning_rate": 0.001, "weight_decay": 0.0, "clip": 1.0}
NO_BEST = buffers.empty_best_games(RULES)


def _settings(**changes):
    return settings(train_steps=STEPS, optimiser=OPTIMISER, **changes)


def _again(network, states, key):
    """A planner that finds (1, 1), (1, 1), (1, 0)."""
    count = len(states.is_over)
    actions = jnp.tile(jnp.array([[[1, 1], [1, 1], [1, 0]]]), (count, 2, 1, 1))
    return Plan(actions, jnp.full((count, 2), 0.5), jnp.zeros(count, jnp.int32))


def _replay(count=30):
    """Own positions with the action (0, 1), (0, 1), (0, 1), worth -3 and -7 in turn."""
    blank = buffers.empty_replay(RULES, NETWORK.history).positions
    positions = jax.tree.map(lambda field: np.zeros((count, *field.shape[1:]), field.dtype), blank)
    positions.action[:] = (0, 1)
    positions.value[:] = np.where(np.arange(count) % 2, -7, -3)
    positions.is_solution[:] = True
    return buffers.Replay(positions, np.array([count]))


def _draw(folder: Path, given, round_number=0, replay=None, best=NO_BEST, player=PLAYER):
    setup = replace(setup_for(player, given, folder), planner=_again)
    changes = {"best": best, "round": round_number} | ({"replay": replay} if replay else {})
    return draw_batches(blank(setup, **changes), setup, jax.random.key(0))


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        # 20 rows less 4 of best games and 16, 14, 12, 10, 8, 6 demonstrations, then no fewer.
        ("some", [0, 2, 4, 6, 8, 10, 10, 10]),
        ("none", [4, 6, 8, 10, 12, 14, 14, 14]),  # own positions take the rows of best games
    ],
)
def test_own_rows_follow_the_schedule_of_the_demonstrations(tmp_path: Path, best, expected):
    given = _settings(demonstration_share=(0.8, 0.3), demonstration_rounds=5, best_share=0.2)
    own = []
    for round_number in range(8):
        batches = _draw(tmp_path, given, round_number, _replay(), {"some": BEST, "none": NO_BEST}[best])
        assert batches.terms.rank.shape == batches.is_own.shape == (STEPS, BATCH)
        counts = batches.is_own.sum(1)
        assert (counts == counts[0]).all()
        assert batches.is_own[:, BATCH - counts[0] :].all()  # the last rows
        own.append(int(counts[0]))
    assert own == expected


@pytest.mark.parametrize("rounds", [0, 1])
def test_without_own_positions_all_rows_are_demonstrations(tmp_path: Path, rounds):
    # A round of which every target was zero leaves no position.
    replay = _replay(0)._replace(sizes=np.zeros(rounds, int))
    batches = _draw(tmp_path, _settings(), round_number=1, replay=replay)
    assert batches.positions is None
    assert batches.is_own is None
    expected = reader_for(tmp_path, RULES).take(STEPS * BATCH, (STEPS, BATCH))
    jax.tree.map(np.testing.assert_array_equal, batches.terms, expected)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_own_positions_is_searched_again(tmp_path: Path, share):
    # Ten own rows of at most fourteen.
    given = _settings(demonstration_share=(0.3, 0.5), demonstration_rounds=1, best_share=0.2, reanalyse=share)
    batches = _draw(tmp_path, given, 1, _replay())
    assert batches.is_own.sum(1).tolist() == [10, 10]
    own = jax.tree.map(lambda part: part[:, -10:], batches.positions)
    fresh = (np.asarray(own.action) == [[1, 1], [1, 1], [1, 0]]).all((2, 3))
    assert fresh.sum(1).tolist() == [10 * share] * STEPS
    assert (own.action[~fresh] == (0, 1)).all()
    assert set(own.value.ravel()) == {-3.0, -7.0}  # the returns that were obtained


def test_with_all_searched_again_and_no_games_the_positions_are_of_demonstrations(tmp_path: Path):
    given = _settings(demonstration_share=(0.5, 0.3), best_share=0.2, reanalyse=1.0)
    batches = _draw(tmp_path, given)
    assert batches.is_own.sum(1).tolist() == [10, 10]
    own = jax.tree.map(lambda part: part[:, -10:], batches.positions)
    assert (np.asarray(own.action) == [[1, 1], [1, 1], [1, 0]]).all()
    assert set(own.value.ravel()) == {-1.0, -2.0}  # the returns of terms of rank two
    assert own.state.residual.any((2, 3, 4)).mean() > 0.8  # two equal terms cancel each other


def test_stored_positions_are_searched_in_the_types_of_the_game():
    # The replay keeps int8, and mctx would write int32 residuals into arrays of the first states' type.
    seen = []

    def plan(network, states, key):
        seen.append([part.dtype for part in states])
        return _again(network, states, key)

    reanalyse(NETWORK, jax.tree.map(lambda field: field[:4], _replay().positions), jax.random.key(0), plan)
    assert seen == [[jnp.int32, jnp.int32, bool, jnp.int32]]


GAMES = np.zeros((2, 2, 3, 2), int)
GAMES[0] = [[[1, 0], [1, 0], [1, 0]], [[1, 0], [0, 1], [0, 1]]]
GAMES[1, 0] = [[1, 1], [1, 0], [0, 1]]
BEST = buffers.BestGames(Terms(GAMES, np.array([2, 1])), np.array([0, 2]), np.array([2, -1]))


def _with_bases(monkeypatch, matrices):
    seen = []

    def draw(rng, rules, modes, density):
        seen.append(modes)
        return Bases(*[np.tile(matrices, (len(modes), 3, 1, 1))] * 2)

    monkeypatch.setattr(batches_lib, "draw_bases", draw)
    return seen


def test_best_games_take_their_rows_in_their_bases(tmp_path: Path, monkeypatch):
    seen = _with_bases(monkeypatch, np.array([[0, 1], [1, 0]]))
    # Ten demonstrations, six best games, four own positions.
    given = _settings(demonstration_share=(0.5, 0.5), best_share=0.3)
    batches = _draw(tmp_path, given, 0, _replay(), BEST)
    assert batches.is_own.sum(1).tolist() == [4, 4]
    terms, rank = np.asarray(batches.terms.terms), np.asarray(batches.terms.rank)
    permuted = GAMES[..., ::-1]
    which = rank[:, 10:16] == 1
    assert 0 < which.sum() < which.size
    np.testing.assert_array_equal(terms[:, 10:16], permuted[which.astype(int)])
    assert set(rank[:, 10:16].ravel()) == {1, 2}
    demonstrations = reader_for(tmp_path, RULES).take(0, (STEPS, BATCH))
    for rows in (slice(10), slice(16, None)):
        np.testing.assert_array_equal(terms[:, rows], demonstrations.terms[:, rows])
    # 1x1x2 has axes of 1, 2 and 2; a window has all of its own.
    assert {tuple(modes) for modes in seen[0].tolist()} == {(1, 2, 2), (2, 2, 2)}


def test_a_best_game_that_its_basis_takes_out_of_the_action_space_is_learnt_as_it_is(tmp_path: Path, monkeypatch):
    player = agent("Z", "1x1x2", history=1)
    _with_bases(monkeypatch, np.array([[3, 0], [0, 1]]))
    given = _settings(demonstration_share=(0.0, 0.0), best_share=1.0)
    kept = GAMES[0].copy()
    kept[1, 1:] *= -1  # the same term; actions have the sign in w
    # The other does not fit in any basis that is tried.
    games = Terms(np.stack([kept, 3 * GAMES[1]]), np.array([2, 1]))
    batches = _draw(tmp_path, given, best=buffers.BestGames(games, np.array([0, 1]), np.array([2, 0])), player=player)
    own = (batches.terms.terms == GAMES[0]).all((2, 3, 4))
    assert 0 < own.sum() < own.size
    assert (batches.terms.rank[own] == 2).all()
    demonstrations = reader_for(tmp_path, rules_for("Z", "1x1x2")).take(0, (STEPS, BATCH))
    jax.tree.map(
        lambda one, other: np.testing.assert_array_equal(one[~own], other[~own]), batches.terms, demonstrations
    )
