"""Tables: equal rows give equal bytes, and every wrong file or value is refused in one line that names the file."""

import contextlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.contract import tables
from stages.contract.rows import agents, kernels, schemes
from stages.contract.rows.agents import DEMONSTRATIONS, PARAMETERS, DemonstrationRow
from stages.contract.rows.kernels import REFUSED, RefusedRow
from stages.contract.rows.schemes import CANDIDATES
from stages.contract.tables import ROW_GROUP, Table
from stages.errors import TableError

ROWS = [DemonstrationRow(1, np.array([1, -1, 0])), DemonstrationRow(2, np.zeros(0, np.int8))]
TABLES = [value for module in (agents, kernels, schemes) for value in vars(module).values() if isinstance(value, Table)]


def content_of(path) -> list[tuple[int, list[int]]]:
    return [(row.rank, row.terms.tolist()) for row in tables.read(path, DEMONSTRATIONS)]


def columns(count: int) -> dict:
    return {"rank": np.arange(count) % 99, "terms": [[row % 5 - 2] * (row % 7) for row in range(count)]}


def refused(path, action) -> str:
    """The message of the one-line TableError that `action` ends with; no file may be left behind by it."""
    before = sorted(path.parent.iterdir()) if path.parent.exists() else []
    with pytest.raises(TableError) as caught:
        action()
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert (sorted(path.parent.iterdir()) if path.parent.exists() else []) == before
    return message


def test_rows_come_back(tmp_path):
    path = tmp_path / "new" / "folder" / "rows.parquet"
    tables.write(path, DEMONSTRATIONS, ROWS)
    assert content_of(path) == [(1, [1, -1, 0]), (2, [])]
    assert tables.read_columns(path, DEMONSTRATIONS).schema.metadata == DEMONSTRATIONS.schema.metadata


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_can_be_empty(tmp_path, table):
    path = tmp_path / "empty.parquet"
    tables.write(path, table, [])
    assert tables.read(path, table) == []


def test_every_table_has_its_own_name_and_no_null():
    names = [table.name for table in TABLES]
    assert len(set(names)) == len(names) == 9
    assert not any(field.nullable for table in TABLES for field in table.schema)


@pytest.mark.parametrize(
    "pieces", [[40_000], [1, 39_999], [777] * 51 + [373], [ROW_GROUP, ROW_GROUP, 7232], [0, 40_000, 0]]
)
def test_bytes_depend_on_the_rows_alone(tmp_path, pieces):
    whole, divided = tmp_path / "whole.parquet", tmp_path / "divided.parquet"
    content = columns(40_000)
    tables.write_columns(whole, DEMONSTRATIONS, content)
    with tables.writer(divided, DEMONSTRATIONS) as writer:
        start = 0
        for count in pieces:
            writer.append({name: values[start : start + count] for name, values in content.items()})
            start += count
    assert start == 40_000
    assert divided.read_bytes() == whole.read_bytes()
    with pq.ParquetFile(divided) as file:
        groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    assert groups == [ROW_GROUP, ROW_GROUP, 40_000 - 2 * ROW_GROUP]


def test_arrow_arrays_and_lists_give_equal_bytes(tmp_path):
    lists, arrays = tmp_path / "lists.parquet", tmp_path / "arrays.parquet"
    tables.write_columns(lists, DEMONSTRATIONS, {"rank": [1, 2], "terms": [[1], [2, 3]]})
    wide = {"rank": pa.array([1, 2], pa.int64()), "terms": pa.array([[1], [2, 3]], pa.list_(pa.int64()))}
    tables.write_columns(arrays, DEMONSTRATIONS, wide)
    assert arrays.read_bytes() == lists.read_bytes()


def test_writer_holds_one_row_group(tmp_path):
    """A hundred row groups leave no more behind than ten did: peak of Arrow's pool, in bytes."""

    def peak(groups: int) -> int:
        before = pa.total_allocated_bytes()
        highest = 0
        with tables.writer(tmp_path / "big.parquet", DEMONSTRATIONS) as writer:
            part = {
                "rank": np.zeros(ROW_GROUP, np.int16),
                "terms": pa.array(np.zeros((ROW_GROUP, 30), np.int8).tolist()),
            }
            for _ in range(groups):
                writer.append(part)
                highest = max(highest, pa.total_allocated_bytes() - before)
        return highest

    peak(2)
    assert peak(60) < 2 * peak(6)


