"""The walk: where attempts start, what is kept, and that threads and interruptions change no byte."""

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.algebra import moves
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, non_zeros, standard
from stages.algebra.targets import parse_size
from stages.contract import candidates, scheme_files, tables
from stages.contract.candidates import Candidate
from stages.contract.command import Stopwatch
from stages.contract.origin import Origin
from stages.contract.resume import Resume
from stages.contract.rows.schemes import CANDIDATES
from stages.errors import SchemeError, TableError
from stages.params.walks import Refinement, Walk
from stages.refinement import finds as finds_lib
from stages.refinement import walk as walk_lib
from stages.refinement.finds import Finds
from stages.refinement.walk import PASSES, legs_of, read_start, read_target_start, refine
from stages.refinement.words import decode, encode, fits_ternary
from tests.examples import halves, modulo_two, strassen

ORIGIN = Origin("refinement", "test")
ROOT = Path(__file__).parents[2]
AGE_S = 1e6  # no test takes this long
SETTINGS = Refinement(keep=4, pool=16, plus_after=(50, 2000), margin=(2, 6), restart_after=60_000, walkers=3)
WALK = Walk(start="start.json", mode="flips", sizes=("2x2x2", "2x2x3", "2x3x3"), flips=1_500_000, seed=3)


class States(Resume):
    """Keeps every state, on no disk; begins from the one it is given."""

    is_due = True

    def __init__(self, first: dict | None = None) -> None:
        self.first, self.saved = first, []

    def load(self) -> dict | None:
        return self.first

    def save(self, arrays: dict) -> None:
        self.saved.append({name: array.copy() for name, array in arrays.items()})


def _refine(walk: Walk, settings: Refinement, given: list[Candidate], states: States | None = None, threads: int = 1):
    return refine(walk, settings, given, ORIGIN, states or States(), Stopwatch(), threads)


def _candidate(scheme: Scheme) -> Candidate:
    return Candidate(scheme, ORIGIN, "", 0, 0)


START = [_candidate(standard(parse_size("1x1x1").target))]


def _rows(finds: Finds) -> list[dict]:
    """Rows that can be compared."""
    rows = [vars(candidates.to_row(candidate)) for candidate in finds.archive.candidates()]
    return [row | {name: row[name].tolist() for name in "uvw"} for row in rows]


@pytest.fixture(scope="module", autouse=True)
def short_barrier():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk_lib, "BARRIER", 20_000)
        yield


@pytest.fixture(scope="module")
def finished(short_barrier) -> tuple[Finds, int]:
    return _refine(WALK, SETTINGS, START)


