"""Self-play and the loop: games, values to go, the way back to the canonical basis, resume to the same bytes."""

from pathlib import Path

import jax
import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.targets import matmul_target, parse_size
from stages.contract import params, resume, tables
from stages.contract.command import Stopwatch
from stages.errors import SchemeError
from stages.game.rules import rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.network.agent import AgentNetwork
from stages.search import search as search_lib
from stages.search.selfplay import learnable_positions, play, solved_terms
from stages.search.starts import Bases, change_terms, cut_to_target, draw_bases, scheme_of_terms, start_tensors
from tests.examples import strassen


def agent(ring, *targets):
    network = {"width": 8, "blocks": 1, "quantiles": 4, "combinations": 1, "entries_per_token": 1}
    return params.Agent.model_validate({"ring": ring, "targets": targets, "seed": 3, "network": network})


def settings(**changes):
    given = {
        "rounds": 3,
        "games": 64,
        "planner": {"name": "one_ply"},
        "candidates": 4,
        "risk": 0.5,
        "basis_density": 0.5,
        "train_steps": 2,
        "demonstration_share": 0.5,
        "best_share": 0.25,
        "replay_rounds": 2,
        "best_games": 10,
        "keep": 5,
        "optimiser": {"batch": 9, "learning_rate": 0.001, "weight_decay": 0.0, "clip": 1.0},
    }
    return params.Search.model_validate(given | changes)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_terms_of_a_start_map_back_to_a_scheme(ring):
    player = agent(ring, "2x2x3", "2x2x2")
    rules = rules_for(ring, player.targets)
    rng = np.random.default_rng(0)
    target = np.array([1, 0, 1, 1, 0])
    bases = draw_bases(rng, player, rules, target, density=0.4)
    unit = np.eye(rules.length, dtype=int)
    product = bases.matrices @ bases.inverses
    np.testing.assert_array_equal(product % 2 if ring == "Z2" else product, np.broadcast_to(unit, product.shape))
    assert (bases.matrices[0] != unit).any()
    np.testing.assert_array_equal(bases.matrices[0, 0], bases.matrices[0, 1])  # equal axes share a matrix
    tensors = start_tensors(player, rules, target, bases)
    assert tensors.shape == (5, 6, 6, 6)

    terms = np.zeros((1, 7, 3, 6), int)
    terms[0, :, :, :4] = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    played = change_terms(terms, bases.matrices[:1], player)[0]
    total = np.einsum("ri,rj,rk->ijk", *np.moveaxis(played, 1, 0))
    np.testing.assert_array_equal(total % 2 if ring == "Z2" else total, tensors[0])
    first = np.take_along_axis(played, (played != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()
    back = change_terms(played[None], bases.inverses[:1], player)[0]
    scheme = scheme_of_terms(back, "2x2x2", player)
    assert scheme.rank == 7
    assert check(scheme) is None


def test_a_wrong_way_back_is_an_error():
    terms = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    with pytest.raises(SchemeError, match=r"solved game of 2x2x2 over Z is no decomposition: entry \("):
        scheme_of_terms(terms[:6], "2x2x2", agent("Z", "2x2x2"))


def test_terms_that_only_live_beyond_the_target_are_dropped():
    # The middle of nine terms and the last cancel each other on a fifth axis of u.
    terms = np.zeros((9, 3, 5), int)
    terms[[0, 1, 2, 3, 5, 6, 7], :, :4] = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    terms[[4, 8]] = 1
    terms[[4, 8], 0] = (0, 0, 0, 0, 1)
    terms[8, 2] *= -1
    player = agent("Z", "2x2x2")
    (own,), (rank,) = cut_to_target(terms[None], np.zeros(1, int), player)
    assert rank == 7
    assert not own[rank:].any()
    assert scheme_of_terms(own[:rank], "2x2x2", player).hash == strassen().hash


@pytest.fixture(scope="module", params=[("Z2", "1x1x2"), ("Z", "1x1x1")])
def games(request):
    # Targets that a blind player solves sometimes: two right moves out of 27, one out of 16.
    player = agent(*request.param)
    network = AgentNetwork(player, key=jax.random.key(0))
    target = np.zeros(256, int)
    bases = draw_bases(np.random.default_rng(1), player, network.rules, target, density=0.3)
    tensors = start_tensors(player, network.rules, target, bases)
    limits = np.full(256, network.rules.max_rank, np.int32)
    return player, bases, play(network, tensors, limits, jax.random.key(2), search_lib.planner(settings()))


def test_solved_games_are_schemes(games):
    player, bases, played = games
    solved, terms = solved_terms(played)
    assert 5 < len(solved) < 256
    canonical = change_terms(terms.terms, bases.inverses[solved], player)
    for row in range(len(solved)):
        scheme = scheme_of_terms(canonical[row, : terms.rank[row]], player.targets[0], player)
        assert scheme.rank == scheme.size.naive_rank


def test_returns_are_to_go_and_unsolved_games_are_charged(games):
    player, _, played = games
    naive = -float(parse_size(player.targets[0]).naive_rank)
    positions = learnable_positions(played)
    is_open = ~np.asarray(played.states.is_over)
    assert len(positions.value) == is_open.sum()
    solved = np.asarray(played.is_solved)
    totals = np.asarray(played.rewards).sum(1)
    assert (totals[solved] == naive).all()
    assert (totals[~solved] < naive).all()
    first_of_game = np.cumsum(is_open.sum(1)) - is_open.sum(1)
    np.testing.assert_allclose(positions.value[first_of_game], totals)


def _demonstrations(path: Path, rules):
    rng = np.random.default_rng(0)
    terms = rng.integers(0, 2, (64, rules.max_rank, 3, rules.length)).astype(np.int8)
    terms[..., 0] = 1
    flat = list(terms.reshape(64, -1))
    tables.write(path, tables.DEMONSTRATIONS, {"rank": np.full(64, rules.max_rank, np.int16), "terms": flat})


@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.0, 1.0)])
def test_every_mix_of_data_trains(tmp_path: Path, monkeypatch, shares):
    memory = _run(tmp_path, monkeypatch, settings(rounds=1, demonstration_share=shares[0], best_share=shares[1]))
    assert memory.round == 1


