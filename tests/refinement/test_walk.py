"""The walk: where attempts start, what they find, and that threads and interruptions change no byte."""

import csv
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.algebra.check import check
from stages.algebra.factors import Scheme, modulo, non_zeros, standard
from stages.algebra.targets import parse_target
from stages.contract import candidates
from stages.contract.command import Stopwatch
from stages.contract.resume import Resume
from stages.params.walks import CyclicWalk, Walk
from stages.refinement import flips
from stages.refinement.archive import WalkArchive
from stages.refinement.modes import mode_of
from stages.refinement.packed import Z2, Ternary
from stages.refinement.schedule import schedule_of
from stages.refinement.start import read_start, read_target_start
from stages.refinement.walk import refine
from tests.examples import modulo_two, product, strassen, strassen_in_another_basis
from tests.walks import FLIPS, MODULO3, ORIGIN, RINGS, SETTINGS, TERNARY, rows, write

ROOT = Path(__file__).parents[2]
AGE_S = 1e6  # no test takes this long
WALKS = {"flips": FLIPS, "modulo3": MODULO3, "ternary": TERNARY}


class States(Resume):
    """Keeps every state, on no disk; begins from the one it is given."""

    is_due = True

    def __init__(self, first: dict | None = None) -> None:
        self.first, self.saved = first, []

    def load(self) -> dict | None:
        return self.first

    def save(self, pack: Callable[[], dict]) -> None:
        self.saved.append({name: array.copy() for name, array in pack().items()})


def _refine(walk: Walk, given: list[Scheme], states: States | None = None) -> tuple[WalkArchive, int]:
    return refine(walk, given, ORIGIN, states or States(), Stopwatch())


START = [standard(parse_target("1x1x1"))]


@pytest.fixture(scope="module")
def finished() -> tuple[WalkArchive, int]:
    return _refine(FLIPS, START)


def test_walk_reaches_known_ranks_over_both_rings(finished):
    archive, flips_done = finished
    assert 1_500_000 <= flips_done < 1_500_000 + FLIPS.walkers
    best = {(row["target"], row["ring"]): row["rank"] for row in rows(archive)}
    assert best == {
        (size, ring): rank for size, rank in (("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15)) for ring in ("Z2", "Z")
    }


def test_rounds_are_the_flips_of_a_walker_cut_at_barriers():
    schedule = schedule_of(FLIPS.model_copy(update={"flips": 1_500_007, "walkers": 4, "barrier": 20_000}))
    rounds = [schedule.round(number) for number in range(schedule.num_rounds)]
    assert [one.ends for one in rounds[:-1]] == [one.begins for one in rounds[1:]]
    assert (rounds[0].begins, rounds[-1].ends) == (0, schedule.flips)
    assert schedule.flips == 4 * 375_002
    assert [one.flips for one in rounds] == [20_000] * 18 + [15_002]
    assert [one.is_last for one in rounds] == [False] * 18 + [True]


def test_every_row_is_exact_and_knows_its_origin(finished):
    archive, flips_done = finished
    found = archive.held.candidates()
    held = {candidate.scheme.hash for candidate in archive.held.candidates()}
    standards = {
        standard(parse_target(f"{n}x{m}x{p}")).hash for n in (1, 2) for m in (2, 3) for p in (2, 3) if n <= m <= p
    }
    for candidate in found:
        assert check(candidate.scheme) is None
        assert (candidate.origin, candidate.seed) == (ORIGIN, 3)
        assert 0 <= candidate.clock <= flips_done
        over_z2 = modulo(candidate.scheme, "Z2")
        assert candidate.parent in {over_z2.hash, *held, *standards}


def test_curve_falls_and_ends_at_the_best_rank(finished):
    archive, _ = finished
    for size in FLIPS.targets:
        for ring in ("Z2", "Z"):
            ranks = [row.rank for row in archive.curve if (row.size, row.ring) == (size, ring)]
            assert all(after < before for before, after in itertools.pairwise(ranks))
            assert ranks[-1] == archive.held.best(parse_target(size), ring)
    assert [row.flips for row in archive.curve] == sorted(row.flips for row in archive.curve)


def test_attempts_end_at_their_ranks(finished):
    ended = finished[0].attempt_rows()
    assert {row.size for row in ended} == set(FLIPS.targets)
    assert min(row.rank for row in ended if row.size == "2x3x3") == 15
    assert sum(row.attempts for row in ended) >= FLIPS.walkers * len(FLIPS.targets)


def test_no_more_than_keep_per_size_ring_and_rank(finished):
    counts: dict[tuple, int] = {}
    for row in rows(finished[0]):
        key = (row["target"], row["ring"], row["rank"])
        counts[key] = counts.get(key, 0) + 1
    assert max(counts.values()) == FLIPS.keep


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"flips": 300_000},
        {"targets": ("2x2x3", "2x3x3")},
        {"walkers": 2},
        {"barrier": 30_000},
        {"restart_after": 40_000},
        {"plus_after": (60, 2000)},
        {"plus_draws": 1},
        {"margin": (2, 5)},
        {"length": (4_000, 10_000_000)},
        {"growth": 1.1},
        {"pool": 8},
        {"harvest": 4},
        {"keep": 5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_number_is_alive(finished, change):
    other, _ = _refine(FLIPS.model_copy(update=change), START)
    assert rows(other) != rows(finished[0])


@pytest.mark.parametrize("cores", [1, 2])
def test_number_of_cores_changes_nothing(finished, cores):
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:cores])  # of this thread, and of those that it starts
    try:
        other, _ = _refine(FLIPS, START)
    finally:
        os.sched_setaffinity(0, every)
    assert (rows(other), other.curve) == (rows(finished[0]), finished[0].curve)


