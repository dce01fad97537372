"""Candidates come back whole from their table; malformed rows end with one line."""

from dataclasses import replace

import numpy as np
import pytest

from stages.contract import candidates, tables
from stages.contract.rows.schemes import CANDIDATES
from stages.errors import SchemeError, TableError
from tests import examples
from tests.contract.schemes import SCHEMES, candidate, same


def test_table_round_trip(tmp_path):
    path = tmp_path / "candidates.parquet"
    given_candidates = [candidate(scheme, clock) for clock, scheme in enumerate(SCHEMES.values())]
    candidates.write(path, given_candidates)
    for found, expected in zip(candidates.read(path), given_candidates, strict=True):
        assert same(found.scheme, expected.scheme)
        assert (found.origin, found.parent, found.seed) == (expected.origin, expected.parent, expected.seed)
        assert found.clock == expected.clock
    assert [row.hash for row in tables.read(path, CANDIDATES)] == [s.hash for s in SCHEMES.values()]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "2x2"}, "three numbers"),
        ({"target": "3x2x2"}, "n <= m <= p"),
        ({"ring": "F4"}, "got 'F4'"),
        ({"rank": 8}, "factor u: expected 4 x 8 entries, got 28"),
        ({"rank": -7}, "factor u"),
        ({"v": np.ones(27, int)}, "factor v: expected 4 x 7 entries, got 27"),
        ({"w": np.full(28, -(2**31))}, "within int32"),
        ({"denominator": 2}, "denominator"),
        ({"denominator": 0}, "denominator"),
    ],
)
def test_malformed_row_is_refused_with_its_file(tmp_path, changes, message):
    path = tmp_path / "candidates.parquet"
    tables.write(path, CANDIDATES, [replace(candidates.to_row(candidate(examples.strassen())), **changes)])
    with pytest.raises(SchemeError, match=message) as caught:
        candidates.read(path)
    assert str(path) in str(caught.value)


def test_missing_table_is_refused(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        candidates.read(tmp_path / "none.parquet")