BAD_VALUES = [
    ("missing column", {"rank": [1]}),
    ("further column", {"rank": [1], "terms": [[1]], "more": [1]}),
    ("other name", {"rank": [1], "term": [[1]]}),
    ("unequal lengths", {"rank": [1, 2], "terms": [[1]]}),
    ("null", {"rank": [1, None], "terms": [[1], [2]]}),
    ("null list", {"rank": [1, 2], "terms": [[1], None]}),
    ("null in a list", {"rank": [1], "terms": [[1, None]]}),
    ("arrow null", {"rank": pa.array([1, None]), "terms": [[1], [2]]}),
    ("overflow", {"rank": [2**15], "terms": [[1]]}),
    ("array overflow", {"rank": np.array([2**15]), "terms": [[1]]}),
    ("arrow overflow", {"rank": pa.array([2**15]), "terms": [[1]]}),
    ("overflow in a list", {"rank": [1], "terms": [[128]]}),
    ("overflow of int64", {"rank": [2**70], "terms": [[1]]}),
    ("text", {"rank": ["one"], "terms": [[1]]}),
    ("fraction", {"rank": [1.5], "terms": [[1]]}),
    ("fraction in a list", {"rank": [1], "terms": [[0.5]]}),
    ("fractions", {"rank": np.array([1.5]), "terms": [[1]]}),
    ("nan", {"rank": np.array([np.nan]), "terms": [[1]]}),
    ("number for a list", {"rank": [1], "terms": [1]}),
    ("object", {"rank": [object()], "terms": [[1]]}),
    ("arrow struct", {"rank": pa.array([{"a": 1}]), "terms": [[1]]}),
]


@pytest.mark.parametrize("content", [bad for _, bad in BAD_VALUES], ids=[name for name, _ in BAD_VALUES])
@pytest.mark.parametrize("existing", [False, True])
def test_wrong_value_is_refused_and_nothing_changes(tmp_path, content, existing):
    path = tmp_path / "table.parquet"
    if existing:
        tables.write(path, DEMONSTRATIONS, ROWS)
    refused(path, lambda: tables.write_columns(path, DEMONSTRATIONS, content))
    assert path.exists() == existing
    assert not existing or len(content_of(path)) == len(ROWS)


def test_text_that_is_not_unicode_is_refused(tmp_path):
    """A file name that is not UTF-8 reaches Python with lone surrogates."""
    path = tmp_path / "table.parquet"
    row = RefusedRow(scheme="a", size="2x2x2", ring="Z", rank=7, reason="\udcff")
    assert "reason" in refused(path, lambda: tables.write(path, REFUSED, [row]))


def test_a_text_that_is_no_value_of_its_column_is_refused(tmp_path):
    path = tmp_path / "table.parquet"
    content = {field.name: [[]] if pa.types.is_list(field.type) else [0] for field in CANDIDATES.schema}
    texts = {field.name: ["nobody"] for field in CANDIDATES.schema if field.type == pa.string()}
    tables.write_columns(path, CANDIDATES, content | texts)
    assert "origin: expected search:AGENT:game" in refused(path, lambda: tables.read(path, CANDIDATES))


def test_any_error_within_the_writer_leaves_nothing(tmp_path):
    with (  # noqa: PT012
        pytest.raises(ZeroDivisionError),
        tables.writer(tmp_path / "table.parquet", DEMONSTRATIONS) as writer,
    ):
        writer.append(columns(2 * ROW_GROUP))
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def foreign(path, **changes) -> None:
    """A Parquet file that this module did not write: some of its columns and metadata changed."""
    fields = {"rank": pa.array([1], pa.int16()), "terms": pa.array([[1]], pa.list_(pa.int8()))}
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    pq.write_table(pa.table(fields).replace_schema_metadata(DEMONSTRATIONS.schema.metadata), path)


BAD_FILES = [
    ("no such file", lambda path: None, "no such file"),
    ("a folder", lambda path: path.mkdir(), "not a whole Parquet file"),
    ("empty", lambda path: path.write_bytes(b""), "not a whole Parquet file"),
    ("text", lambda path: path.write_text("size,rank\n2x2x2,7\n" * 20), "not a whole Parquet file"),
    ("another table", lambda path: tables.write(path, PARAMETERS, []), "parameters/1"),
    ("no name", lambda path: pq.write_table(pa.table({"a": [1]}), path), "no name"),
    ("missing column", lambda path: foreign(path, terms=None), "got demonstrations/1 with rank int16"),
    ("further column", lambda path: foreign(path, more=pa.array([1])), "more int64"),
    ("wider type", lambda path: foreign(path, rank=pa.array([1])), "rank int64"),
    ("text for numbers", lambda path: foreign(path, rank=pa.array(["1"])), "rank string"),
    ("null", lambda path: foreign(path, rank=pa.array([None], pa.int16())), "column rank holds 1 nulls"),
    (
        "inner null",
        lambda path: foreign(path, terms=pa.array([[None, 1]], pa.list_(pa.int8()))),
        "column terms holds 1",
    ),
]


@pytest.mark.parametrize(("make", "part"), [bad[1:] for bad in BAD_FILES], ids=[bad[0] for bad in BAD_FILES])
def test_wrong_file_is_refused(tmp_path, make, part):
    path = tmp_path / "table.parquet"
    make(path)
    assert part in refused(path, lambda: tables.read_columns(path, DEMONSTRATIONS))


def test_file_cut_anywhere_is_refused(tmp_path):
    path = tmp_path / "table.parquet"
    tables.write(path, DEMONSTRATIONS, ROWS)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 5), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(path, lambda: tables.read_columns(path, DEMONSTRATIONS))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_byte_is_refused_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    tables.write(path, DEMONSTRATIONS, ROWS)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    with contextlib.suppress(TableError):
        assert content_of(path) == [(1, [1, -1, 0]), (2, [])]