def test_walkers_wait_for_nobody_but_where_they_begin(finished, monkeypatch):
    """Whoever checks and lifts is slow; the walkers are ahead, and the result is the same."""
    offer = WalkArchive.offer

    def slow(archive: WalkArchive, *given: object) -> None:
        time.sleep(0.001)
        offer(archive, *given)

    monkeypatch.setattr(WalkArchive, "offer", slow)
    other, _ = _refine(FLIPS, START)
    assert (rows(other), other.curve) == (rows(finished[0]), finished[0].curve)


CYCLIC = CyclicWalk(
    mode="cyclic",
    group="C3",
    cubes={"3x3x3": ((0, 1), (2,))},
    **{name: SETTINGS[name] for name in CyclicWalk.model_fields.keys() & SETTINGS.keys()}
    | {"targets": ("2x2x2", "3x3x3"), "plus_after": 2_000},
)


@pytest.fixture(scope="module")
def finished_cyclic() -> WalkArchive:
    return _refine(CYCLIC, START)[0]


@pytest.mark.parametrize(
    ("change", "ranks"),
    [({}, {"2x2x2": 7, "3x3x3": 23}), ({"group": "C3xZ2", "targets": ("2x2x2", "4x4x4"), "cubes": {}}, {"2x2x2": 7})],
    ids=["C3", "C3xZ2"],
)
def test_cyclic_walk_reaches_known_ranks(change, ranks):
    archive, _ = _refine(CYCLIC.model_copy(update=change), START)
    best = {(row["target"], row["ring"]): row["rank"] for row in rows(archive)}
    assert {key: rank for key, rank in best.items() if key[0] in ranks} == {
        (size, ring): rank for size, rank in ranks.items() for ring in ("Z2", "Z")
    }
    assert all(best[size, ring] < parse_target(size).naive_rank for size, ring in best)


@pytest.mark.parametrize(
    "change",
    [
        {"cubes": {"3x3x3": ((0, 1, 2),)}},
        {"cubes": {}},
        {"group": "C3xZ2", "cubes": {}},
        {"plus_after": 1_000},
        {"restart_after": 40_000},
        {"plus_draws": 1},
    ],
    ids=str,
)
def test_every_number_of_a_cyclic_walk_is_alive(finished_cyclic, change):
    one, (other, _) = finished_cyclic, _refine(CYCLIC.model_copy(update=change), START)
    assert (one.attempt_rows(), rows(one)) != (other.attempt_rows(), rows(other))


ONWARD = CYCLIC.model_copy(update={"start": "results/refinement/schemes/cyclic.parquet", "targets": ("3x3x3",)})


def test_a_cyclic_walk_goes_on_from_another(finished_cyclic):
    """Its attempts begin at the rank that was found, and by pluses they reach schemes of it that were not given."""
    given = [candidate.scheme for candidate in finished_cyclic.held.candidates()]
    archive, _ = _refine(ONWARD.model_copy(update={"keep": 8}), given)
    assert {row.rank for row in archive.attempt_rows()} == {23}
    found = {candidate.scheme.hash for candidate in archive.held.candidates()}
    assert found - {scheme.hash for scheme in given}


def test_pluses_of_a_walk_that_goes_on_reach_the_orbits_of_the_standard_algorithm(finished_cyclic):
    given = [candidate.scheme for candidate in finished_cyclic.held.candidates()]
    archive, rng = WalkArchive(ORIGIN, 0, 4, given, Z2()), np.random.default_rng(0)
    target = parse_target("3x3x3")
    highest, rank = [], []
    for walk in (CYCLIC, ONWARD):
        mode = mode_of(walk)
        start = mode.draw_fn(target, archive, rng)
        rank.append(start.scheme.rank)
        highest.append(int(mode.begin(start, 0).walker.registers[flips.HIGHEST]))
    assert rank[0] > rank[1] == 23
    assert highest[0] == highest[1]


