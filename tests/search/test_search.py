"""Self-play and the loop: games, values to go, the way back to the canonical basis, resume to the same bytes."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import parse_size, parse_target
from stages.contract import csv_tables
from stages.contract import resume as resume_lib
from stages.contract.origin import Origin
from stages.errors import SchemeError
from stages.game.rules import rules_for
from stages.learning.positions import Terms
from stages.planning.plan import Plan
from stages.search import round as round_lib
from stages.search.curve import metrics
from stages.search.round import rewrite
from stages.search.selfplay import learnable_positions, play, solved_terms
from stages.search.starts import (
    Bases,
    change_terms,
    cut_to_target,
    draw_bases,
    modes_of,
    scheme_of_terms,
    start_tensors,
)
from stages.search.state import pack_state, unpack_state
from stages.search.windows import Windows, standard_population
from tests.agents import agent, settings, untrained
from tests.examples import strassen
from tests.search.players import blank, greedy, play_on, resume_of, searched, setup_for

# Games of at most two moves; 2x2x2 is beyond the window and played through windows alone.
TINY = {"window": "1x1x2", "history": 1}
BOTH = settings(games=32, window_games=32, reanalyse=0.5)


def _strassen_terms(ring):
    terms = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    return terms % 2 if ring == "Z2" else terms


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_terms_of_a_start_map_back_to_a_scheme(ring):
    player = agent(ring, "2x2x3", "2x2x2", window="2x2x3")
    rules = rules_for(ring, player.window)
    rng = np.random.default_rng(0)
    target = np.array([1, 0, 1, 1, 0])
    modes = modes_of(player, target)
    assert modes.tolist() == [[4, 4, 4], [4, 6, 6], [4, 4, 4], [4, 4, 4], [4, 6, 6]]
    bases = draw_bases(rng, rules, modes, density=0.4)
    unit = np.eye(rules.length, dtype=int)
    product = bases.matrices @ bases.inverses
    np.testing.assert_array_equal(product % 2 if ring == "Z2" else product, np.broadcast_to(unit, product.shape))
    assert (bases.matrices[0] != unit).any()
    np.testing.assert_array_equal(bases.matrices[0, 0], bases.matrices[0, 1])  # equal axes share a matrix
    tensors = start_tensors(player, rules, target, bases)
    assert tensors.shape == (5, 6, 6, 6)

    terms = np.zeros((1, 7, 3, 6), int)
    terms[0, :, :, :4] = np.stack([matrix.T for matrix in strassen().factors], axis=1)
    played = change_terms(terms, bases.matrices[:1], rules)[0]
    total = np.einsum("ri,rj,rk->ijk", *np.moveaxis(played, 1, 0))
    np.testing.assert_array_equal(total % 2 if ring == "Z2" else total, tensors[0])
    first = np.take_along_axis(played, (played != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()
    back = change_terms(played[None], bases.inverses[:1], rules)[0]
    scheme = scheme_of_terms(back, parse_target("2x2x2"), player)
    assert scheme.rank == 7
    assert check(scheme) is None


def test_a_wrong_way_back_is_an_error():
    terms = _strassen_terms("Z")
    with pytest.raises(SchemeError, match=r"a scheme of 2x2x2 over Z from games is no decomposition: entry \("):
        scheme_of_terms(terms[:6], parse_target("2x2x2"), agent("Z", "2x2x2"))


def test_terms_that_only_live_beyond_the_target_are_dropped():
    # The middle of nine terms and the last cancel each other on a fifth axis of u.
    terms = np.zeros((9, 3, 5), int)
    terms[[0, 1, 2, 3, 5, 6, 7], :, :4] = _strassen_terms("Z")
    terms[[4, 8]] = 1
    terms[[4, 8], 0] = (0, 0, 0, 0, 1)
    terms[8, 2] *= -1
    player = agent("Z", "2x2x2")
    (own,), (rank,) = cut_to_target(terms[None], np.zeros(1, int), player)
    assert rank == 7
    assert not own[rank:].any()
    assert scheme_of_terms(own[:rank], parse_target("2x2x2"), player).hash == strassen().hash


def test_identity_bases_leave_the_targets_alone():
    player = agent("Z", "2x2x2")
    unit = np.tile(np.eye(4, dtype=int), (1, 3, 1, 1))
    tensors = start_tensors(player, rules_for("Z", "2x2x2"), np.zeros(1, int), Bases(unit, unit))
    np.testing.assert_array_equal(tensors[0], parse_size("2x2x2").target.tensor)


SCRIPT = jnp.zeros((4, 8, 3, 4), jnp.int32).at[:, :7].set(jnp.asarray(_strassen_terms("Z2")))
SCRIPT = SCRIPT.at[1, :7].set(SCRIPT[1, 6::-1]).at[2, 6].set(SCRIPT[2, 0])
IMPROVED = jnp.ones((3, 4), jnp.int32)


def _scripted(network, states, key):
    """Plays Strassen's terms, backwards in the second game; the third ends on a wrong one. Would rather play ones."""
    move = 7 - states.moves_left
    played = jax.vmap(lambda script, move: script[move])(SCRIPT, move)
    actions = jnp.stack([played, jnp.broadcast_to(IMPROVED, played.shape)], axis=1)
    count = len(move)
    weights = jnp.tile(jnp.array([0.0, 1.0]), (count, 1))
    return Plan(actions, weights, jnp.zeros(count, jnp.int32))


