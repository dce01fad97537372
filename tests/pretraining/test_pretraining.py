"""Pretraining: no steps leave the fresh weights, steps learn, and a killed run ends with the same parameters."""

import jax
import numpy as np
import pytest

from stages.contract import resume, tables
from stages.contract.command import Stopwatch
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.contract.streams import Stream
from stages.game.rules import rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.network.agent import AgentNetwork
from stages.params.agents import Optimiser, Pretraining
from stages.pretraining import pretrain as pretrain_lib
from tests.agents import agent

PLAYER = agent("Z2", "1x1x2", entries_per_token=2)
LABEL = "pretraining@x"


@pytest.fixture
def pretrain(tmp_path, monkeypatch):
    """Runs the stage's function in a folder of its own, with a save after every row of the curve."""
    monkeypatch.setattr(resume, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume, "_BETWEEN_SAVES", 0)
    path = tmp_path / "d.parquet"
    # 40 demonstrations of two terms: actions over Z2 with axes of two entries.
    rng = np.random.default_rng(0)
    terms = rng.choice(np.array([(0, 1), (1, 0), (1, 1)], np.int8), (40, 2, 3)).reshape(40, -1)
    tables.write_columns(path, DEMONSTRATIONS, {"rank": np.full(40, 2, np.int16), "terms": list(terms)})
    reader = DemonstrationReader(path, rules_for("Z2", "1x1x2"))

    def run(steps):
        optimiser = Optimiser(batch=4, learning_rate=0.05, weight_decay=0.0, clip=1.0)
        settings = Pretraining(steps=steps, report_every=2, optimiser=optimiser)
        state = resume.Resume(LABEL, settings.model_dump(), [path])
        player = PLAYER.model_copy(update={"pretraining": settings})
        return pretrain_lib.pretrain(player, reader, state, Stopwatch(), LABEL)

    return run


def test_no_steps_give_the_fresh_weights(pretrain):
    state, curve = pretrain(steps=0)
    init_key, _ = jax.random.split(jax.random.fold_in(jax.random.key(PLAYER.seed), Stream.PRETRAINING))
    jax.tree.map(np.testing.assert_array_equal, state.network, AgentNetwork(PLAYER, key=init_key))
    assert curve == []


def test_a_killed_run_ends_with_the_same_parameters(pretrain, monkeypatch):
    whole, curve = pretrain(steps=6)
    assert [row.step for row in curve] == [2, 4, 6]
    losses = [row.value_loss for row in curve]
    assert losses[-1] < losses[0]
    fresh, _ = pretrain(steps=0)
    assert (np.asarray(whole.network.value.quantiles.bias) != np.asarray(fresh.network.value.quantiles.bias)).all()

    for left_behind in resume.FOLDER.glob("*.npz"):
        left_behind.unlink()
    save = resume.Resume.save

    def save_and_die(state, arrays):
        save(state, arrays)
        raise KeyboardInterrupt

    monkeypatch.setattr(resume.Resume, "save", save_and_die)
    for _ in range(2):  # killed after its first row and, gone on, after its second
        with pytest.raises(KeyboardInterrupt):
            pretrain(steps=6)
    monkeypatch.setattr(resume.Resume, "save", save)
    steps = []
    train_steps = pretrain_lib.train_steps
    monkeypatch.setattr(pretrain_lib, "train_steps", lambda *given: steps.append(1) or train_steps(*given))
    resumed, same_curve = pretrain(steps=6)
    assert len(steps) == 1  # the row of step 6
    jax.tree.map(np.testing.assert_array_equal, resumed, whole)
    assert same_curve == curve
