"""Losses by hand, positions and values to go, buffers, the reader's rounds."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.errors import TableError, TrainingError
from stages.game.rules import Rules
from stages.game.tensor_game import State, start
from stages.game.tokens import canonical
from stages.learning import buffers
from stages.learning import train as train_lib
from stages.learning.checkpoint import pack, unpack
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.losses import quantile_huber
from stages.learning.positions import Position, Terms, draw_position
from stages.learning.train import Batch, Losses, TrainState, make_optimiser, mean_losses, train_steps
from stages.params.agents import Optimiser
from tests.agents import agent, untrained
from tests.examples import strassen

RULES = Rules("Z2", 4, 8)


def test_quantile_huber_by_hand():
    # Levels 1/4 and 3/4. Target 0: delta = target - quantile = (2, -0.5).
    # Huber: 2 - 0.5 = 1.5 and 0.5 * 0.25 = 0.125. Weights |1/4 - 0| = 1/4 and |3/4 - 1| = 1/4.
    # Mean of 0.375 and 0.03125.
    loss = quantile_huber(jnp.array([-2.0, 0.5]), jnp.array(0.0))
    assert float(loss) == pytest.approx((0.375 + 0.03125) / 2)


def test_the_fitted_quantile_is_the_quantile():
    samples = jnp.linspace(0.0, 100.0, 1001)
    grid = jnp.linspace(0.0, 100.0, 401)
    loss = jax.jit(jax.vmap(lambda q: jnp.mean(jax.vmap(partial(quantile_huber, q[None]))(samples))))
    losses = loss(grid)
    # One quantile has level 1/2: the median.
    assert float(grid[jnp.argmin(losses)]) == pytest.approx(50.0, abs=0.5)


def _strassen(ring):
    terms = np.zeros((8, 3, 4), np.int8)
    terms[:7] = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    return terms % 2 if ring == "Z2" else terms


@pytest.fixture(scope="module", params=[("Z2", 3), ("Z", 10)], ids=["Z2", "Z"])
def drawn(request):
    """Positions of Strassen's scheme, with a history shorter than a game or longer."""
    ring, history = request.param
    given = Terms(jnp.asarray(_strassen(ring)), jnp.int32(7))
    draw = jax.jit(jax.vmap(partial(draw_position, given, rules=Rules(ring, 4, 8), history=history)))
    return ring, history, jax.tree.map(np.asarray, draw(jax.random.split(jax.random.key(0), 400)))


def test_positions_of_a_solved_game(drawn):
    ring, _, draws = drawn
    left = -draws.value
    assert set(left) == set(range(1, 8))  # values are to go, never 0, never the cost so far
    every = {action.tobytes() for action in _strassen(ring)[:7]}
    played = {action.astype(np.int8).tobytes() for action in draws.action}
    assert played == every  # every order of the terms is a game
    one = np.flatnonzero(left == 1)
    last = np.einsum("bi,bj,bk->bijk", *np.moveaxis(draws.action[one], 1, 0))
    np.testing.assert_array_equal(draws.state.residual[one], last % 2 if ring == "Z2" else last)
    assert (draws.state.moves_left >= left).all()
    assert draws.state.moves_left.max() == RULES.max_rank
    assert draws.is_solution.all()


def test_the_history_of_a_position_is_what_was_played(drawn):
    ring, history, draws = drawn
    terms = _strassen(ring)
    target = np.einsum("ri,rj,rk->ijk", *np.moveaxis(terms.astype(int), 1, 0))
    known = {term.tobytes() for term in terms[:7]}
    for residual, played, action, value in zip(
        draws.state.residual, draws.state.history, draws.action, draws.value, strict=True
    ):
        count = 7 + int(value)
        assert not played[min(count, history) :].any()
        recent = {term.astype(np.int8).tobytes() for term in played[:count]}
        assert len(recent) == min(count, history)  # no term twice
        assert recent <= known - {action.astype(np.int8).tobytes()}
        if count <= history:
            left = target - np.einsum("ri,rj,rk->ijk", *np.moveaxis(played, 1, 0))
            np.testing.assert_array_equal(residual, left % 2 if ring == "Z2" else left)


def _positions(values, is_solution=True):
    count = len(values)
    blank = np.zeros((count, 0, 3, 4), int)
    state = State(np.zeros((count, 4, 4, 4), int), np.full(count, 8), np.zeros(count, bool), blank)
    solutions = np.full(count, is_solution)
    return Position(state, np.ones((count, 3, 4), int), np.array(values, np.float32), solutions)