def test_walk_reaches_known_ranks_over_both_rings(finished):
    finds, flips_done = finished
    assert 1_500_000 <= flips_done < 1_500_000 + 3 * PASSES * SETTINGS.walkers
    best = {(row["target"], row["ring"]): row["rank"] for row in _rows(finds)}
    assert best == {
        (size, ring): rank for size, rank in (("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15)) for ring in ("Z2", "Z")
    }


def test_flips_go_with_the_square_of_the_naive_rank():
    legs = legs_of(WALK.model_copy(update={"flips": 1_000_000_000}), 2)
    assert [leg.size.name for leg in legs] == [*WALK.sizes] * PASSES
    assert sum(leg.flips for leg in legs) * 2 == pytest.approx(1_000_000_000, rel=1e-6)
    assert legs[2].flips / legs[0].flips == pytest.approx(18**2 / 8**2, rel=1e-6)


def test_every_row_is_exact_and_knows_its_origin(finished):
    finds, flips_done = finished
    found = finds.archive.candidates()
    held = {candidate.scheme.hash for candidate in finds.archive.candidates()}
    standards = {
        standard(parse_size(f"{n}x{m}x{p}").target).hash for n in (1, 2) for m in (2, 3) for p in (2, 3) if n <= m <= p
    }
    for candidate in found:
        assert check(candidate.scheme) is None
        assert (candidate.origin, candidate.seed) == (ORIGIN, 3)
        assert 0 <= candidate.clock <= flips_done
        over_z2 = decode(encode(candidate.scheme), candidate.scheme.target)
        assert candidate.parent in {over_z2.hash, *held, *standards}


def test_curve_falls_and_ends_at_the_best_rank(finished):
    finds, _ = finished
    for size in WALK.sizes:
        for ring in ("Z2", "Z"):
            ranks = [row["rank"] for row in finds.curve if (row["size"], row["ring"]) == (size, ring)]
            assert all(after < before for before, after in itertools.pairwise(ranks))
            assert ranks[-1] == finds.archive.best(parse_size(size).target, ring)
    assert [row["flips"] for row in finds.curve] == sorted(row["flips"] for row in finds.curve)


def test_attempts_end_at_their_ranks(finished):
    rows = finished[0].attempt_rows()
    assert {row["size"] for row in rows} == set(WALK.sizes)
    assert min(row["rank"] for row in rows if row["size"] == "2x3x3") == 15
    assert sum(row["attempts"] for row in rows) >= SETTINGS.walkers * len(WALK.sizes) * PASSES


def test_no_more_than_keep_per_size_ring_and_rank(finished):
    counts: dict[tuple, int] = {}
    for row in _rows(finished[0]):
        key = (row["target"], row["ring"], row["rank"])
        counts[key] = counts.get(key, 0) + 1
    assert max(counts.values()) == SETTINGS.keep


@pytest.mark.parametrize(
    "change",
    [
        {"keep": 5},
        {"pool": 8},
        {"plus_after": (60, 2000)},
        {"margin": (2, 5)},
        {"restart_after": 40_000},
        {"walkers": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_is_alive(finished, change):
    other, _ = _refine(WALK, SETTINGS.model_copy(update=change), START)
    assert _rows(other) != _rows(finished[0])


@pytest.mark.parametrize("change", [{"seed": 4}, {"flips": 1_600_000}, {"sizes": ("2x2x3", "2x3x3")}])
def test_every_number_of_the_walk_is_alive(finished, change):
    other, _ = _refine(WALK.model_copy(update=change), SETTINGS, START)
    assert _rows(other) != _rows(finished[0])


@pytest.mark.parametrize("threads", [2, 5])
def test_number_of_threads_changes_nothing(finished, threads):
    other, _ = _refine(WALK, SETTINGS, START, threads=threads)
    assert (_rows(other), other.curve) == (_rows(finished[0]), finished[0].curve)


def test_ternary_walk_finds_sparser_schemes_over_z():
    walk = WALK.model_copy(update={"mode": "ternary", "flips": 3_000_000})
    (finds, _), (other, _) = (_refine(walk, SETTINGS, START, threads=threads) for threads in (1, 2))
    assert _rows(finds) == _rows(other)
    found = [candidate.scheme for candidate in finds.archive.candidates()]
    assert {(scheme.size.name, scheme.rank) for scheme in found if scheme.ring == "Z"} == {
        ("2x2x2", 7),
        ("2x2x3", 11),
        ("2x3x3", 15),
    }
    assert all(check(scheme) is None for scheme in found)
    assert all(fits_ternary(scheme) for scheme in found if scheme.ring == "Z")
    # Strassen's has 36, the fewest that 7 products can have.
    assert min(non_zeros(scheme) for scheme in found if scheme.size.name == "2x2x2") == 36


@pytest.mark.parametrize("prefers_sparse", [False, True])
def test_sparser_schemes_take_the_place_of_others_where_they_are_preferred(prefers_sparse):
    finds = Finds(ORIGIN, 0, 1, [], prefers_sparse)
    dense, sparse = _strassen_in_another_basis(), strassen()
    assert non_zeros(sparse) < non_zeros(dense)
    for scheme in (dense, sparse, dense):
        finds.offer(scheme, "", 0)
    assert finds.lowest(sparse.target, "Z") == [sparse if prefers_sparse else dense]


@pytest.mark.parametrize("mode", ["flips", "ternary"])
def test_going_on_from_any_saved_state_gives_the_same(mode):
    """Each saved state is taken up by a new run; all end alike."""
    states, walk = States(), WALK.model_copy(update={"mode": mode})
    whole, flips_done = _refine(walk, SETTINGS, START, states)
    assert len(states.saved) >= 3 * PASSES
    for state in states.saved[:: len(states.saved) // 4]:
        resumed, again = _refine(walk, SETTINGS, START, States(state))
        assert (_rows(resumed), resumed.curve, again) == (_rows(whole), whole.curve, flips_done)


def test_a_wrong_scheme_of_the_walk_is_a_bug():
    right = standard(parse_size("2x2x2").target, "Z2")
    wrong = Scheme(right.target, "Z2", Factors(*(matrix[:, :-1] for matrix in right.factors)))
    with pytest.raises(RuntimeError, match="left the target 2x2x2: entry"):
        Finds(ORIGIN, 0, 4, []).offer(wrong, "", 0)


def _strassen_in_another_basis() -> Scheme:
    """Rows of A added: b1 -> b1 + b2, so another hash than Strassen's."""
    u, v, w = strassen().factors
    change, inverse = np.array([[1, 1], [0, 1]]), np.array([[1, -1], [0, 1]])
    rows = (inverse.T @ u.reshape(2, 2, -1).transpose(2, 0, 1)).transpose(1, 2, 0).reshape(4, -1)
    columns = (w.reshape(2, 2, -1).transpose(2, 0, 1) @ change.T).transpose(1, 2, 0).reshape(4, -1)
    return Scheme(strassen().target, "Z", Factors(rows, v, columns))


@pytest.mark.parametrize(
    ("given", "rings"),
    [([], ["Z", "Z2"]), ([modulo_two()], ["Z"]), ([strassen()], []), ([strassen(), modulo_two()], [])],
    ids=["nothing", "over Z2", "over Z", "both"],
)
def test_what_was_given_is_no_find_but_a_lift_of_it_is(given, rings):
    finds = Finds(ORIGIN, 0, 4, given)
    finds.offer(modulo_two(), "", 0)
    assert sorted(row["ring"] for row in _rows(finds)) == sorted(row["ring"] for row in finds.curve) == rings


def test_a_lift_to_q_is_kept_until_one_to_z_is_as_low(monkeypatch):
    finds = Finds(ORIGIN, 0, 4, [])
    monkeypatch.setattr(finds_lib, "lift", lambda scheme: halves())
    finds.offer(modulo_two(), "", 0)
    assert [row["ring"] for row in finds.curve] == ["Z2", "Q"]
    assert sorted(row["ring"] for row in _rows(finds)) == ["Q", "Z2"]
    assert finds.lowest(parse_size("2x2x2").target, "Z") == []  # nothing is made of it
    monkeypatch.undo()
    other = _strassen_in_another_basis()
    finds.offer(decode(encode(other), other.target), "", 1)
    assert [row["ring"] for row in finds.curve] == ["Z2", "Q", "Z"]
    assert {row["ring"] for row in _rows(finds)} == {"Z", "Z2"}
    monkeypatch.setattr(finds_lib, "lift", lambda scheme: halves())
    finds.offer(modulo_two(), "", 2)
    assert {row["ring"] for row in _rows(finds)} == {"Z", "Z2"}


def test_another_scheme_of_the_rank_given_is_a_find():
    other = _strassen_in_another_basis()
    assert check(other) is None
    finds = Finds(ORIGIN, 0, 4, [strassen()])
    finds.offer(decode(encode(other), other.target), "", 0)
    assert [(row["ring"], row["rank"]) for row in _rows(finds)] == [("Z", 7), ("Z2", 7)]


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_standard_algorithm_is_no_find_and_yet_a_start(ring):
    """One flip is too few for anything new."""
    given = [_candidate(standard(parse_size("2x2x2").target, ring))]
    finds, _ = _refine(WALK.model_copy(update={"flips": 1}), SETTINGS, given)
    assert all(row["rank"] < parse_size(row["target"]).naive_rank for row in _rows(finds))


def test_an_agents_scheme_is_extended_and_not_credited_to_the_walk():
    given = [_candidate(modulo_two())]
    walk = WALK.model_copy(update={"sizes": ("2x2x2", "2x2x3"), "flips": 1})
    finds, _ = _refine(walk, SETTINGS, given)
    rows = _rows(finds)
    assert modulo_two().hash not in {row["hash"] for row in rows}
    assert [row["hash"] for row in rows if row["parent"] == modulo_two().hash and row["ring"] == "Z"]
    assert {row["rank"] for row in rows if row["target"] == "2x2x3"} == {11}


def test_nothing_given_nothing_found():
    finds, flips_done = _refine(WALK, SETTINGS, [])
    assert (_rows(finds), finds.curve, flips_done) == ([], [], 0)


def test_agent_of_naive_rank_is_enough(tmp_path):
    path = tmp_path / "agent.parquet"
    candidates.write(path, [_candidate(standard(parse_size("2x2x2").target, "Z2"))])
    finds, _ = _refine(WALK, SETTINGS, read_start(path))
    assert finds.archive.best(parse_size("2x2x2").target, "Z") == 7


def test_start_that_is_wrong_or_foreign(tmp_path):
    right = standard(parse_size("2x2x2").target)
    wrong = Scheme(right.target, "Z", Factors(*(matrix[:, 1:] for matrix in right.factors)))
    candidates.write(tmp_path / "wrong.parquet", [_candidate(wrong)])
    with pytest.raises(SchemeError, match=r"wrong.*: .*entry \("):
        read_start(tmp_path / "wrong.parquet")
    (tmp_path / "foreign.parquet").write_bytes(b"PAR1")
    with pytest.raises(TableError, match=r"foreign\.parquet"):
        read_start(tmp_path / "foreign.parquet")


def test_rational_schemes_are_no_start(tmp_path):
    candidates.write(tmp_path / "start.parquet", [_candidate(halves()), _candidate(strassen())])
    assert [candidate.scheme.ring for candidate in read_start(tmp_path / "start.parquet")] == ["Z"]


def test_only_the_standard_algorithm_starts_from_json(tmp_path):
    path = tmp_path / "start.json"
    for name in ("1x1x1", "2x2x3"):
        scheme = standard(parse_size(name).target)
        scheme_files.write(path, Scheme(scheme.target, "Z", Factors(*(matrix[:, ::-1] for matrix in scheme.factors))))
        assert [candidate.scheme.hash for candidate in read_start(path)] == [scheme.hash]
    for foreign in (strassen(), modulo_two()):
        scheme_files.write(path, foreign)
        with pytest.raises(
            SchemeError, match=rf"start.json: expected the standard algorithm of 2x2x2 .*{foreign.hash}"
        ):
            read_start(path)


def _target_walk(name: str, mode: str, flips: int) -> Walk:
    return Walk(start=f"data/targets/{name}.json", mode=mode, sizes=(name,), flips=flips, seed=0)


@pytest.mark.parametrize(("name", "rank"), [("skew3", 5), ("skew4", 9)])  # (n - 1)(n + 2) / 2, of 6 and 12
@pytest.mark.parametrize("mode", ["flips", "ternary"])
def test_other_targets_reach_the_ranks_of_alphatensor(name, rank, mode):
    walk = _target_walk(name, mode, 600_000)
    start = read_target_start(ROOT / walk.start, mode == "ternary")
    finds, _ = _refine(walk, SETTINGS, start)
    for ring in ("Z2", "Z"):
        best = finds.lowest(start[0].scheme.target, ring)
        assert {(scheme.rank, check(scheme)) for scheme in best} == {(rank, None)}


def test_other_targets_go_on_where_they_were_killed():
    walk = _target_walk("skew3", "flips", 400_000)
    start, states = read_target_start(ROOT / walk.start, False), States()
    finds, _ = _refine(walk, SETTINGS, start, states)
    again, _ = _refine(walk, SETTINGS, start, States(states.saved[len(states.saved) // 2]))
    assert _rows(again) == _rows(finds)
    assert (again.curve, again.attempt_rows()) == (finds.curve, finds.attempt_rows())


@pytest.mark.parametrize(
    ("modes", "entries", "is_ternary", "message"),
    [
        ([1, 65, 1], [[0, 0, 0, 1]], False, r"modes of at most 64 entries, got \[1, 65, 1\]"),
        ([1, 33, 1], [[0, 0, 0, 1]], True, r"modes of at most 32 entries, got \[1, 33, 1\]"),
        ([1, 1, 1], [[0, 0, 0, 2]], False, "an odd value"),
        ([1, 1, 1], [[0, 0, 0, 3]], True, "values -1 and 1 in mode ternary, got 3"),
    ],
)
def test_targets_that_the_moves_cannot_carry(tmp_path, modes, entries, is_ternary, message):
    (tmp_path / "t.json").write_text(json.dumps({"modes": modes, "entries": entries}))
    with pytest.raises(SchemeError, match=f"t.json: expected {message}"):
        read_target_start(tmp_path / "t.json", is_ternary)


def _command(folder: Path, walk: str = "standard", start: Path = ROOT / "data/standard.json") -> list[str]:
    outs = (f"--{name}={folder / name}" for name in ("schemes", "curve", "attempts", "timing"))
    ins = ("--params=params.yaml", f"--code={__file__}", f"--start={start}")
    return [sys.executable, "-m", "stages.refinement", walk, *ins, *outs]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with parameters of a walk of about five seconds."""
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    sizes = ["2x2x2", "2x3x3", "3x3x3"]
    given["walks"] = {
        "standard": {"start": "data/standard.json", "mode": "flips", "sizes": sizes, "flips": 30_000_000, "seed": 1}
    }
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
    assert arrays["counters"][:2].sum() > 0
    np.savez(state, **arrays | {"seconds": arrays["seconds"] + AGE_S})
    subprocess.run(_command(workspace / "killed"), cwd=workspace, env=_environment(), check=True, capture_output=True)
    for name in ("schemes", "curve", "attempts"):
        assert (workspace / "whole" / name).read_bytes() == (workspace / "killed" / name).read_bytes()
    assert not list(workspace.glob(".resume/*.npz"))
    with (workspace / "killed/timing").open() as file:
        (timing,) = csv.DictReader(file)
    assert min(float(timing["cpu_s"]), float(timing["wall_s"])) > AGE_S, "the second run began from nothing"
    ranks = {(row.target, row.ring): row.rank for row in tables.read(workspace / "whole/schemes", CANDIDATES)}
    assert ranks["3x3x3", "Z"] == 23


def test_agent_that_solved_nothing_leaves_the_walk_empty_handed(workspace):
    start, out = workspace / "agent.parquet", workspace / "out"
    candidates.write(start, [])
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


def test_recombination_is_a_walk_of_its_own(workspace):
    """Twice the same bytes; one line where its start is no table of schemes."""
    given = yaml.safe_load((workspace / "params.yaml").read_text())
    start = "results/refinement/schemes/standard.parquet"
    given["walks"]["recombined"] = {"start": start, "mode": "recombination", "sizes": ["2x4x5", "9x9x9"]}
    (workspace / "params.yaml").write_text(yaml.safe_dump(given))
    candidates.write(workspace / "start.parquet", [_candidate(strassen())])
    for name in ("once", "twice"):
        command = _command(workspace / name, "recombined", workspace / "start.parquet")
        done = subprocess.run(command, cwd=workspace, env=_environment(), capture_output=True, text=True)
        assert done.returncode == 0
        assert "refinement:recombined: 240/240 sizes" in done.stderr
    for name in ("schemes", "curve", "attempts"):
        assert (workspace / "once" / name).read_bytes() == (workspace / "twice" / name).read_bytes()
    rows = tables.read(workspace / "once/schemes", CANDIDATES)
    assert {(row.origin, row.seed, row.clock) for row in rows} == {(Origin("refinement", "recombined"), 0, 0)}
    assert {row.rank for row in rows if row.target == "8x8x8"} == {343}
    curve = (workspace / "once/curve").read_text().splitlines()
    assert "8x8x8,0,343,Z2" in curve
    assert (workspace / "once/attempts").read_text() == "size,rank,attempts\n"
    done = subprocess.run(
        _command(workspace / "out", "recombined", workspace / "once/curve"),
        cwd=workspace,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {workspace}/once/curve: not a whole Parquet file")
    assert done.stderr.count("\n") == 1


def test_what_was_given_may_be_larger_than_a_machine_word():
    """8x8x16 has factors of 128 entries."""
    eight = moves.product(moves.product(strassen(), strassen()), strassen())
    large = moves.product(eight, standard(parse_size("1x1x2").target))
    finds = Finds(ORIGIN, 0, 4, [large])
    over_z2 = Scheme(large.target, "Z2", Factors(*(matrix % 2 for matrix in large.factors)))
    finds.offer(over_z2, "", 0)
    assert _rows(finds) == []
