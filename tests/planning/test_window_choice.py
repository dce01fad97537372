"""The model of chance learns what it is shown, and windows are chosen by it."""

import numpy as np
import pytest

from stages.learning.chance import learn_outcomes, log_losses, no_chance
from stages.network.chance import FAILED, LOWER, Windows
from stages.params.planners import LikelyWindow, StochasticMuzero
from stages.planning.windows import choose_windows

CHOICES = [LikelyWindow(name="likely", windows=4), StochasticMuzero(name="stochastic_muzero", windows=4, simulations=8)]


@pytest.fixture(scope="module")
def chance():
    """It has seen that windows whose first number is 1 are rewritten in fewer terms, and others never."""
    rng, blank = np.random.default_rng(0), no_chance(2, 0)
    learnt = blank
    for _ in range(6):
        windows = _windows(rng.integers(2, size=256))
        learnt = learn_outcomes(learnt, windows, np.where(windows.seen[:, 0] == 1, LOWER, FAILED), rng)
    return blank, learnt


def _windows(first):
    seen = np.zeros((*first.shape, no_chance(2, 0).windows.seen.shape[1]), np.float32)
    seen[..., 0] = first
    return Windows(seen, np.full(first.shape, 8), np.zeros(first.shape, np.int64))


def test_outcomes_are_learnt(chance):
    blank, learnt = chance
    assert len(learnt.outcomes) == 6 * 256
    windows, outcomes = _windows(np.array([0, 1])), np.array([FAILED, LOWER])
    assert (log_losses(blank.network, windows, outcomes) > 0.5).all()
    assert (log_losses(learnt.network, windows, outcomes) < 0.1).all()
    assert learnt.base_rates[[FAILED, LOWER]].sum() > 0.99
    assert blank.base_rates.tolist() == [0.25] * 4


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_likely_windows_are_chosen_and_none_that_is_not_there(chance, choice):
    _, learnt = chance
    first = np.tile([0, 1, 1, 0], (64, 1))
    is_there = np.ones(first.shape, bool)
    is_there[:, 1] = False
    is_there[32:, 2] = False
    rng = np.random.default_rng(0)
    chosen = choose_windows(learnt.network, _windows(first), is_there, 0.001, choice, rng)
    assert (chosen[:32] == 2).mean() > 0.8
    assert set(chosen[32:]) == {0, 3}
    # What is likely without doubt is not, where every window has the same chance.
    chosen = choose_windows(learnt.network, _windows(np.zeros_like(first)), is_there, 0.001, choice, rng)
    assert set(chosen[:32]) == {0, 2, 3}
