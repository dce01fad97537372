"""Losses by hand, positions and values to go, buffers, the reader's rounds."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.params import Agent, Optimiser
from stages.errors import TableError, TrainingError
from stages.game.rules import Rules
from stages.game.tensor_game import State
from stages.learning import buffers
from stages.learning.checkpoint import pack, unpack
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.losses import quantile_huber
from stages.learning.positions import Position, Terms, draw_position
from stages.learning.train import Batch, Losses, TrainState, make_optimiser, mean_losses, train_steps
from stages.network.agent import AgentNetwork
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


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_positions_of_a_solved_game(ring):
    rules = Rules(ring, 4, 8)
    terms = np.zeros((8, 3, 4), np.int8)
    terms[:7] = np.stack([matrix.T for matrix in strassen().factors], axis=1) % (2 if ring == "Z2" else 100)
    terms = terms if ring == "Z2" else np.where(terms > 2, terms - 100, terms).astype(np.int8)
    given = Terms(jnp.asarray(terms), jnp.int32(7))
    draw = jax.jit(jax.vmap(partial(draw_position, given, rules=rules)))
    draws = draw(jax.random.split(jax.random.key(0), 400))
    left = -np.asarray(draws.value)
    assert set(left) == set(range(1, 8))  # values are to go, never 0, never the cost so far
    every = {action.tobytes() for action in terms[:7]}
    played = {np.asarray(action, np.int8).tobytes() for action in draws.action}
    assert played == every  # every order of the terms is a game
    one = np.flatnonzero(left == 1)
    last = np.einsum("bi,bj,bk->bijk", *np.moveaxis(np.asarray(draws.action)[one], 1, 0))
    np.testing.assert_array_equal(draws.state.residual[one], last % 2 if ring == "Z2" else last)
    moves_left = np.asarray(draws.state.moves_left)
    assert (moves_left >= left).all()
    assert moves_left.max() == rules.max_rank


def _positions(values):
    count = len(values)
    state = State(np.zeros((count, 4, 4, 4), int), np.full(count, 8), np.zeros(count, bool))
    return Position(state, np.ones((count, 3, 4), int), np.array(values, np.float32))


def test_replay_forgets_the_oldest_rounds_first():
    replay = buffers.empty_replay(RULES)
    for round_number, count in enumerate([3, 1, 2, 4]):
        replay = buffers.remember(replay, _positions([-round_number] * count), rounds=2)
    assert replay.sizes.tolist() == [2, 4]
    assert replay.positions.value.tolist() == [-2, -2, -3, -3, -3, -3]
    drawn = buffers.draw(replay, np.random.default_rng(0), (50, 4))
    assert drawn.value.shape == (50, 4)
    assert set(drawn.value.ravel()) == {-2.0, -3.0}


def test_best_games_keep_the_lowest_ranks_of_each_target_and_the_newest_of_those():
    best = buffers.empty_best_games(RULES)

    def games(ranks):
        return Terms(np.zeros((len(ranks), 8, 3, 4), int), np.array(ranks))

    best = buffers.keep_best(best, games([8, 7, 8]), np.array([0, 0, 1]), capacity=2)
    assert sorted(zip(best.target.tolist(), best.games.rank.tolist(), strict=True)) == [(0, 7), (0, 8), (1, 8)]
    marked = games([7, 7])
    marked.terms[:, 0, 0, 0] = (1, 2)
    best = buffers.keep_best(best, marked, np.array([0, 0]), capacity=2)
    of_first = best.target == 0
    assert best.games.terms[of_first, 0, 0, 0].tolist() == [1, 2]
    assert best.target.tolist().count(1) == 1


def _demonstrations(path: Path, count: int, max_rank: int = 8) -> np.ndarray:
    terms = np.random.default_rng(0).integers(0, 2, (count, max_rank * 3 * 4)).astype(np.int8)
    tables.write(path, tables.DEMONSTRATIONS, {"rank": np.full(count, 3, np.int16), "terms": list(terms)})
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
    network = {"width": 16, "blocks": 1, "quantiles": 4, "combinations": 1, "entries_per_token": 4}
    agent = Agent.model_validate({"ring": "Z2", "targets": ("2x2x2",), "seed": 0, "network": network})
    settings = Optimiser(batch=8, learning_rate=learning_rate, weight_decay=0.0, clip=1.0)
    optimiser = make_optimiser(settings, None)
    network = AgentNetwork(agent, key=jax.random.key(0))
    return TrainState(network, optimiser.init(network)), optimiser


def test_training_learns_one_position_from_terms_and_one_from_games():
    state, optimiser = _train_state()
    terms = np.zeros((100, 8, 8, 3, 4), np.int8)
    terms[:, :, 0] = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]])
    own = jax.tree.map(lambda x: np.broadcast_to(x[None], (100, *x.shape)), _positions([-4.0] * 8))
    batches = Batch(Terms(terms, np.ones((100, 8), np.int32)), own)
    first = None
    for key in jax.random.split(jax.random.key(1), 3):
        state, losses = train_steps(state, batches, key, optimiser)
        first = first if first is not None else losses
    assert float(first.policy[0]) > 5.0  # near log 15^3 = 8.1 for an untrained policy
    assert float(losses.policy[-1]) < 0.1
    assert float(losses.value[-1]) < 0.05
    np.testing.assert_allclose(losses.total, losses.policy + losses.value, rtol=1e-5)


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
