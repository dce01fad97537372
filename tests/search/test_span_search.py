"""Self-play in spans: orbits, what a round finds and remembers, and a killed search that goes on to the same bytes."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.targets import Target, parse_target
from stages.contract import resume as resume_lib
from stages.contract import tables
from stages.contract.command import Stopwatch
from stages.contract.named_targets import read_targets
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.demonstrations.draw import write_demonstrations
from stages.errors import SchemeError
from stages.game.rules import rules_for
from stages.game.support import unpack_factors
from stages.learning.demonstrations import DemonstrationReader
from stages.planning.one_ply_games import one_ply_games
from stages.search import generations
from stages.search.curve import rank_shares
from stages.search.generations import begin, first_turns, play_windows
from stages.search.search import rounds
from stages.search.setup import set_up
from stages.search.spans import orbits, play_round
from stages.search.starts import scheme_of_terms
from stages.search.state import blank_state, pack_state, round_key
from tests.agents import SPAN_WINDOWS, span_agent, untrained
from tests.search.players import resume_of

TARGETS = ("1x1x2", "1x2x2")
NAMED_TARGETS = read_targets(Path(__file__).parents[2] / "data/targets")


def setup_of(folder, *targets, **given):
    player = span_agent(*targets, **given)
    path = folder / "demonstrations.parquet"
    if not path.exists():
        write_demonstrations(path, player, "demonstrations@x")
    assert tables.num_rows(path, DEMONSTRATIONS) == 64
    return set_up("x", player, DemonstrationReader(path, rules_for(player.ring, player.window)), NAMED_TARGETS)


def searched(setup):
    return rounds(setup, untrained(setup.agent), resume_of(setup), Stopwatch())


def with_search(setup, **changes):
    search = setup.agent.search.model_copy(update=changes)
    return replace(setup, agent=setup.agent.model_copy(update={"search": search}))


def bytes_of(search):
    arrays = pack_state(search.state, {})
    return {name: array.tobytes() for name, array in arrays.items()}, search.curve


def test_an_orbit_is_three_terms_and_a_cube_one():
    moves = np.array([[[1, 0], [0, 1], [1, 1]], [[1, 0], [1, 0], [1, 0]]])
    terms = orbits(moves)
    assert terms.shape == (4, 3, 2)
    tensor = np.einsum("ri,rj,rk->ijk", *np.moveaxis(terms, 1, 0))
    np.testing.assert_array_equal(tensor, tensor.transpose(1, 2, 0))


def ends_the_same_when_killed(setup, whole):
    """A search that ends in its second round, and goes on, ends as the whole one has."""
    resume_of(setup).clear()
    killed = searched(setup)
    next(killed), next(killed)
    killed.close()
    resumed = searched(setup)
    assert next(resumed).state.round == 1
    *_, same = resumed
    assert bytes_of(same) == bytes_of(whole)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_what_is_found_is_kept_and_learnt_from_and_a_killed_search_ends_the_same(tmp_path, monkeypatch, ring):
    monkeypatch.setattr(resume_lib, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume_lib, "_BETWEEN_SAVES", 0)
    setup = setup_of(tmp_path, *TARGETS, ring=ring)
    *_, whole = searched(setup)
    assert [row.target for row in whole.curve] == [*TARGETS] * 3
    assert whole.state.best_rank["game"] == {"1x1x2": 2, "1x2x2": 4}
    assert set(whole.state.best.kind) == {0, 1}
    assert {row.games for row in whole.curve} == {2 * 5, 4 * 5, 6 * 5}  # a beam and four games, of two targets
    assert all(sum(row.by_rank.values()) == row.solved_share for row in whole.curve)
    assert {rank for row in whole.curve for rank in row.by_rank} >= {2, 4}
    found = whole.candidates()
    assert {str(candidate.origin) for candidate in found} == {"search:x:game"}
    assert {candidate.scheme.ring for candidate in found} == {ring}
    assert all(check(candidate.scheme) is None for candidate in found)
    assert all(np.isfinite(row.policy_loss) for row in whole.curve)

    ends_the_same_when_killed(setup, whole)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_targets_that_are_no_matrix_products_are_played_beside_them(tmp_path, monkeypatch, ring):
    """Each term of the product of two sums is one product, so four suffice; three do, by Karatsuba."""
    monkeypatch.setattr(resume_lib, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume_lib, "_BETWEEN_SAVES", 0)
    setup = setup_of(tmp_path, "poly2", "complex", "1x2x2", ring=ring)
    *_, whole = searched(setup)
    assert [row.target for row in whole.curve] == ["poly2", "complex", "1x2x2"] * 3
    best = whole.state.best_rank["game"]
    assert best["1x2x2"] == 4
    assert {best["poly2"], best["complex"]} <= {3, 4}
    found = [candidate.scheme for candidate in whole.candidates()]
    assert {scheme.target.name for scheme in found} == {"poly2", "complex", "1x2x2"}
    assert all(check(scheme) is None for scheme in found)
    ends_the_same_when_killed(setup, whole)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "poly3",
            "target poly3: expected axes of at most 4 and a naive rank of at most 4, as of the window 1x2x2, got",
        ),
        ("nowhere", r"target: expected a size like 3x4x5 or one of \['complex', "),
    ],
)
def test_targets_that_do_not_fit_the_window_are_told(tmp_path, name, message):
    with pytest.raises(SchemeError, match=message):
        setup_of(tmp_path, name, "1x2x2")


def test_a_target_with_other_values_than_signs_is_told(tmp_path):
    double = Target("double", (1, 1, 1), np.array([[0, 0, 0, 2]]))
    setup = setup_of(tmp_path, *TARGETS)
    with pytest.raises(SchemeError, match="target double: expected values -1 and 1, got 2"):
        set_up("x", span_agent("double", "1x2x2"), setup.reader, [double])


def test_moves_of_a_symmetric_game_are_handed_on_as_terms_and_learnt_as_moves(tmp_path):
    # The standard algorithm of 2x2x2: two cubes and two orbits.
    cells = [(i, j, k) for i, j, k in np.ndindex(2, 2, 2) if (i, j, k) == min((i, j, k), (j, k, i), (k, i, j))]
    moves = np.array([[1 << (2 * i + j), 1 << (2 * j + k), 1 << (2 * k + i)] for i, j, k in cells], np.uint16)
    assert len(moves) == 4
    setup = replace(setup_of(tmp_path, "2x2x2", symmetry="cyclic"), planner=lambda *given, noise: [moves])
    state = blank_state(setup, untrained(setup.agent))
    state, report = play_round(state, round_key(setup, 0), setup)
    assert state.best_rank["game"] == {"2x2x2": 8}
    assert state.best.games.rank.tolist() == [4]
    assert state.best.cost.tolist() == [8]
    (found,) = report.found
    assert check(scheme_of_terms(found.terms, parse_target("2x2x2"), setup.agent)) is None
    assert set(report.losses) == {"total", "policy", "value", "model"}
    assert report.losses["model"] == 0


def test_games_tell_shares_by_rank_and_an_open_loop_learns_nothing_of_them(tmp_path):
    def weights(number, **shares):
        setup = with_search(setup_of(tmp_path, "1x1x2"), games=number, **shares)
        state, report = play_round(blank_state(setup, untrained(setup.agent)), round_key(setup, 0), setup)
        assert report.ends["1x1x2"].shape == (number,)
        assert set(report.ends["1x1x2"]) <= {0, 2}
        assert rank_shares(report.ends["1x1x2"]) in {"", *(f"2:{solved / number:g}" for solved in range(number + 1))}
        assert (~state.record.is_line).sum() == number
        return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state.train.network)]

    assert weights(3, own_share=0.0, played_share=0.0) == weights(8, own_share=0.0, played_share=0.0)
    assert weights(3, own_share=0.0, played_share=0.5) != weights(8, own_share=0.0, played_share=0.5)


def test_few_lines_of_a_beam_are_learnt_and_all_are_handed_on(tmp_path):
    moves = np.array([[1, 1, 1], [2, 1, 2]], np.uint16)
    setup = replace(setup_of(tmp_path, "1x1x2"), planner=lambda *given, noise: [moves] * 40)
    state, report = play_round(blank_state(setup, untrained(setup.agent)), round_key(setup, 0), setup)
    assert len(report.found) == 40
    assert len(state.best.kind) == 10  # as many as best_games
    setup = with_search(setup, best_games=1000)
    state, _ = play_round(blank_state(setup, untrained(setup.agent)), round_key(setup, 0), setup)
    assert len(state.best.kind) == 16


def test_targets_that_do_not_fit_are_played_by_windows_and_a_killed_search_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(resume_lib, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume_lib, "_BETWEEN_SAVES", 0)
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "2x2x3", window="1x2x2", windows=SPAN_WINDOWS)
    *_, whole = searched(setup)
    # A beam and four games a round; each window game counts as a play of its tensor.
    assert whole.state.games == 5 * whole.state.round + whole.state.population.rewrites[0].plays.sum()
    assert {row.games for row in whole.curve if row.round == whole.state.round} == {whole.state.games}
    first, *_, last = (row for row in whole.curve if row.target == "2x2x2")
    assert first.solved_share is None
    assert 0 < last.rewritten_share <= 1
    play = whole.state.population
    assert play.schemes.rank.tolist() == [8] * 4 + [12] * 4
    assert play.rewrites[0].plays.sum() > len(play.rewrites[0].plays) / 2
    assert {0, 3} <= set(whole.state.best.kind)  # whole games, and windows
    assert play.starts.sum()  # the network has no skill, so nothing is lower before patience ends

    ends_the_same_when_killed(setup, whole)


@pytest.mark.parametrize("choice", ["any", "likely"])
def test_a_search_that_chooses_its_windows_learns_their_outcomes_and_ends_the_same(tmp_path, monkeypatch, choice):
    monkeypatch.setattr(resume_lib, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume_lib, "_BETWEEN_SAVES", 0)
    windows = SPAN_WINDOWS | {"choice": {"name": choice, "windows": 3}, "plays": 9}
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "2x2x3", window="1x2x2", windows=windows)
    *_, whole = searched(setup)
    play = whole.state.population
    assert len(play.chance.outcomes) == play.rewrites[0].plays.sum() > 0
    assert len(set(play.chance.outcomes)) > 1
    assert play.chance.windows.plays.max() > 0  # a tensor that was played is seen as such
    assert (play.chance.windows.known >= 1).all()
    ends_the_same_when_killed(setup, whole)


def test_only_games_that_were_played_are_counted(tmp_path):
    player = setup_of(tmp_path, "1x2x2", "2x2x2", "2x2x3", window="1x2x2", windows=SPAN_WINDOWS).agent
    before = begin(player)
    after, progress = play_windows(before, untrained(player), player, np.random.default_rng(0))
    assert progress.played.sum() == after.rewrites[0].plays.sum()
    assert (progress.played <= 3 * 4).all()  # one of each scheme in a batch at most
    assert 0 < progress.ended.sum() == len(progress.solved.length) < progress.played.sum()
    assert (progress.ended <= progress.played).all()
    # All windows of one term are one tensor: the first batch plays it, and nothing is left to be played.
    windows = player.search.windows.model_copy(update={"terms": (1, 1), "batches": 1, "plays": 1})
    once = player.model_copy(update={"search": player.search.model_copy(update={"windows": windows})})
    known, first = play_windows(before, untrained(player), once, np.random.default_rng(0))
    assert first.played.tolist() == [4, 4]
    _, then = play_windows(known, untrained(player), once, np.random.default_rng(1))
    assert then.played.tolist() == [0, 0]


def test_a_generation_is_of_the_lower_schemes_and_is_handed_on(tmp_path):
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "2x2x3", window="1x2x2", windows=SPAN_WINDOWS)
    state = blank_state(setup, untrained(setup.agent))
    # Two terms more that cancel: any window of both leads to a scheme of two terms less.
    schemes, rows = state.population.schemes, slice(0, 4)
    schemes.terms[rows, 8:10], schemes.rank[rows] = 5, 10
    state, report = play_round(state, round_key(setup, 0), setup)
    assert state.population.schemes.rank.tolist() == [8] * 4 + [12] * 4
    assert {(found.kind, found.target, len(found.terms)) for found in report.found} >= {("window", "2x2x2", 8)}
    for found in report.found:
        assert check(scheme_of_terms(found.terms, setup.targets[found.target], setup.agent)) is None
    assert state.best_rank["window"] == {"2x2x2": 8}
    assert set(report.rewritten) == {"2x2x2", "2x2x3"}


CYCLIC_WINDOWS = SPAN_WINDOWS | {"symmetry": "cyclic", "batches": 4, "patience": 40, "temperatures": (9.0,)}


def test_cyclic_schemes_stay_exact_and_a_killed_search_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(resume_lib, "FOLDER", tmp_path / "resume")
    monkeypatch.setattr(resume_lib, "_BETWEEN_SAVES", 0)
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "3x3x3", window="1x2x2", windows=CYCLIC_WINDOWS)
    *_, whole = searched(setup)
    play = whole.state.population
    of_turned, of_one = play.rewrites
    assert min(of_turned.plays.sum(), of_one.plays.sum()) > 0
    assert whole.state.games == 5 * whole.state.round + of_turned.plays.sum() + of_one.plays.sum()
    standard = {tuple(map(tuple, terms)) for terms in begin(setup.agent).schemes.terms.tolist()}
    assert {tuple(map(tuple, terms)) for terms in play.schemes.terms.tolist()} - standard
    for terms, rank, index in zip(*play.schemes, strict=True):
        name = setup.agent.windowed[index]
        target = parse_target(name)
        every = orbits(unpack_factors(terms[:rank], max(target.modes)))
        assert check(scheme_of_terms(every, target, setup.agent)) is None
        assert len(every) == target.naive_rank  # equal costs: the network has no skill
    assert of_one.cost[of_one.count > 0].max() > 4  # costs, not moves
    ends_the_same_when_killed(setup, whole)


def test_a_lower_cyclic_scheme_is_handed_on_with_all_its_terms(tmp_path):
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "3x3x3", window="1x2x2", windows=CYCLIC_WINDOWS)
    state = blank_state(setup, untrained(setup.agent))
    # One orbit twice, its moves turned against each other: they cancel.
    schemes = state.population.schemes
    schemes.terms[:4, 4:6], schemes.rank[:4] = [[5, 6, 9], [6, 9, 5]], 6
    state, report = play_round(state, round_key(setup, 0), setup)
    assert state.best_rank["window"] == {"2x2x2": 8}
    found = [found for found in report.found if found.target == "2x2x2"]
    assert {len(each.terms) for each in found} == {8}
    for each in found:
        assert check(scheme_of_terms(each.terms, setup.targets["2x2x2"], setup.agent)) is None


def test_games_in_one_span_teach_nothing_and_are_kept_in_one_turn(tmp_path, monkeypatch):
    setup = setup_of(tmp_path, "1x2x2", "2x2x2", "3x3x3", window="1x2x2", windows=CYCLIC_WINDOWS)
    solved = {False: 0, True: 0}

    def counted(*given, is_cyclic, **others):
        games = one_ply_games(*given, is_cyclic=is_cyclic, **others)
        solved[is_cyclic] += games.is_solved.sum()
        return games

    monkeypatch.setattr(generations, "one_ply_games", counted)
    network, rng = untrained(setup.agent), np.random.default_rng(0)
    play, progress = play_windows(begin(setup.agent), network, setup.agent, rng)
    assert min(solved.values()) > 0
    assert len(progress.solved.length) == solved[False]
    terms = play.rewrites[1].terms
    assert (terms != np.roll(terms, 1, axis=-1)).any()
    np.testing.assert_array_equal(first_turns(terms), terms)


def test_the_three_turns_of_a_move_are_one():
    moves = np.random.default_rng(0).integers(0, 512, (40, 5, 3))
    for one in range(3):
        np.testing.assert_array_equal(first_turns(np.roll(moves, one, axis=-1)), first_turns(moves))
    assert first_turns(np.array([[7, 3, 5], [4, 4, 4], [0, 0, 0]])).tolist() == [[3, 5, 7], [4, 4, 4], [0, 0, 0]]
