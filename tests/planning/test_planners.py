"""One conformance suite for every planner, alone and behind signed permutations, and the parts that planners share."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game.tensor_game import start, step
from stages.planning.choose import planner as chosen_planner
from stages.planning.one_ply import one_ply
from stages.planning.permuted import permuted
from stages.planning.plan import Sampling, expand
from stages.planning.tree import puct, sequential_halving, temperature
from tests.agents import agent, settings, untrained

ROOT = Path(__file__).parents[2]
BATCH = 32
# Gumbel search with more distinct candidates than the 16 that mctx considers if it is not told; PUCT with fewer, since
# it may spend all its visits on strong priors. What stands outside of jit compiles once for each number of candidates.
PLAIN = {
    "one_ply": jax.jit(partial(one_ply, sampling=Sampling(40, 0.5, 1.0), improved_policy="best")),
    "puct": jax.jit(partial(puct, sampling=Sampling(6, 0.5, 0.8), simulations=48)),
    "sequential_halving": jax.jit(
        partial(sequential_halving, sampling=Sampling(40, 0.5, 1.0), simulations=48, gumbel_scale=0.0, value_scale=1.0)
    ),
}
# Permutations are drawn outside of jit, so that each planner compiles once.
PLANNERS = PLAIN | {f"permuted_{name}": partial(permuted, plain) for name, plain in PLAIN.items()}


def blind_network(ring):
    """A network for 2x2x2 tensors that sees nothing: the same key gives the same candidates in every position."""
    network = untrained(agent(ring, "1x1x2", history=1, entries_per_token=2))
    network = eqx.tree_at(lambda network: network.torso.embed.weight, network, replace_fn=jnp.zeros_like)
    # Less sure of itself than a draw of weights makes it.
    return eqx.tree_at(lambda network: network.policy, network, replace_fn=partial(jax.tree.map, lambda leaf: leaf / 4))


@pytest.fixture(scope="module")
def networks():
    # Over Z2 there are 27 actions, so that samples repeat.
    return {ring: blind_network(ring) for ring in ("Z2", "Z")}


def positions(residual, moves_left):
    """Open positions without history, from residuals [B, 2, 2, 2]."""
    limits = jnp.full(len(residual), moves_left, jnp.int32)
    return jax.vmap(partial(start, history=1))(jnp.asarray(residual, jnp.int32), limits)


class Planned:
    """A planner, its answers for one batch, and the batch."""

    def __init__(self, name, network):
        self.name, self.network = name, network
        self.planner = PLANNERS[name]
        # The first game is over: nothing is left of its target.
        residual = np.random.default_rng(1).integers(0, 2, (BATCH, 2, 2, 2))
        residual[0], residual[1:, 0, 0, 0] = 0, 1
        self.states = positions(residual, 2)
        self.plan = self.planner(network, self.states, jax.random.key(2))


@pytest.fixture(scope="module", params=sorted(PLANNERS))
def planned(request, networks):
    return Planned(request.param, networks["Z2"])


def test_weights_are_a_law_over_distinct_canonical_candidates(planned):
    plan = jax.tree.map(np.asarray, planned.plan)
    assert plan.actions.shape[0::2] == (BATCH, 3)
    assert plan.actions.any(-1).all()
    np.testing.assert_allclose(plan.action_weights.sum(-1), 1.0, rtol=1e-5)
    for actions, weights, choice in zip(plan.actions, plan.action_weights, plan.choice, strict=True):
        seen = set()
        for index, action in enumerate(actions):
            if action.tobytes() in seen:
                assert weights[index] == 0.0
                assert choice != index
            seen.add(action.tobytes())
        assert weights[choice] > 0
    assert (plan.action_weights == 0).any()  # there were copies


def test_the_same_key_gives_the_same_plan_and_another_another(planned):
    again = planned.planner(planned.network, planned.states, jax.random.key(2))
    jax.tree.map(np.testing.assert_array_equal, planned.plan, again)
    other = planned.planner(planned.network, planned.states, jax.random.key(3))
    assert (np.asarray(other.actions) != np.asarray(planned.plan.actions)).any()


def test_a_plan_does_not_depend_on_the_rest_of_the_batch(planned):
    keep = jnp.arange(BATCH) % 2 == 1
    blank = positions(np.zeros((BATCH, 2, 2, 2)), 1)
    mixed = jax.tree.map(
        lambda mine, other: jnp.where(keep.reshape(-1, *[1] * (mine.ndim - 1)), mine, other), planned.states, blank
    )
    plan = planned.planner(planned.network, mixed, jax.random.key(2))
    kept = np.flatnonzero(keep)
    jax.tree.map(lambda one, other: np.testing.assert_array_equal(one[kept], other[kept]), plan, planned.plan)


def won(network, states, plan):
    """Whether the chosen move of each position ends its game at zero."""
    played = jnp.take_along_axis(plan.actions, plan.choice[:, None, None, None], axis=1)[:, 0]
    following, _ = jax.jit(jax.vmap(partial(step, rules=network.rules)))(states, played)
    return ~np.asarray(following.residual).any((1, 2, 3))


def winnable(planner, network):
    """Positions of one move, each won by one of the candidates that key 1 gives."""
    blank = positions(np.zeros((BATCH, 2, 2, 2)), 1)
    guesses = np.asarray(planner(network, blank._replace(is_over=jnp.zeros(BATCH, bool)), jax.random.key(1)).actions)
    guesses = guesses[np.arange(BATCH), np.arange(BATCH) % guesses.shape[1]]
    return guesses, positions(np.einsum("bi,bj,bk->bijk", *np.moveaxis(guesses, 1, 0)), 1)


def test_a_winning_candidate_is_played(planned):
    # Every other candidate pays the bound on what is left besides its move.
    guesses, states = winnable(planned.planner, planned.network)
    assert len(np.unique(guesses, axis=0)) > 10
    plan = planned.planner(planned.network, states, jax.random.key(1))
    assert won(planned.network, states, plan).all()


def test_over_the_integers_permuted_candidates_win_in_the_frame_of_the_state(networks):
    network, planner = networks["Z"], PLANNERS["permuted_one_ply"]
    guesses, states = winnable(planner, network)
    first = np.take_along_axis(guesses, (guesses != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()  # canonical: w carries the sign
    assert (first[:, 2] < 0).any()
    assert won(network, states, planner(network, states, jax.random.key(1))).all()


EXPAND = jax.jit(partial(expand, sampling=Sampling(64, 0.5, 1.0)))


def test_expand_merges_copies_and_adds_their_priors(networks):
    network = networks["Z2"]
    state = start(jnp.ones((2, 2, 2), jnp.int32), jnp.int32(2), history=1)
    node = EXPAND(network, state, jax.random.key(1))
    copies = np.asarray(node.is_copy)
    assert copies.sum() >= 64 - 27
    shares = np.exp(np.asarray(node.prior_logits))
    np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-5)
    assert (shares[copies] == 0).all()
    counts = []
    for index in np.flatnonzero(~copies):
        equal = (np.asarray(node.actions) == np.asarray(node.actions)[index]).all((1, 2))
        counts.append(equal.sum())
        assert shares[index] == pytest.approx(equal.sum() / 64, rel=1e-5)
    assert min(counts) == 1  # a single draw has the prior 1/K, not 0
    assert max(counts) > 1


def test_a_finished_game_is_worth_nothing_more(networks):
    over = start(jnp.zeros((2, 2, 2), jnp.int32), jnp.int32(1), history=1)
    assert bool(over.is_over)
    node = EXPAND(networks["Z2"], over, jax.random.key(1))
    assert float(node.value) == 0.0
    going_on = over._replace(is_over=jnp.array(False))
    worth = float(EXPAND(networks["Z2"], going_on, jax.random.key(1)).value)
    assert np.isfinite(worth)
    assert worth != 0.0


def test_the_soft_policy_of_one_ply_is_the_prior_times_exp_q(networks):
    # With one move left Q is the reward.
    network, states, key = networks["Z2"], positions(np.ones((BATCH, 2, 2, 2)), 1), jax.random.key(2)
    sampling = Sampling(40, 0.5, 1.0)
    plan = jax.jit(partial(one_ply, sampling=sampling, improved_policy="prior_exp_q"))(network, states, key)
    best = PLANNERS["one_ply"](network, states, key)
    np.testing.assert_array_equal(plan.actions, best.actions)
    np.testing.assert_array_equal(plan.choice, best.choice)
    nodes = jax.jit(jax.vmap(partial(expand, network, sampling=sampling)))(states, jax.random.split(key, BATCH))
    _, rewards = jax.jit(jax.vmap(jax.vmap(partial(step, rules=network.rules), (None, 0))))(states, plan.actions)
    assert np.ptp(rewards) > 0
    weights = np.exp(np.asarray(nodes.prior_logits + rewards)) * ~np.asarray(nodes.is_copy)
    np.testing.assert_allclose(plan.action_weights, weights / weights.sum(-1, keepdims=True), atol=1e-5)


def test_the_temperature_rises_beyond_a_hundred_visits():
    assert [temperature(visits) for visits in (1, 2, 50, 100)] == [1.0] * 4
    assert temperature(101) > 1.0
    # log 10,000 / log 100 = 2.
    assert temperature(10_000) == pytest.approx(2.0)


def test_puct_plays_no_move_worse_than_the_most_visited(networks):
    # With one move left a candidate is worth its reward.
    network, states = networks["Z2"], positions(np.ones((BATCH, 2, 2, 2)), 1)
    plan = PLANNERS["puct"](network, states, jax.random.key(2))
    visits = np.asarray(plan.action_weights) * 48  # the temperature is 1, so the weights are shares of the visits
    np.testing.assert_allclose(visits, np.round(visits), atol=1e-3)
    _, rewards = jax.jit(jax.vmap(jax.vmap(partial(step, rules=network.rules), (None, 0))))(states, plan.actions)
    rows, favourite = np.arange(BATCH), np.round(visits).argmax(-1)
    rewards, choice = np.asarray(rewards), np.asarray(plan.choice)
    assert (rewards[rows, choice] >= rewards[rows, favourite]).all()
    assert (choice != favourite).any()  # drawn, not the most visited one


@pytest.mark.parametrize(
    ("given", "function", "fixed"),
    [
        ({"name": "one_ply", "improved_policy": "prior_exp_q"}, one_ply, {"improved_policy": "prior_exp_q"}),
        ({"name": "puct", "simulations": 7}, puct, {"simulations": 7}),
        (
            {"name": "sequential_halving", "simulations": 7, "gumbel_scale": 0.5, "value_scale": 2.0},
            sequential_halving,
            {"simulations": 7, "gumbel_scale": 0.5, "value_scale": 2.0},
        ),
    ],
)
def test_the_planner_that_the_parameters_describe(given, function, fixed):
    plain, shown = (
        chosen_planner(settings(planner=given, signed_permutations=is_permuted)) for is_permuted in (False, True)
    )
    assert (plain.func, plain.keywords) == (function, {"sampling": Sampling(4, 0.5, 1.0)} | fixed)
    assert shown.func is permuted
    assert (shown.args[0].func, shown.args[0].keywords) == (plain.func, plain.keywords)


def test_planners_are_imported_on_a_full_disk():
    """chex, which mctx imports, asks for a folder of temporary files."""
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\nimport stages.planning.tree"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