def test_replay_forgets_the_oldest_rounds_first():
    replay = buffers.empty_replay(RULES, history=0)
    for round_number, count in enumerate([3, 1, 2, 4]):
        replay = buffers.remember(replay, _positions([-round_number] * count), rounds=2)
    assert replay.sizes.tolist() == [2, 4]
    assert replay.positions.value.tolist() == [-2, -2, -3, -3, -3, -3]
    drawn = buffers.draw(replay, np.random.default_rng(0), (50, 4))
    assert drawn.value.shape == (50, 4)
    assert set(drawn.value.ravel()) == {-2.0, -3.0}


def test_best_games_keep_the_lowest_costs_of_each_kind_and_the_newest_of_those():
    best = buffers.empty_best_games(RULES)

    def games(costs, kinds, marks):
        terms = np.zeros((len(costs), 8, 3, 4), int)
        terms[:, 0, 0, 0] = marks
        return buffers.BestGames(Terms(terms, np.full(len(costs), 3)), np.array(kinds), np.array(costs))

    # Window games cost at most 0, games of whole targets their rank: only equal kinds compare.
    best = buffers.keep_best(best, games([8, 7, 8, -1], [0, 0, 1, 2], [1, 2, 3, 4]), capacity=2)
    assert best.games.terms[:, 0, 0, 0].tolist() == [1, 2, 3, 4]
    best = buffers.keep_best(best, games([7, 7, 0], [0, 0, 2], [5, 6, 7]), capacity=2)
    assert best.games.terms[:, 0, 0, 0].tolist() == [3, 4, 5, 6, 7]  # in order of arrival
    assert best.kind.tolist() == [1, 2, 0, 0, 2]
    assert best.cost.tolist() == [8, -1, 7, 7, 0]
    drawn = buffers.draw_best(best, np.random.default_rng(0), 100)
    assert set(drawn.games.terms[:, 0, 0, 0]) == {3, 4, 5, 6, 7}
    assert (drawn.cost == np.array([0, 0, 0, 8, -1, 7, 7, 0])[drawn.games.terms[:, 0, 0, 0]]).all()


def _demonstrations(path: Path, count: int, max_rank: int = 8) -> np.ndarray:
    terms = np.random.default_rng(0).integers(0, 2, (count, max_rank * 3 * 4)).astype(np.int8)
    tables.write_columns(path, DEMONSTRATIONS, {"rank": np.full(count, 3, np.int16), "terms": list(terms)})
    return terms.reshape(count, max_rank, 3, 4)


def test_the_reader_goes_round_and_across_row_groups(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP", 4)
    terms = _demonstrations(tmp_path / "d.parquet", 10)
    reader = DemonstrationReader(tmp_path / "d.parquet", RULES)
    for first in (0, 3, 9, 25):
        taken = reader.take(first, (3, 2))
        np.testing.assert_array_equal(taken.terms.reshape(6, 8, 3, 4), terms[(first + np.arange(6)) % 10])
    assert reader.take(5, (4, 0)).rank.shape == (4, 0)


def test_demonstrations_of_another_agent_are_refused(tmp_path: Path):
    _demonstrations(tmp_path / "d.parquet", 10, max_rank=6)
    with pytest.raises(TableError, match=r"d\.parquet: expected terms of \[8, 3, 4\]"):
        DemonstrationReader(tmp_path / "d.parquet", RULES).take(0, (1,))


def _train_state(learning_rate=0.01):
    settings = Optimiser(batch=8, learning_rate=learning_rate, weight_decay=0.0, clip=1.0)
    optimiser = make_optimiser(settings, None)
    network = untrained(agent("Z2", "2x2x2", width=16, entries_per_token=4))
    return TrainState(network, optimiser.init(network)), optimiser


STEPS, BATCH = 60, 8
ACTION = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], np.int8)


def _one_term():
    terms = np.zeros((STEPS, BATCH, 8, 3, 4), np.int8)
    terms[:, :, 0] = ACTION
    return Terms(terms, np.ones((STEPS, BATCH), np.int32))


def _batches(positions):
    return jax.tree.map(lambda x: np.broadcast_to(x[None], (STEPS, *x.shape)), positions)


def _rows(first):
    """The rows from `first` on are own positions."""
    return np.tile(np.arange(BATCH) >= first, (STEPS, 1))