@pytest.fixture(scope="module")
def scripted():
    """Games of 2x2x2 over Z2 with a limit of seven: two are solved, one is not, and one has nothing to solve."""
    target = jnp.asarray(parse_size("2x2x2").target.tensor, jnp.int32)
    targets = jnp.stack([target, target, target, jnp.zeros_like(target)])
    network = untrained(agent("Z2", "2x2x2", history=3))
    return play(network, targets, jnp.full(4, 7, jnp.int32), jax.random.key(0), _scripted)


def test_games_played_from_a_script(scripted):
    assert scripted.is_solved.tolist() == [True, True, False, True]
    solved, terms = solved_terms(scripted)
    assert solved.tolist() == [0, 1, 3]
    assert terms.rank.tolist() == [7, 7, 0]
    np.testing.assert_array_equal(terms.terms[0], SCRIPT[0])
    np.testing.assert_array_equal(terms.terms[1], SCRIPT[1])
    assert np.asarray(scripted.states.is_over).sum(1).tolist() == [1, 1, 1, 8]
    np.testing.assert_array_equal(scripted.improved[0, :7], np.broadcast_to(IMPROVED, (7, 3, 4)))


def test_positions_carry_the_value_to_go_the_improved_action_and_whether_it_was_solved(scripted):
    positions = learnable_positions(scripted, np.random.default_rng(0), learn_failed=False)
    # Seven of each real game and one swapped of each solved.
    assert len(positions.value) == 3 * 7 + 2
    to_go = -np.arange(7.0, 0.0, -1.0)
    assert positions.value[:14].tolist() == [*to_go, *to_go]
    # Of the third Strassen's first and last term are left. Along w, the mode with the lowest sum: m1 + m7 in c11, of
    # rank 2, and m1 in c22, of rank 1. The charge comes last, so every value to go holds it.
    charge = 3.0
    assert positions.value[14:21].tolist() == [*(to_go - charge)]
    assert positions.is_solution.tolist() == [True] * 14 + [False] * 7 + [True] * 2
    every = learnable_positions(scripted, np.random.default_rng(0), learn_failed=True)
    assert every.is_solution.all()
    jax.tree.map(np.testing.assert_array_equal, every._replace(is_solution=positions.is_solution), positions)
    np.testing.assert_array_equal(positions.action[:21], np.broadcast_to(IMPROVED, (21, 3, 4)))
    np.testing.assert_array_equal(positions.state.moves_left[:7], np.arange(7, 0, -1))


def test_a_swapped_position_is_solved_by_the_swapped_action_and_the_others(scripted):
    moves = set()
    for seed in range(30):
        positions = learnable_positions(scripted, np.random.default_rng(seed), learn_failed=False)
        for game, row in ((0, -2), (1, -1)):
            script = np.asarray(SCRIPT[game, :7])
            move = 7 - int(positions.state.moves_left[row])
            moves.add(move)
            np.testing.assert_array_equal(positions.action[row], script[6])  # the last action, played at `move`
            others = script[move:6]
            assert positions.value[row] == -(len(others) + 1)
            left = np.concatenate([positions.action[row][None], others])
            total = np.einsum("ri,rj,rk->ijk", *np.moveaxis(left, 1, 0)) % 2
            np.testing.assert_array_equal(positions.state.residual[row], total)
            np.testing.assert_array_equal(positions.state.history[row][: min(move, 3)], script[:move][::-1][:3])
    assert moves == set(range(6))  # the last action is not swapped with itself


