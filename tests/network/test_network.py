"""Torsos, heads and parameters: what is seen, policies that give canonical actions alone, round trip of the table."""

from functools import partial
from itertools import combinations, product
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.rows.agents import PARAMETERS
from stages.errors import TableError
from stages.game import tokens as token_lib
from stages.game.rules import Rules
from stages.game.tensor_game import start
from stages.game.tokens import Alphabet
from stages.network.agent import read_parameters, write_parameters
from stages.network.attention import AttentionTorso
from stages.network.policy import PolicyHead
from stages.network.torso import Torso
from stages.network.value import levels, risk_seeking
from tests.agents import TORSOS, agent, filled, untrained


def player(ring="Z2", torso="ranks", **sizes):
    shared = {"width": 16, "history": 2, "entries_per_token": 2} | sizes
    return agent(ring, "2x2x2", torso=torso, **shared)


def policy(alphabet):
    head = filled(jax.eval_shape(lambda: PolicyHead(alphabet, 8, key=jax.random.key(0))))
    return head, jnp.asarray(np.random.default_rng(1).normal(size=8), jnp.float32)


def test_probabilities_of_all_canonical_actions_sum_to_one():
    # Length 2 over Z2 with one entry a token: 3 non-zero factors a mode, 27 actions.
    alphabet = Alphabet(Rules("Z2", 2, 4), 1)
    head, embedding = policy(alphabet)
    every = jnp.array(list(product((0, 1), repeat=6)))
    probability = jnp.exp(jax.jit(jax.vmap(partial(head.log_prob, embedding)))(every))
    is_canonical = np.asarray(every).reshape(-1, 3, 2).any(-1).all(-1)
    assert is_canonical.sum() == 27
    np.testing.assert_allclose(probability.sum(), 1.0, rtol=1e-5)
    assert float(probability[~is_canonical].max()) == 0.0


@pytest.mark.parametrize("temperature", [1.0, 1.5])
def test_samples_follow_the_distribution_and_their_log_probabilities_are_right(temperature):
    alphabet = Alphabet(Rules("Z2", 2, 4), 2)
    head, embedding = policy(alphabet)
    keys = jax.random.split(jax.random.key(2), 20_000)
    sample = jax.jit(jax.vmap(partial(head.sample, embedding, temperature=temperature)))
    tokens, log_probs, drawn_from = map(np.asarray, sample(keys))
    # Sampled MuZero: weighted by pi / beta, samples of beta are as samples of the policy pi.
    weights = np.exp(log_probs - drawn_from)
    assert (weights.max() == 1) == (temperature == 1)
    log_prob = jax.jit(jax.vmap(partial(head.log_prob, embedding)))
    np.testing.assert_allclose(log_probs[:50], log_prob(tokens[:50]), rtol=1e-4)
    every = jnp.array(list(product((1, 2, 3), repeat=3)))  # symbol 0 is the zero factor
    expected = np.exp(log_prob(every))
    counts = (weights[:, None] * (tokens[:, None] == np.asarray(every)).all(-1)).mean(0)
    assert counts.sum() == pytest.approx(weights.mean(), rel=1e-4)
    # Five standard deviations of a share of 20,000 draws.
    np.testing.assert_array_less(np.abs(counts - expected), 5 * np.sqrt(expected * weights.max() / 20_000) + 1e-4)