def test_a_cyclic_walk_leaves_out_what_is_not_symmetric(finished_cyclic):
    """2-reductions leave such schemes; the attempts begin from the standard algorithm."""
    given = [candidate.scheme for candidate in finished_cyclic.held.candidates()]
    archive = WalkArchive(ORIGIN, 0, 4, given, Z2())
    walk = ONWARD.model_copy(update={"group": "C3xZ2", "cubes": {"3x3x3": ((0, 1, 2),)}})
    start = mode_of(walk).draw_fn(parse_target("3x3x3"), archive, np.random.default_rng(0))
    assert start.scheme.rank > 23


def test_ternary_walk_finds_sparser_schemes_over_z():
    archive, _ = _refine(TERNARY.model_copy(update={"flips": 6_000_000}), START)
    found = [candidate.scheme for candidate in archive.held.candidates()]
    assert {(scheme.target.name, scheme.rank) for scheme in found if scheme.ring == "Z"} == {
        ("2x2x2", 7),
        ("2x2x3", 11),
        ("2x3x3", 15),
    }
    assert all(check(scheme) is None for scheme in found)
    assert all(Ternary().fits(scheme) for scheme in found if scheme.ring == "Z")
    # Strassen's has 36, the fewest that 7 products can have.
    assert min(non_zeros(scheme) for scheme in found if scheme.target.name == "2x2x2") == 36


@pytest.mark.parametrize("ring", [Z2(), Ternary()])
def test_sparser_schemes_take_the_place_of_others_in_the_ternary_walk(ring):
    archive = WalkArchive(ORIGIN, 0, 1, [], ring)
    dense, sparse = strassen_in_another_basis(), strassen()
    assert non_zeros(sparse) < non_zeros(dense)
    for scheme in (dense, sparse, dense):
        archive.offer(scheme, "", 0)
    assert archive.lowest(sparse.target, "Z") == [sparse if ring == Ternary() else dense]