@pytest.fixture(scope="module", params=[("Z2", 64), ("Z", 16)])
def games(request):
    ring, count = request.param
    player = agent(ring, "1x1x2", **TINY)
    network = untrained(player)
    target = np.zeros(count, int)
    bases = draw_bases(np.random.default_rng(1), network.rules, modes_of(player, target), density=0.3)
    tensors = start_tensors(player, network.rules, target, bases)
    limits = np.repeat(np.array([1, 2], np.int32), count // 2)  # one move is too few
    return player, bases, limits, play(network, tensors, limits, jax.random.key(2), greedy)


def test_solved_games_are_schemes(games):
    player, bases, limits, played = games
    solved, terms = solved_terms(played)
    assert 3 < len(solved) <= (limits == 2).sum()
    canonical = change_terms(terms.terms, bases.inverses[solved], rules_for(player.ring, player.window))
    for row in range(len(solved)):
        scheme = scheme_of_terms(canonical[row, : terms.rank[row]], parse_target(player.targets[0]), player)
        assert scheme.rank == scheme.size.naive_rank


def test_returns_are_to_go_and_unsolved_games_are_charged(games):
    player, _, limits, played = games
    naive = -float(parse_size(player.targets[0]).naive_rank)
    positions = learnable_positions(played, np.random.default_rng(0), learn_failed=False)
    is_open = ~np.asarray(played.states.is_over)
    solved = np.asarray(played.is_solved)
    assert len(positions.value) == is_open.sum() + (solved & (is_open.sum(1) > 1)).sum()
    totals = np.asarray(played.rewards).sum(1)
    assert (totals[solved] == naive).all()
    assert (totals[~solved] < -limits[~solved]).all()
    first_of_game = np.cumsum(is_open.sum(1)) - is_open.sum(1)
    np.testing.assert_allclose(positions.value[first_of_game], totals)


def _content(search):
    state = search.state
    tree = (state.train, state.replay, state.best, state.record, state.population)
    leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]
    found = [(candidate.scheme.hash, candidate.origin, candidate.clock) for candidate in search.candidates()]
    return leaves, found, search.curve, state.best_rank, state.round


def _assert_exact(population, player):
    for terms, rank, target in zip(*population, strict=True):
        size = parse_size(player.targets[target])
        factors = Factors(*(terms[:rank, mode, :length].T for mode, length in enumerate(size.modes)))
        assert check(Scheme(size.target, player.ring, factors)) is None


def _run(player, given, folder):
    return list(searched(setup_for(player, given, folder)))[-1]


def test_an_interrupted_search_ends_with_the_same_content(tmp_path: Path):
    player = agent("Z2", "1x1x2", "2x2x2", **TINY)
    setup = setup_for(player, BOTH, tmp_path)
    *_, whole = searched(setup)
    resume_of(setup).clear()
    for killed in searched(setup):
        if killed.state.round == 2:
            break
    saved, *_, resumed = searched(setup)
    assert 1 <= saved.state.round <= 2  # a save may be skipped that would take long
    assert _content(resumed) == _content(whole)
    assert [row.round for row in resumed.curve] == [1, 1, 2, 2, 3, 3]
    # All of it was in play.
    assert whole.state.best_rank["game"] == {"1x1x2": 2}
    assert len(whole.state.replay.sizes) == 2
    assert set(whole.state.best.kind) == {0, 2}
    assert (whole.state.population.terms != standard_population(player, 32).terms).any()
    _assert_exact(whole.state.population, player)


def test_a_round_changes_nothing_that_it_was_given(tmp_path: Path):
    player = agent("Z2", "1x1x2", "2x2x2", **TINY)
    setup = setup_for(player, BOTH, tmp_path)
    state = blank(setup)

    def parts():
        return state.train, state.replay, state.best, state.record, state.population

    before = jax.tree.map(np.copy, parts())
    (one, _), (again, _) = (next(play_on(state, setup)) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, parts(), before)
    assert state.round == 0
    assert state.best_rank == {"game": {}, "window": {}}
    jax.tree.map(np.testing.assert_array_equal, (one.train, one.population), (again.train, again.population))