@pytest.mark.parametrize("torso", sorted(TORSOS))
def test_the_embedding_depends_on_all_that_a_position_holds(torso):
    network = untrained(player("Z", torso))
    embed = jax.jit(lambda network, state: network.embed(state))
    blank = start(jnp.zeros((4, 4, 4), jnp.int32), jnp.int32(4), network.history)
    action = jnp.ones((3, 4), jnp.int32)
    others = [
        blank._replace(residual=blank.residual.at[0, 1, 2].set(1)),
        blank._replace(residual=blank.residual.at[0, 1, 2].set(-1)),
        blank._replace(moves_left=jnp.int32(1)),
        blank._replace(history=blank.history.at[0].set(action)),
        blank._replace(history=blank.history.at[1].set(action)),
    ]
    embeddings = [np.asarray(embed(network, state)) for state in (blank, *others)]
    assert embeddings[0].shape == (16,)
    for one, other in combinations(embeddings, 2):
        assert np.abs(one - other).max() > 1e-4
    # A residual far away is as far as one farther (game.observation.RAW_LIMIT), and finite.
    far = [embed(network, blank._replace(residual=blank.residual.at[0, 0, 0].set(entry))) for entry in (60, 600)]
    np.testing.assert_array_equal(*far)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_every_sample_is_a_canonical_action(ring):
    network = untrained(player(ring))
    state = start(jnp.ones((4, 4, 4), jnp.int32), jnp.int32(8), network.history)

    def sample(key):
        tokens, *_ = network.policy.sample(network.embed(state), key)
        return token_lib.decode(tokens, network.policy.alphabet)

    actions = np.asarray(jax.jit(jax.vmap(sample))(jax.random.split(jax.random.key(1), 2000)))
    assert actions.any(-1).all()
    first = np.take_along_axis(actions, (actions != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()
    assert len(np.unique(actions, axis=0)) > 100


def test_a_token_sees_exactly_the_tokens_before_it():
    # Where all other tokens' logits are zero, the log-probability is that of one token and a constant; its gradient
    # says which embeddings of tokens that one sees.
    alphabet = Alphabet(Rules("Z2", 2, 4), 1)
    head, embedding = policy(alphabet)
    tokens = jnp.array([0, 1, 1, 0, 1, 1])

    @jax.jit
    def seen(place):
        factor = (jnp.arange(6) == place).astype(jnp.float32)
        logits = tuple(jax.tree.map(lambda leaf, at=at: leaf * factor[at], head.logits[at]) for at in range(6))
        alone = eqx.tree_at(lambda head: head.logits, head, logits)
        return jax.grad(lambda head: head.log_prob(embedding, tokens))(alone).embeddings

    for place in range(6):
        is_seen = (np.asarray(seen(place)) != 0).any(-1)  # [tokens, symbols]
        expected = np.zeros((6, 2), bool)
        # Where one symbol alone is allowed (a last entry after zeros) nothing is left to see.
        if place != 1:
            expected[np.arange(place), tokens[:place]] = True
        np.testing.assert_array_equal(is_seen, expected)


def test_risk_seeking_value_is_the_mean_of_the_upper_quantiles():
    np.testing.assert_allclose(levels(4), [1 / 8, 3 / 8, 5 / 8, 7 / 8])
    quantiles = jnp.array([-8.0, -7.0, -6.0, -5.0])
    assert float(risk_seeking(quantiles, 0.25)) == -5.0  # levels from 0.75: the last
    assert float(risk_seeking(quantiles, 0.5)) == -5.5
    assert float(risk_seeking(quantiles, 1.0)) == -6.5
    assert float(risk_seeking(quantiles, 0.01)) == -5.0


@pytest.mark.parametrize(("torso", "kind"), [("ranks", Torso), ("attention", AttentionTorso)])
def test_parameters_survive_the_table(tmp_path: Path, torso, kind):
    network = untrained(player("Z", torso))
    assert isinstance(network.torso, kind)
    write_parameters(tmp_path / "a.parquet", network)
    again = read_parameters(tmp_path / "a.parquet", player("Z", torso))
    assert jax.tree.structure(again) == jax.tree.structure(network)
    jax.tree.map(np.testing.assert_array_equal, network, again)
    write_parameters(tmp_path / "b.parquet", again)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_parameters_of_another_network_are_refused_by_name(tmp_path: Path):
    path = tmp_path / "a.parquet"
    write_parameters(path, untrained(player()))
    with pytest.raises(TableError, match=r"a\.parquet: parameter .*embed.*expected .*32.*got .*16"):
        read_parameters(path, player(width=32))
    rows = tables.read(path, PARAMETERS)
    tables.write(path, PARAMETERS, rows[:-1])
    with pytest.raises(TableError, match="got None"):
        read_parameters(path, player())