@pytest.mark.parametrize("mode", ["flips", "modulo3", "ternary"])
def test_going_on_from_any_saved_state_gives_the_same(mode):
    """Each saved state is taken up by a new run; all end alike."""
    states, walk = States(), WALKS[mode]
    whole, flips_done = _refine(walk, START, states)
    assert len(states.saved) == walk.flips // walk.walkers // walk.barrier
    for state in states.saved[:: len(states.saved) // 4]:
        resumed, again = _refine(walk, START, States(state))
        assert (rows(resumed), resumed.curve, again) == (rows(whole), whole.curve, flips_done)


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_standard_algorithm_is_not_found_and_yet_a_start(ring):
    """One flip is too few for anything new."""
    given = [standard(parse_target("2x2x2"), ring)]
    archive, _ = _refine(FLIPS.model_copy(update={"flips": 1}), given)
    assert all(row["rank"] < parse_target(row["target"]).naive_rank for row in rows(archive))


def test_an_agents_scheme_is_extended_and_not_credited_to_the_walk():
    given = [modulo_two()]
    walk = FLIPS.model_copy(update={"targets": ("2x2x2", "2x2x3"), "flips": 1, "walkers": 16})
    archive, _ = _refine(walk, given)
    found = rows(archive)
    assert modulo_two().hash not in {row["hash"] for row in found}
    assert [row["hash"] for row in found if row["parent"] == modulo_two().hash and row["ring"] == "Z"]
    assert {row["rank"] for row in found if row["target"] == "2x2x3"} == {11}


def test_what_is_given_over_z2_is_lifted_before_the_first_flip():
    given = [
        modulo(strassen(), "Z2"),
        modulo(strassen_in_another_basis(), "Z2"),
        modulo(product(strassen(), strassen()), "Z2"),
    ]
    archive, _ = _refine(FLIPS.model_copy(update={"targets": ("2x2x2",), "flips": 4}), given)
    found = [row for row in rows(archive) if row["ring"] == "Z"]
    assert {(row["target"], row["rank"], row["clock"]) for row in found} == {("2x2x2", 7, 0)}
    assert {row["parent"] for row in found} <= {scheme.hash for scheme in given[:2]}


def test_nothing_given_nothing_found():
    archive, flips_done = _refine(FLIPS, [])
    assert (rows(archive), archive.curve, flips_done) == ([], [], 0)


def test_agent_of_naive_rank_is_enough(tmp_path):
    path = tmp_path / "agent.parquet"
    write(path, standard(parse_target("2x2x2"), "Z2"))
    archive, _ = _refine(FLIPS, read_start(path))
    assert archive.held.best(parse_target("2x2x2"), "Z") == 7


def _target_walk(name: str, mode: str, flips: int) -> Walk:
    return WALKS[mode].model_copy(update={"start": f"data/targets/{name}.json", "targets": (name,), "flips": flips})


@pytest.mark.parametrize(("name", "rank"), [("skew3", 5), ("skew4", 9)])  # (n - 1)(n + 2) / 2, of 6 and 12
@pytest.mark.parametrize("mode", ["flips", "ternary"])
def test_other_targets_reach_the_ranks_of_alphatensor(name, rank, mode):
    walk = _target_walk(name, mode, 600_000)
    start = read_target_start(ROOT / walk.start, RINGS[mode])
    archive, _ = _refine(walk, start)
    for ring in ("Z2", "Z"):
        best = archive.lowest(start[0].target, ring)
        assert {(scheme.rank, check(scheme)) for scheme in best} == {(rank, None)}


def test_other_targets_go_on_where_they_were_killed():
    walk = _target_walk("skew3", "flips", 400_000)
    start, states = read_target_start(ROOT / walk.start, RINGS["flips"]), States()
    archive, _ = _refine(walk, start, states)
    again, _ = _refine(walk, start, States(states.saved[len(states.saved) // 2]))
    assert rows(again) == rows(archive)
    assert (again.curve, again.attempt_rows()) == (archive.curve, archive.attempt_rows())


def _command(folder: Path, walk: str = "standard", start: Path = ROOT / "data/standard.json") -> list[str]:
    outs = (f"--{name}={folder / name}" for name in ("schemes", "curve", "attempts", "timing"))
    ins = ("--params=params.yaml", f"--code={__file__}", f"--start={start}")
    return [sys.executable, "-m", "stages.refinement", walk, *ins, *outs]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with parameters of a walk of about five seconds."""
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    sizes = ["2x2x2", "2x3x3", "3x3x3"]
    given["walks"] = {"standard": given["walks"]["standard"] | {"targets": sizes, "flips": 30_000_000, "seed": 1}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(given))
    return tmp_path


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def test_killed_run_ends_in_the_same_bytes(workspace):
    """kill -9 as soon as a state is saved; the second run goes on from there, so it counts the age of what it found."""
    subprocess.run(_command(workspace / "whole"), cwd=workspace, env=_environment(), check=True, capture_output=True)
    with subprocess.Popen(
        _command(workspace / "killed"), cwd=workspace, env=_environment(), stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while not list(workspace.glob(".resume/*.npz")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (workspace / "killed").exists()
    (state,) = workspace.glob(".resume/refinement@standard-*.npz")
    with np.load(state) as saved:
        arrays = dict(saved)
    assert arrays["counters"].min() > 0
    np.savez(state, **arrays | {"seconds": arrays["seconds"] + AGE_S})
    subprocess.run(_command(workspace / "killed"), cwd=workspace, env=_environment(), check=True, capture_output=True)
    for name in ("schemes", "curve", "attempts"):
        assert (workspace / "whole" / name).read_bytes() == (workspace / "killed" / name).read_bytes()
    assert not list(workspace.glob(".resume/*.npz"))
    with (workspace / "killed/timing").open() as file:
        (timing,) = csv.DictReader(file)
    assert min(float(timing["cpu_s"]), float(timing["wall_s"])) > AGE_S, "the second run began from nothing"
    schemes = [candidate.scheme for candidate in candidates.read(workspace / "whole/schemes")]
    ranks = {(scheme.target.name, scheme.ring): scheme.rank for scheme in schemes}
    assert ranks["3x3x3", "Z"] == 23


def test_agent_that_solved_nothing_leaves_the_walk_empty_handed(workspace):
    start, out = workspace / "agent.parquet", workspace / "out"
    write(start)
    done = subprocess.run(_command(out, start=start), cwd=workspace, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == f"refinement:standard: {start} holds no scheme, so there is nothing to refine\n"
    assert candidates.read(out / "schemes") == []
    assert (out / "curve").read_text() == "size,flips,rank,ring\n"
    assert (out / "attempts").read_text() == "size,rank,attempts\n"
    assert "flips" in (out / "timing").read_text()


def test_command_line_names_an_unknown_walk(workspace):
    done = subprocess.run(
        _command(workspace / "out", "nowhere"), cwd=workspace, env=_environment(), capture_output=True
    )
    assert done.returncode == 1
    assert done.stderr.decode() == "error: params.yaml: walks: expected one of standard, got 'nowhere'\n"
    assert not (workspace / "out").exists()