def test_training_learns_one_position_from_terms_and_one_from_games():
    state, optimiser = _train_state()
    own = _batches(_positions([-4.0] * BATCH))
    first = None
    for key in jax.random.split(jax.random.key(1), 5):
        state, losses = train_steps(state, Batch(_one_term(), own, _rows(5)), key, optimiser)
        first = first if first is not None else losses
    assert float(first.policy[0]) > 5.0  # a uniform policy: log 15^3 = 8.1
    assert float(losses.policy[-1]) < 0.1
    assert float(losses.value[-1]) < 0.05
    np.testing.assert_allclose(losses.total, losses.policy + losses.value, rtol=1e-5)
    # Both kinds were learnt: the term of rank one is worth -1, the blank position of the games -4.
    value = jax.jit(lambda network, state: network.value(network.embed(state)).mean())
    blank = start(jnp.zeros((4, 4, 4), jnp.int32), jnp.int32(8), history=0)
    one = blank._replace(residual=jnp.einsum("i,j,k->ijk", *jnp.asarray(ACTION, jnp.int32)))
    assert float(value(state.network, one)) == pytest.approx(-1, abs=0.3)
    assert float(value(state.network, blank)) == pytest.approx(-4, abs=0.3)


def test_the_policy_learns_from_solutions_alone():
    first = {}
    for solutions in (BATCH, 3, 0):
        state, optimiser = _train_state()
        before = np.array(state.network.policy.embeddings)  # a copy: the step takes the state
        own = _batches(_positions([-4.0] * BATCH, is_solution=np.arange(BATCH) < solutions))
        state, losses = train_steps(state, Batch(_one_term(), own, _rows(0)), jax.random.key(1), optimiser)
        first[solutions] = float(losses.policy[0])
        assert (np.asarray(state.network.policy.embeddings) != before).any() == (solutions > 0)
        assert float(losses.value[0]) > 0.0
    # All rows are alike, so the mean over the solutions does not depend on their number.
    assert first[BATCH] == pytest.approx(first[3], rel=1e-4)
    assert first[3] > 5.0
    assert first[0] == 0.0


def test_rows_that_are_not_own_ignore_the_positions_beside_them():
    ends = []
    for values in ([-4.0] * BATCH, [-9.0] * BATCH):
        state, optimiser = _train_state()
        batch = Batch(_one_term(), _batches(_positions(values)), _rows(BATCH))
        ends.append(train_steps(state, batch, jax.random.key(1), optimiser)[0])
    jax.tree.map(np.testing.assert_array_equal, *ends)
    before = _train_state()[0].network.value.quantiles.bias
    assert (np.asarray(ends[0].network.value.quantiles.bias) != np.asarray(before)).any()


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_every_position_is_permuted_with_what_it_is_to_learn(ring):
    # The same action twice, or played once: what is left, what is to be played and what was played are alike.
    terms = np.zeros((BATCH, 8, 3, 4), np.int8)
    terms[:, :2] = ACTION
    own = _positions([-1.0] * BATCH)
    residual = np.tile(np.einsum("i,j,k->ijk", *ACTION.astype(int)), (BATCH, 1, 1, 1))
    played = own.state._replace(residual=residual, history=np.tile(ACTION, (BATCH, 1, 1, 1)))
    own = own._replace(state=played, action=np.tile(ACTION, (BATCH, 1, 1)))
    batch = Batch(Terms(terms, np.full(BATCH, 2)), own, np.arange(BATCH) > 4)
    network = untrained(agent(ring, "2x2x2", history=1))
    plain, permuted = (
        train_lib._positions(network, batch, jax.random.key(3), is_permuted) for is_permuted in (False, True)
    )
    np.testing.assert_array_equal(plain.action, own.action)

    rows = np.flatnonzero(permuted.value == -1)
    assert 0 < np.sum(rows <= 4) < 5  # demonstrations with one term left are among them
    action = np.asarray(permuted.action)
    left = np.einsum("bi,bj,bk->bijk", *np.moveaxis(action, 1, 0))
    np.testing.assert_array_equal(permuted.state.residual[rows], left[rows])
    np.testing.assert_array_equal(permuted.state.history[rows, 0], action[rows])
    np.testing.assert_array_equal(jax.vmap(canonical)(action), action)
    assert len(np.unique(action, axis=0)) > 3  # each through a permutation of its own
    np.testing.assert_array_equal(np.abs(action).sum(-1), np.tile([1, 1, 2], (BATCH, 1)))


def test_a_loss_that_is_not_finite_stops_the_run():
    losses = Losses(jnp.array([1.0, jnp.nan]), jnp.array([1.0, jnp.nan]), jnp.array([0.0, 0.0]))
    with pytest.raises(TrainingError, match="search@z2, round 3: expected finite losses"):
        mean_losses(losses, "search@z2, round 3")


def test_a_checkpoint_restores_every_leaf_and_the_notes():
    state, _ = _train_state()
    saved = pack((state, np.arange(3)), {"round": 2})
    other = jax.tree.map(lambda x: x * 0, (state, np.arange(3)))
    (restored, numbers), notes = unpack(saved, other)
    jax.tree.map(np.testing.assert_array_equal, restored, state)
    assert isinstance(numbers, np.ndarray)
    assert numbers.tolist() == [0, 1, 2]
    assert notes == {"round": 2}
