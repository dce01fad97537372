"""Heads and parameters: the policy is a law over canonical actions, quantiles and risk, round trip of the table."""

from functools import partial
from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.params import Agent
from stages.errors import TableError
from stages.game import tokens as token_lib
from stages.game.rules import Rules
from stages.game.tensor_game import State
from stages.game.tokens import Alphabet
from stages.network.agent import AgentNetwork, read_parameters, write_parameters
from stages.network.policy import PolicyHead
from stages.network.value import levels, risk_seeking

SIZES = {"width": 16, "blocks": 1, "quantiles": 4, "combinations": 2, "entries_per_token": 2}


def agent(ring="Z2", **sizes):
    network = SIZES | sizes
    return Agent.model_validate({"ring": ring, "targets": ("2x2x2",), "seed": 0, "network": network})


def test_probabilities_of_all_canonical_actions_sum_to_one():
    # Length 2 over Z2 with one entry a token: 3 non-zero factors a mode, 27 actions.
    alphabet = Alphabet(Rules("Z2", 2, 4), 1)
    head = PolicyHead(alphabet, 8, key=jax.random.key(0))
    embedding = jax.random.normal(jax.random.key(1), (8,))
    every = jnp.array(list(product((0, 1), repeat=6)))
    probability = jnp.exp(jax.jit(jax.vmap(partial(head.log_prob, embedding)))(every))
    is_canonical = np.asarray(every).reshape(-1, 3, 2).any(-1).all(-1)
    assert is_canonical.sum() == 27
    np.testing.assert_allclose(probability.sum(), 1.0, rtol=1e-5)
    assert float(probability[~is_canonical].max()) == 0.0


def test_samples_follow_the_law_and_their_log_probability_is_right():
    alphabet = Alphabet(Rules("Z2", 2, 4), 2)
    head = PolicyHead(alphabet, 8, key=jax.random.key(0))
    embedding = 2 * jax.random.normal(jax.random.key(1), (8,))
    keys = jax.random.split(jax.random.key(2), 20_000)
    tokens, log_probs = jax.jit(jax.vmap(partial(head.sample, embedding)))(keys)
    log_prob = jax.jit(jax.vmap(partial(head.log_prob, embedding)))
    np.testing.assert_allclose(log_probs[:50], log_prob(tokens[:50]), rtol=1e-4)
    every = jnp.array(list(product((1, 2, 3), repeat=3)))  # symbol 0 is the zero factor
    expected = np.exp(log_prob(every))
    counts = np.asarray((tokens[:, None] == every[None]).all(-1).mean(0))
    assert abs(counts.sum() - 1) < 1e-6
    # Five standard deviations of a share of 20,000 draws.
    np.testing.assert_array_less(np.abs(counts - expected), 5 * np.sqrt(expected / 20_000) + 1e-4)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_every_sample_is_a_canonical_action(ring):
    network = AgentNetwork(agent(ring), key=jax.random.key(0))
    state = State(jnp.ones((4, 4, 4), jnp.int32), jnp.int32(8), jnp.array(False))

    def sample(key):
        tokens, _ = network.policy.sample(network.embed(state), key)
        return token_lib.decode(tokens, network.policy.alphabet)

    actions = np.asarray(jax.jit(jax.vmap(sample))(jax.random.split(jax.random.key(1), 2000)))
    assert actions.any(-1).all()
    first = np.take_along_axis(actions, (actions != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()
    assert len(np.unique(actions, axis=0)) > 100


def test_risk_seeking_value_is_the_mean_of_the_upper_quantiles():
    np.testing.assert_allclose(levels(4), [1 / 8, 3 / 8, 5 / 8, 7 / 8])
    quantiles = jnp.array([-8.0, -7.0, -6.0, -5.0])
    assert float(risk_seeking(quantiles, 0.25)) == -5.0  # levels from 0.75: the last
    assert float(risk_seeking(quantiles, 0.5)) == -5.5
    assert float(risk_seeking(quantiles, 1.0)) == -6.5
    assert float(risk_seeking(quantiles, 0.01)) == -5.0


def test_parameters_survive_the_table(tmp_path: Path):
    network = AgentNetwork(agent("Z"), key=jax.random.key(3))
    write_parameters(tmp_path / "a.parquet", network)
    again = read_parameters(tmp_path / "a.parquet", agent("Z"))
    jax.tree.map(np.testing.assert_array_equal, network, again)
    write_parameters(tmp_path / "b.parquet", again)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_parameters_of_another_network_are_refused_by_name(tmp_path: Path):
    path = tmp_path / "a.parquet"
    write_parameters(path, AgentNetwork(agent(), key=jax.random.key(3)))
    with pytest.raises(TableError, match=r"a\.parquet: parameter .*embed.*expected .*32.*got .*16"):
        read_parameters(path, agent(width=32))
    rows = tables.read_rows(path, tables.PARAMETERS)
    tables.write_rows(path, tables.PARAMETERS, rows[:-1])
    with pytest.raises(TableError, match="got None"):
        read_parameters(path, agent())
