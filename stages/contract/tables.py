"""The only reader and writer of Parquet: equal content gives equal bytes. `contract.rows` has the tables.

Every column is non-null. pyarrow drops extra columns and fills missing ones with null; so names are compared here. What
made a file (command, parameters, code, lock) stands in dvc.lock, not in the file: a table's bytes depend on its rows
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.contract.whole_files import replacing
from stages.errors import StageError, TableError

ROW_GROUP = 16_384
COMPRESSION = "zstd"


Int16 = Annotated[int, pa.int16()]
Int32 = Annotated[int, pa.int32()]
Int64 = Annotated[int, pa.int64()]
Int8s = Annotated[np.ndarray, pa.list_(pa.int8())]
Int32s = Annotated[np.ndarray, pa.list_(pa.int32())]
Value = TypeVar("Value")
Text = Annotated[Value, pa.string()]  # of a type that `str` writes and its `parse` reads
_PLAIN = {str: pa.string(), bool: pa.bool_(), float: pa.float64(), bytes: pa.binary()}

Row = TypeVar("Row")
Columns = Mapping[str, Sequence[Any] | np.ndarray | pa.Array]


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A table: its name with a version, and the frozen dataclass of its rows. The fields are the columns."""

    name: str
    row: type[Row]

    @cached_property
    def schema(self) -> pa.Schema:
        """A column for each field: its type is in the annotation, or follows from `str`, `bool`, `float`, `bytes`."""
        hints = get_type_hints(self.row, include_extras=True)
        kinds = {name: hint.__metadata__[0] if get_args(hint) else _PLAIN[hint] for name, hint in hints.items()}
        fields = [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]
        return pa.schema(fields, metadata={"schema": self.name})

    @cached_property
    def parsers(self) -> Mapping[str, Callable[[str], object]]:
        """What makes the value of a `Text` column of its text."""
        types = get_type_hints(self.row)
        return {name: types[name].parse for name in self.schema.names if hasattr(types[name], "parse")}


@contextmanager
def writer(path: Path, table: Table[Any]) -> Iterator[Writer]:
    """Writes one table in row groups, with memory for one group; the file appears whole or not at all.

    Raises:
      DiskError: as `replacing` does.
    """
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, table.schema, compression=COMPRESSION, write_page_checksum=True) as file,
    ):
        rows = Writer(path, table.schema, file)
        yield rows
        rows.finish()


class Writer:
    """A table that is being written; `writer` makes one."""

    def __init__(self, path: Path, schema: pa.Schema, file: pq.ParquetWriter) -> None:
        self.path, self.schema, self._file = path, schema, file
        self._pending = schema.empty_table()

    def append(self, columns: Columns) -> None:
        """Adds rows. They leave in row groups of ROW_GROUP, however the calls divide them.

        Raises:
          TableError: other columns than declared, of unequal length, a null, or a value that does not fit its type.
        """
        if set(columns) != set(self.schema.names):
            raise TableError(f"{self.path}: expected columns {self.schema.names}, got {sorted(columns)}")
        arrays = [self._array(field, columns[field.name]) for field in self.schema]
        lengths = [len(array) for array in arrays]
        if len(set(lengths)) > 1:
            raise TableError(f"{self.path}: expected columns of one length, got {lengths}")
        self._pending = pa.concat_tables([self._pending, pa.table(arrays, schema=self.schema)])
        whole = self._pending.num_rows - self._pending.num_rows % ROW_GROUP
        for start in range(0, whole, ROW_GROUP):
            self._write_group(self._pending.slice(start, ROW_GROUP))
        self._pending = self._pending.slice(whole)

    def _array(self, field: pa.Field, value: Any) -> pa.Array:
        try:
            if pa.types.is_list(field.type) and len(value) and isinstance(value[0], np.ndarray):
                value = _lists(value, field.type.value_type)
            if not isinstance(value, pa.Array | np.ndarray) and _is_fraction(pa.array(value).type, field.type):
                raise ValueError("fractions where integers are declared")  # which pyarrow would cut off in silence
            array = value.cast(field.type) if isinstance(value, pa.Array) else pa.array(value, field.type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            raise TableError(f"{self.path}: column {field.name}: {' '.join(str(error).split())}") from None
        if nulls := _null_count(array):
            raise TableError(f"{self.path}: column {field.name} holds {nulls} nulls")
        return array

    def _write_group(self, rows: pa.Table) -> None:
        self._file.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP)

    def finish(self) -> None:
        """Writes the rows that fill no whole row group."""
        if self._pending.num_rows:
            self._write_group(self._pending)