def test_found_schemes_are_exact_and_told_in_the_metrics(tmp_path: Path):
    player = agent("Z2", "1x1x2", "2x2x2", **TINY)
    search = _run(player, settings(games=32, window_games=32, train_steps=0), tmp_path)
    found = search.candidates()
    assert found
    for candidate in found:
        # No window game can be below the standard algorithm so soon.
        assert candidate.origin == Origin("search", "x", "game")
        assert 1 <= candidate.clock <= 3 * 64
        assert check(candidate.scheme) is None
        assert candidate.scheme.size.name == "1x1x2"
        assert candidate.scheme.rank == 2
    told = metrics(search.curve, search.state, len(found))
    assert told["games"] == 3 * 64
    assert told["best_game"] == {"1x1x2": 2}
    assert told["best_window"] == {}
    assert told["schemes"] == len(found)
    assert told["losses"] == {}
    assert set(told["solved_share"]) == {"1x1x2"}
    assert set(told["rewritten_share"]) == {"1x1x2", "2x2x2"}
    last = search.curve[-1]
    assert last.target == "2x2x2"
    assert last.solved_share is last.best_window is last.policy_loss is None
    assert float(csv_tables.text(last.rewritten_share)) == told["rewritten_share"]["2x2x2"]


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_window_games_alone_lower_a_scheme_and_hand_it_on(tmp_path: Path, ring):
    player, given = agent(ring, "2x2x2", **TINY), settings(games=0, window_games=16, train_steps=0)
    setup = setup_for(player, given, tmp_path)
    # Strassen's scheme with its first term in two parts: a window that holds both is one term.
    parts = np.concatenate([_strassen_terms(ring), _strassen_terms(ring)[:1]])
    parts[0, 2], parts[7, 2] = (1, 0, 0, 0), (0, 0, 0, 1)
    standard = standard_population(player, 16)
    population = standard._replace(terms=np.tile(parts.astype(np.int8), (16, 1, 1, 1)))
    found = []
    for state, report in play_on(blank(setup, population=population), setup):
        _assert_exact(state.population, player)
        found += report.found
    assert state.best_rank == {"game": {}, "window": {"2x2x2": 7}}
    assert {(one.kind, len(one.terms)) for one in found} == {("window", 7)}
    assert [check(scheme_of_terms(one.terms, parse_target("2x2x2"), player)) for one in found] == [None] * len(found)
    assert state.own_best(parse_target("2x2x2")) == 7
    assert state.best.cost.min() == -1  # a window of two terms rewritten in one
    assert set(state.best.kind) == {1}
    if ring == "Z2":
        assert (state.population.rank == 7).any()


def test_a_rewrite_beyond_the_coefficients_of_an_action_does_not_come_back(tmp_path: Path):
    # a11 b11 and a11 b12 of two standard schemes, rewritten as u (v1 + k v2) w1 + u v2 (w2 - k w1).
    player, given = agent("Z", "2x2x2", **TINY), settings(games=0, window_games=2)
    setup = setup_for(player, given, tmp_path)
    population = standard_population(player, 2)
    before = population.terms
    is_taken = np.tile(np.arange(8) < 2, (2, 1))
    bases = np.zeros((2, 3, 2, 4), int)
    bases[:, 0, 0] = before[0, 0, 0]
    bases[:, 1:] = before[0, :2, 1:].swapaxes(0, 1)
    coordinates = np.tile(np.array([[[1, 0], [1, 0], [1, 0]], [[1, 0], [0, 1], [0, 1]]]), (2, 1, 1, 1))
    windows = Windows(is_taken, coordinates, np.array([2, 2]), bases)
    rewritten = [[[[1, 0], [1, k], [1, 0]], [[1, 0], [0, 1], [-k, 1]]] for k in (3, 2)]
    games = Terms(np.array(rewritten), np.array([2, 2]))
    after, best = rewrite(population, np.arange(2), windows, games, setup)
    np.testing.assert_array_equal(after.terms[0], before[0])
    assert np.abs(after.terms[1]).max() == 2
    _assert_exact(after, player)
    np.testing.assert_array_equal(best.games.terms, [coordinates[0], games.terms[1]])  # the shortest known of each
    assert best.cost.tolist() == [0, 0]


def test_limits_are_the_own_best_and_selection_comes_in_its_round(tmp_path: Path, monkeypatch):
    limits, counts = [], []
    play_games, take = round_lib.play, round_lib.take_windows
    monkeypatch.setattr(round_lib, "play", lambda *given: limits.append(given[2]) or play_games(*given))

    def taken(*given):
        windows = take(*given)
        counts.append(np.asarray(windows.count))
        return windows

    monkeypatch.setattr(round_lib, "take_windows", taken)
    player = agent("Z2", "1x1x2", "2x2x2", **TINY)
    given = settings(games=4, window_games=16, rounds=2, selection_every=2, train_steps=0)
    setup = setup_for(player, given, tmp_path)
    population = standard_population(player, 16)
    members = np.flatnonzero(population.target == 1)
    population.terms[members[0], :8] = np.concatenate([_strassen_terms("Z2"), np.zeros((1, 3, 4), int)])
    population.rank[members[0]] = 7
    claim = {"game": {"1x1x2": 1}, "window": {}}  # to see that it limits the games
    for state, _ in play_on(blank(setup, population=population, best_rank=claim), setup):
        assert limits[-2].tolist() == [1] * 4
        assert limits[-1].tolist() == counts[-1].tolist()  # a rewrite is no longer than what it replaces
        assert set(state.population.rank[members]) == ({7, 8} if state.round == 1 else {7})
        _assert_exact(state.population, player)
    assert state.round == 2


