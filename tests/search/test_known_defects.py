"""The defects that were read in known reimplementations of AlphaTensor, each with the test that catches it.

| defect | test |
|---|---|
| tokens do not decode to the action they encode | tests/game/test_tokens.py: test_round_trip |
| the prior of an action that is drawn once is zero | tests/planning/test_planners.py: test_expand_merges_copies_and_adds_their_priors |
| causal mask on the wrong side, targets rolled the wrong way | tests/network/test_network.py: test_a_token_sees_exactly_the_tokens_before_it |
| a failed game ends with a reward of the wrong sign | tests/game/test_tensor_game.py: test_the_limit_charges_the_bound_with_a_negative_sign |
| values are the cost so far, of games | tests/search/test_search.py: test_positions_carry_the_value_to_go_the_improved_action_and_whether_it_was_solved |
| values are the cost so far, of demonstrations | tests/learning/test_learning.py: test_positions_of_a_solved_game |
| the largest target is never drawn | here: test_every_target_that_fits_is_drawn |
| every demonstration has the greatest rank | tests/demonstrations/test_draw.py: test_distribution_ranks_and_signs |
| a roll without an axis mixes the history, in play | tests/game/test_tensor_game.py: test_history_holds_the_last_actions_newest_first |
| a roll without an axis mixes the history, in training | tests/learning/test_learning.py: test_the_history_of_a_position_is_what_was_played |
| the policy's target is cut to its best action | here: test_the_target_of_the_policy_follows_the_improved_policy |
| the move is chosen by the bound, not by the visits | tests/planning/test_planners.py: test_puct_plays_no_move_worse_than_the_most_visited |
"""  # noqa: E501

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.planning.plan import Plan
from stages.search import round as round_lib
from stages.search.selfplay import draw_improved
from tests.agents import agent, settings
from tests.search.players import searched, setup_for

ROOT = Path(__file__).parents[2]
ROWS = [row.split("|")[1:3] for row in __doc__.splitlines() if row.startswith("| ")][1:]


@pytest.mark.parametrize(("defect", "place"), ROWS)
def test_the_table_is_true(defect, place):
    file, test = place.strip().split(": ")
    path = Path(__file__) if file == "here" else ROOT / file
    assert f"\ndef {test}(" in path.read_text()


def test_every_target_that_fits_is_drawn(tmp_path, monkeypatch):
    drawn = []
    real = round_lib.start_tensors
    monkeypatch.setattr(round_lib, "start_tensors", lambda *args: drawn.extend(args[2]) or real(*args))
    # Neither first nor last in the list is special; 2x2x2 is beyond the window.
    player = agent("Z2", "1x1x2", "2x2x2", "1x1x1", window="1x1x2", history=1)
    given = settings(games=32, window_games=32, rounds=1, train_steps=0)
    *_, search = searched(setup_for(player, given, tmp_path))
    counts = np.bincount(drawn, minlength=3)
    assert counts.sum() == 32
    assert counts[1] == 0
    assert counts[[0, 2]].min() > 6  # a fair coin is below with probability 0.0003; the seed is fixed
    assert {row.target for row in search.curve if row.solved_share} == {"1x1x1", "1x1x2"}


def test_the_target_of_the_policy_follows_the_improved_policy():
    count, distribution = 4000, np.array([0.5, 0.0, 0.3, 0.2])
    actions = jnp.tile(jnp.arange(4)[None, :, None, None], (count, 1, 3, 2))
    weights = jnp.tile(jnp.asarray(distribution, jnp.float32), (count, 1))
    plan = Plan(actions, weights, jnp.zeros(count, jnp.int32))
    drawn = np.asarray(draw_improved(plan, jax.random.key(0)))[:, 0, 0]
    shares = np.bincount(drawn, minlength=4) / count
    np.testing.assert_allclose(shares, distribution, atol=4 * np.sqrt(0.25 / count))
    assert shares[1] == 0