def _run(tmp_path: Path, monkeypatch, given, player=None):
    monkeypatch.setattr(resume, "FOLDER", tmp_path / "resume")
    player = player or agent("Z2", "1x1x1", "1x1x2")
    rules = rules_for(player.ring, player.targets)
    if not (tmp_path / "d.parquet").exists():
        _demonstrations(tmp_path / "d.parquet", rules)
    network = AgentNetwork(player, key=jax.random.key(0))
    state = resume.Resume("search@x", given.model_dump(), [tmp_path / "d.parquet"])
    reader = DemonstrationReader(tmp_path / "d.parquet", rules)
    return search_lib.search(player, given, network, reader, state, Stopwatch(), "x")


def _content(memory):
    leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves((memory.train, memory.replay, memory.best))]
    return leaves, memory.found.to_array().tobytes(), memory.curve, memory.best_rank


def test_an_interrupted_search_ends_with_the_same_content(tmp_path: Path, monkeypatch):
    for name in "ab":
        (tmp_path / name).mkdir()
    whole = _run(tmp_path / "a", monkeypatch, settings())
    real_save = search_lib.Memory.save

    def save_and_die(memory, *args):
        real_save(memory, *args)
        if memory.round == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(search_lib.Memory, "save", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "b", monkeypatch, settings())
    monkeypatch.setattr(search_lib.Memory, "save", real_save)
    resumed = _run(tmp_path / "b", monkeypatch, settings())
    assert whole.best_rank  # something was solved, so the buffers were in play
    assert _content(resumed) == _content(whole)
    assert [row["round"] for row in resumed.curve] == [1, 1, 2, 2, 3, 3]


def test_found_schemes_are_exact_and_limits_follow_the_own_best(tmp_path: Path, monkeypatch):
    memory = _run(tmp_path, monkeypatch, settings())
    found = memory.found.candidates()
    assert found
    for candidate in found:
        assert candidate.origin == "search:x:game"
        assert 1 <= candidate.clock <= 3 * 64
        assert check(candidate.scheme) is None
        assert candidate.scheme.rank <= candidate.scheme.size.naive_rank
    metrics = search_lib.metrics(memory)
    assert metrics["best_rank"] == memory.best_rank
    assert metrics["schemes"] == len(found)


def test_identity_bases_leave_the_targets_alone():
    player = agent("Z", "2x2x2")
    rules = rules_for("Z", player.targets)
    unit = np.tile(np.eye(4, dtype=int), (1, 3, 1, 1))
    tensors = start_tensors(player, rules, np.zeros(1, int), Bases(unit, unit))
    np.testing.assert_array_equal(tensors[0], matmul_target(parse_size("2x2x2")))