def test_games_that_compete_have_the_moves_of_the_running_average(tmp_path: Path, monkeypatch):
    limits, averages = [], []
    play_games = round_lib.play
    monkeypatch.setattr(round_lib, "play", lambda *given: limits.append(given[2].tolist()) or play_games(*given))
    competition = {"decay": 0.5, "margin": 0.5}
    given = settings(games=4, rounds=2, train_steps=0, self_competition=competition)
    setup = setup_for(agent("Z2", "1x1x2", **TINY), given, tmp_path)
    luck = {"game": {"1x1x2": 1}, "window": {}}  # limits nothing
    for state, _ in play_on(blank(setup, best_rank=luck, average={"1x1x2": 1.2}), setup):
        averages.append(state.average["1x1x2"])
    # A game of one move leaves a tensor of rank 1, so it costs 2, as one that is solved does.
    assert limits == [[1] * 4, [2] * 4]
    assert averages == pytest.approx([1.6, 1.8])
    assert unpack_state(pack_state(state, {}), state)[0].average == state.average


def test_without_train_steps_the_network_stays(tmp_path: Path):
    player = agent("Z2", "1x1x2", **TINY)
    search = _run(player, settings(games=8, rounds=1, train_steps=0), tmp_path)
    jax.tree.map(np.testing.assert_array_equal, search.state.train.network, untrained(player))
    assert [row.policy_loss for row in search.curve] == [None]
    assert search.state.round == 1


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_training_works_with_every_share_searched_again(tmp_path: Path, share):
    player = agent("Z2", "1x1x2", **TINY)
    search = _run(player, settings(games=8, rounds=1, reanalyse=share), tmp_path)
    state = search.state
    assert state.best_rank["game"]  # something was solved
    learnt_from_games = share < 1
    assert bool(len(state.replay.positions.value)) == learnt_from_games
    assert bool(len(state.best.kind)) == learnt_from_games
    assert all(row.policy_loss > 0 and row.value_loss > 0 for row in search.curve)
    before, after = (network.value.quantiles.bias for network in (untrained(player), state.train.network))
    assert (np.asarray(before) != np.asarray(after)).any()


def test_signed_permutations_are_learnt_too(tmp_path: Path):
    # Played is with the same planner, so that only training can tell.
    player = agent("Z2", "1x1x2", **TINY)
    given = settings(games=8, rounds=1, signed_permutations=True)
    permuted = _run(player, given, tmp_path)
    plain = _run(player, given.model_copy(update={"signed_permutations": False}), tmp_path)
    assert [row.solved_share for row in plain.curve] == [row.solved_share for row in permuted.curve]
    assert [row.policy_loss for row in plain.curve] != [row.policy_loss for row in permuted.curve]


def test_a_save_waits_until_it_is_due(tmp_path: Path, monkeypatch):
    setup = setup_for(agent("Z2", "1x1x2", **TINY), settings(games=8, rounds=1, train_steps=0), tmp_path)
    for is_due in (False, True):
        monkeypatch.setattr(resume_lib.Resume, "is_due", is_due)
        list(searched(setup))
        assert (resume_of(setup).load() is not None) == is_due


def test_terms_that_cancel_leave_a_shorter_scheme_and_no_game_to_learn_from(tmp_path: Path):
    player, given = agent("Z2", "2x2x2", "2x2x3", **TINY), settings(games=0, window_games=64, rounds=1, train_steps=0)
    setup = setup_for(player, given, tmp_path)
    # The first standard term once and twice more: a window of both copies has nothing to solve.
    population = standard_population(player, 64)
    doubled = population.target == 0
    population.terms[doubled, 8:10] = population.terms[doubled, :1]
    population.rank[doubled] = 10
    ((state, _),) = play_on(blank(setup, population=population), setup)
    _assert_exact(state.population, player)
    assert (state.population.rank[doubled] == 8).any()
    assert len(state.best.kind)
    assert state.best.games.rank.min() > 0
