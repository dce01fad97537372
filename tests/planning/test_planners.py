"""One conformance suite for every planner, and the parts that planners share."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.contract.params import Agent
from stages.game.tensor_game import State
from stages.network.agent import AgentNetwork
from stages.planning.one_ply import one_ply
from stages.planning.plan import expand
from stages.planning.tree import gumbel, puct

K = 6
BATCH = 64
NETWORK = {"width": 8, "blocks": 1, "quantiles": 4, "combinations": 1, "entries_per_token": 2}
PLANNERS = {
    "one_ply": partial(one_ply, candidates=K, risk=0.5),
    "puct": partial(puct, candidates=K, risk=0.5, simulations=48),
    "gumbel": partial(gumbel, candidates=K, risk=0.5, simulations=48),
}


@pytest.fixture(scope="module")
def network():
    # Tensors of 2x2x2 over Z2 have 27 actions, so that samples repeat.
    agent = Agent.model_validate({"ring": "Z2", "targets": ("1x1x2",), "seed": 0, "network": NETWORK})
    return AgentNetwork(agent, key=jax.random.key(0))


@pytest.fixture(scope="module", params=sorted(PLANNERS))
def planned(request, network):
    planner = jax.jit(PLANNERS[request.param])
    residual = jax.random.randint(jax.random.key(1), (BATCH, 2, 2, 2), 0, 2)
    states = State(residual, jnp.full(BATCH, 2, jnp.int32), jnp.zeros(BATCH, bool))
    return planner, states, planner(network, states, jax.random.key(2))


def test_weights_are_a_law_over_distinct_candidates(planned):
    _, _, plan = planned
    assert plan.actions.shape == (BATCH, K, 3, 2)
    np.testing.assert_allclose(plan.action_weights.sum(-1), 1.0, rtol=1e-5)
    for actions, weights, choice in zip(*map(np.asarray, plan), strict=True):
        seen = set()
        for index, action in enumerate(actions):
            if action.tobytes() in seen:
                assert weights[index] == 0.0
                assert choice != index
            seen.add(action.tobytes())
        assert weights[choice] > 0


def test_the_same_key_gives_the_same_plan(planned, network):
    planner, states, plan = planned
    again = planner(network, states, jax.random.key(2))
    jax.tree.map(np.testing.assert_array_equal, plan, again)
    other = planner(network, states, jax.random.key(3))
    assert (np.asarray(other.actions) != np.asarray(plan.actions)).any()


def test_a_winning_candidate_is_played(planned, network):
    # One move is left. Each residual is an action that the policy is likely to sample there too; where it does, every
    # other candidate pays the bound on what is left besides its move. PUCT may spend its visits on a strong prior.
    planner, states, _ = planned
    blank = State(jnp.zeros_like(states.residual), jnp.ones(BATCH, jnp.int32), states.is_over)
    guesses = planner(network, blank, jax.random.key(1)).actions[:, 0]
    left = blank._replace(residual=jnp.einsum("bi,bj,bk->bijk", *jnp.moveaxis(guesses, 1, 0)))
    plan = planner(network, left, jax.random.key(1))
    is_win = (np.asarray(plan.actions) == np.asarray(guesses)[:, None]).all((2, 3))  # [BATCH, K]
    can_win = is_win.any(1)
    assert can_win.sum() >= 3
    assert is_win[can_win, np.asarray(plan.choice)[can_win]].mean() >= 0.9


def test_expand_merges_copies_and_adds_their_priors(network):
    state = State(jnp.ones((2, 2, 2), jnp.int32), jnp.int32(2), jnp.array(False))
    node = jax.jit(partial(expand, candidates=64, risk=0.5))(network, state, jax.random.key(1))
    copies = np.asarray(node.is_copy)
    assert copies.sum() >= 64 - 27
    shares = np.exp(np.asarray(node.prior_logits))
    np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-5)
    assert (shares[copies] == 0).all()
    for index in np.flatnonzero(~copies):
        equal = (np.asarray(node.actions) == np.asarray(node.actions)[index]).all((1, 2))
        assert shares[index] == pytest.approx(equal.mean(), rel=1e-5)


def test_a_finished_game_is_worth_nothing_more(network):
    over = State(jnp.zeros((2, 2, 2), jnp.int32), jnp.int32(1), jnp.array(True))
    node = jax.jit(partial(expand, candidates=4, risk=0.5))(network, over, jax.random.key(1))
    assert float(node.value) == 0.0
