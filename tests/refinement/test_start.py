"""What a walk may begin from, and what is refused in one line."""

import json

import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import parse_target
from stages.contract import scheme_files
from stages.errors import SchemeError, TableError
from stages.refinement.start import read_start, read_target_start
from tests.examples import halves, modulo_two, strassen
from tests.walks import RINGS, write


def test_start_that_is_wrong_or_foreign(tmp_path):
    right = standard(parse_target("2x2x2"))
    wrong = Scheme(right.target, "Z", Factors(*(matrix[:, 1:] for matrix in right.factors)))
    write(tmp_path / "wrong.parquet", wrong)
    with pytest.raises(SchemeError, match=r"wrong.*: .*entry \("):
        read_start(tmp_path / "wrong.parquet")
    (tmp_path / "foreign.parquet").write_bytes(b"PAR1")
    with pytest.raises(TableError, match=r"foreign\.parquet"):
        read_start(tmp_path / "foreign.parquet")


def test_rational_schemes_are_no_start(tmp_path):
    write(tmp_path / "start.parquet", halves(), strassen())
    assert [scheme.ring for scheme in read_start(tmp_path / "start.parquet")] == ["Z"]


def test_only_the_standard_algorithm_starts_from_json(tmp_path):
    path = tmp_path / "start.json"
    for name in ("1x1x1", "2x2x3"):
        scheme = standard(parse_target(name))
        scheme_files.write(path, Scheme(scheme.target, "Z", Factors(*(matrix[:, ::-1] for matrix in scheme.factors))))
        assert [scheme.hash for scheme in read_start(path)] == [scheme.hash]
    for foreign in (strassen(), modulo_two()):
        scheme_files.write(path, foreign)
        with pytest.raises(
            SchemeError, match=rf"start.json: expected the standard algorithm of 2x2x2 .*{foreign.hash}"
        ):
            read_start(path)


@pytest.mark.parametrize(
    ("modes", "entries", "mode", "message"),
    [
        ([1, 65, 1], [[0, 0, 0, 1]], "flips", r"modes of at most 64 entries, got \[1, 65, 1\]"),
        ([1, 33, 1], [[0, 0, 0, 1]], "ternary", r"modes of at most 32 entries, got \[1, 33, 1\]"),
        ([1, 1, 1], [[0, 0, 0, 2]], "flips", "a value not divisible by 2"),
        ([1, 1, 1], [[0, 0, 0, 3]], "modulo3", "a value not divisible by 3"),
        ([1, 1, 1], [[0, 0, 0, 3]], "ternary", "values -1 and 1 in mode ternary, got 3"),
    ],
)
def test_targets_that_the_moves_cannot_carry(tmp_path, modes, entries, mode, message):
    (tmp_path / "t.json").write_text(json.dumps({"modes": modes, "entries": entries}))
    with pytest.raises(SchemeError, match=f"t.json: expected {message}"):
        read_target_start(tmp_path / "t.json", RINGS[mode])