def _is_fraction(kind: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_list(kind) and pa.types.is_list(declared):
        return _is_fraction(kind.value_type, declared.value_type)
    return bool(pa.types.is_floating(kind) and pa.types.is_integer(declared))


def _lists(arrays: Sequence[np.ndarray], kind: pa.DataType) -> pa.Array:
    """A column of one list for each array."""
    offsets = np.cumsum([0, *map(len, arrays)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(np.concatenate(arrays), kind))


def _null_count(array: pa.Array | pa.ChunkedArray) -> int:
    """Nulls of a column, in its lists too."""
    return int(array.null_count + (pc.list_flatten(array).null_count if pa.types.is_list(array.type) else 0))


def write_columns(path: Path, table: Table[Any], columns: Columns) -> None:
    """Writes a whole table. Raises TableError as `Writer.append` does."""
    with writer(path, table) as rows:
        rows.append(columns)


def write(path: Path, table: Table[Row], rows: Sequence[Row]) -> None:
    """Writes a whole table from its rows. Raises TableError as `Writer.append` does."""
    columns = {name: [getattr(row, name) for row in rows] for name in table.schema.names}
    write_columns(path, table, columns | {name: list(map(str, columns[name])) for name in table.parsers})


def _open(path: Path, table: Table[Any]) -> pq.ParquetFile:
    wanted = table.name
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        found = _columns(file.schema_arrow)
    except FileNotFoundError:
        raise TableError(f"{path}: no such file; expected a table {wanted}") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: not a whole Parquet file ({' '.join(str(error).split())})") from None
    got = (file.schema_arrow.metadata or {}).get(b"schema", b"no name").decode(errors="replace")
    if got != wanted or found != _columns(table.schema):
        file.close()
        raise TableError(f"{path}: expected a table {wanted} with {_columns(table.schema)}, got {got} with {found}")
    return file


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {_type(field.type)}" for field in schema) or "no column"


def _type(kind: pa.DataType) -> str:
    """The type's name; pyarrow calls the inside of a list «item» in memory and «element» in a file."""
    return f"list of {kind.value_type}" if pa.types.is_list(kind) else str(kind)


def read(path: Path, table: Table[Row]) -> list[Row]:
    """Reads the rows of a whole table.

    Raises:
      TableError: missing, truncated, not Parquet, not the table that was expected, with a null, or with a text that
        is no value of its column.
    """
    columns = read_columns(path, table)
    values = []
    for name in table.schema.names:
        values.append(_values(columns[name]))
        if name in table.parsers:
            try:
                values[-1] = list(map(cache(table.parsers[name]), values[-1]))
            except StageError as error:
                raise TableError(f"{path}: {error}") from None
    return [table.row(*row) for row in zip(*values, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Python's own values, or for lists arrays, which share their memory with the column."""
    if not pa.types.is_list(column.type):
        return list(column.to_pylist())
    arrays: list[np.ndarray] = []
    for chunk in column.chunks:
        flat, offsets = chunk.flatten().to_numpy(), chunk.offsets.to_numpy() - chunk.offsets[0].as_py()
        arrays += [flat[start:end] for start, end in pairwise(offsets)]
    return arrays


def read_columns(path: Path, table: Table[Any]) -> pa.Table:
    """`read`, as pyarrow's columns; their texts are not parsed."""
    with _open(path, table) as file:
        return _checked(file.read, path)


def num_rows(path: Path, table: Table[Any]) -> int:
    """Rows of a table, from its footer. Raises TableError as `read` does."""
    with _open(path, table) as file:
        return int(file.metadata.num_rows)


def read_group(path: Path, table: Table[Any], group: int) -> pa.Table:
    """Rows [group * ROW_GROUP, (group + 1) * ROW_GROUP) of a table, with memory for them alone.

    Raises TableError as `read` does.
    """
    with _open(path, table) as file:
        return _checked(lambda: file.read_row_group(group), path)


def _checked(read_fn: Callable[[], pa.Table], path: Path) -> pa.Table:
    try:
        columns = read_fn()
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path}: damaged ({' '.join(str(error).split())})") from None
    for name in columns.column_names:
        if nulls := _null_count(columns[name]):
            raise TableError(f"{path}: column {name} holds {nulls} nulls")
    return columns
