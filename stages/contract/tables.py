"""The only reader and writer of Parquet: one schema constant per table, equal content gives equal bytes.

Every column is non-null. Files are written beside their place and renamed, so a reader never meets half a file.
pyarrow drops extra columns and fills missing ones with null; so names are compared here. What made a file (command,
parameters, code, lock) stands in dvc.lock, not in the file: a table's bytes depend on its rows alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.errors import TableError

ROW_GROUP = 16_384
COMPRESSION = "zstd"

_integers = pa.list_(pa.int32())


def _schema(name: str, *fields: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(key, kind, nullable=False) for key, kind in fields], metadata={"schema": name})


DEMONSTRATIONS = _schema(
    "demonstrations/1",
    ("rank", pa.int16()),  # number of terms R, at most max_rank
    ("terms", pa.list_(pa.int8())),  # row-major [max_rank, 3, S] in game order; terms beyond R are zero
)
PARAMETERS = _schema(
    "parameters/1",
    ("path", pa.string()),  # place of the leaf in the network
    ("shape", _integers),
    ("dtype", pa.string()),  # NumPy name
    ("bytes", pa.binary()),  # row-major, little endian
)
_CANDIDATE_FIELDS = (
    ("size", pa.string()),  # target, n <= m <= p
    ("ring", pa.string()),  # Z2, Z, Q
    ("rank", pa.int32()),  # number of terms R
    ("denominator", pa.int32()),  # of the whole scheme: sum of terms = denominator * T; 1 but over Q
    ("u", _integers),  # row-major [nm, R]
    ("v", _integers),  # row-major [mp, R]
    ("w", _integers),  # row-major [pn, R]
    ("origin", pa.string()),  # search:AGENT:game, search:AGENT:subgame, refinement:WALK, recombination, imported:FILE
    ("parent", pa.string()),  # hash of the scheme this one was made from; empty where there is none
    ("seed", pa.int64()),  # root seed of the agent or walk
    ("clock", pa.int64()),  # games (search) or flips (refinement) at the find
    ("hash", pa.string()),  # algebra.factors.Scheme.hash
)
CANDIDATES = _schema("candidates/1", *_CANDIDATE_FIELDS)
VERIFIED = _schema(
    "verified/2",
    *_CANDIDATE_FIELDS,
    ("rings", pa.string()),  # all in which these factors hold, as in «Z2 Z Q»
    ("invariant", pa.string()),  # algebra.invariants
    ("class", pa.string()),  # algebra.invariants.class_of; equivalent schemes share it
    ("representative", pa.bool_()),  # of its class: fewest additions, lowest growth, fewest non-trivial columns
    ("nonzeros", pa.int32()),  # of u, v and w together
    ("nontrivial", pa.int32()),  # columns of u, v and w with more than one non-zero
    ("largest", pa.int32()),  # largest absolute coefficient
    ("naive_additions", pa.int32()),  # of all sums if nothing were shared
    ("additions", pa.int32()),  # additions and subtractions of `program`
    ("emax", pa.float64()),  # stages.program.costs: what one level multiplies a rounding error by, at most
    ("growth", pa.float64()),  # the same in the 2-norm
    ("omega", pa.float64()),  # exponent of the recursion
    ("program", pa.string()),  # stages.program as JSON
)
NAMED = _schema(  # verified too, of targets that are no matrix products: no kernels, no classes
    "named/1",
    *_CANDIDATE_FIELDS,
    ("rings", pa.string()),  # as in `VERIFIED`
    ("nonzeros", pa.int32()),
    ("largest", pa.int32()),
)
REJECTED = _schema(
    "rejected/1",
    *_CANDIDATE_FIELDS,
    ("i", pa.int32()),  # first wrong entry of the tensor; -1 where the scheme could not be read so far
    ("j", pa.int32()),
    ("k", pa.int32()),
    ("expected", pa.string()),  # decimal: sums of bad files have any size
    ("got", pa.string()),
    ("reason", pa.string()),  # one line
)
KERNELS = _schema(
    "kernels/3",
    ("kernel", pa.string()),  # hash of the source text
    ("scheme", pa.string()),  # hash of the scheme
    ("inner", pa.string()),  # backend c: hash of the scheme of the level fused into the product; empty elsewhere
    ("size", pa.string()),
    ("ring", pa.string()),
    ("rank", pa.int32()),
    ("backend", pa.string()),  # c, jax, numpy
    ("additions", pa.int32()),
    ("emax", pa.float64()),  # stages.program.costs: what one level multiplies a rounding error by, at most
    ("products", pa.int32()),  # of a level: the rank less terms that vanish
    ("left_sums", pa.int32()),  # distinct operands of products that are sums of blocks of A
    ("right_sums", pa.int32()),  # of B
    ("left_terms", pa.int32()),  # non-zeros of U
    ("right_terms", pa.int32()),  # of V
    ("output_terms", pa.int32()),  # of W
    ("source", pa.string()),
)
REFUSED = _schema(
    "refused/1",
    ("scheme", pa.string()),
    ("size", pa.string()),
    ("ring", pa.string()),
    ("rank", pa.int32()),
    ("reason", pa.string()),  # one line
)
TIMINGS = _schema(
    "timings/2",
    ("arm", pa.string()),  # kernel hash and form, or the name of a baseline: numpy, jax
    ("form", pa.string()),  # back end and levels: «jax L1», «c L2F» (F: one more, fused); empty for a baseline
    ("scheme", pa.string()),  # hash; empty for a baseline
    ("size", pa.string()),  # of the scheme; empty for a baseline
    ("rank", pa.int32()),  # of the scheme; 0 for a baseline
    ("n", pa.int32()),  # the product timed: n x m times m x p
    ("m", pa.int32()),
    ("p", pa.int32()),
    ("dtype", pa.string()),
    ("state", pa.string()),  # what went before each call: stages.timing.STATES
    ("round", pa.int32()),
    ("seconds", pa.float64()),  # one whole call
    ("error", pa.float64()),  # relative Frobenius error of some rows against a wider type
    ("workspace", pa.int64()),  # bytes beside operands and result; 0 where the back end does not say
    ("predicted", pa.float64()),  # seconds by stages.benchmarking.model; 0 where it has none: all but C
    ("threads", pa.int32()),
    ("device", pa.string()),  # what the library says it ran on
    ("cpu", pa.string()),  # model name
    ("versions", pa.string()),  # jax, numpy and BLAS
)


class Writer:
    """Writes one table in row groups, with memory for one group; the file appears whole or not at all."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema = path, schema
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._pending = schema.empty_table()

    def __enter__(self) -> Writer:
        self.path.parent.mkdir(parents=True, exist_ok=True)  # DVC does not make it
        self._file = pq.ParquetWriter(self._temporary, self.schema, compression=COMPRESSION, write_page_checksum=True)
        return self

    def append(self, columns: Mapping[str, Sequence | np.ndarray | pa.Array]) -> None:
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

    def _array(self, field: pa.Field, value: Sequence | np.ndarray | pa.Array) -> pa.Array:
        try:
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._pending.num_rows:
                self._write_group(self._pending)
            self._file.close()
            if kind is None:
                self._temporary.replace(self.path)
        finally:
            self._temporary.unlink(missing_ok=True)


def _is_fraction(kind: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_list(kind) and pa.types.is_list(declared):
        return _is_fraction(kind.value_type, declared.value_type)
    return pa.types.is_floating(kind) and pa.types.is_integer(declared)


def _null_count(array: pa.Array | pa.ChunkedArray) -> int:
    """Nulls of a column, in its lists too."""
    return array.null_count + (pc.list_flatten(array).null_count if pa.types.is_list(array.type) else 0)


def write(path: Path, schema: pa.Schema, columns: Mapping[str, Sequence | np.ndarray | pa.Array]) -> None:
    """Writes a whole table. Raises TableError as `Writer.append` does."""
    with Writer(path, schema) as writer:
        writer.append(columns)


def write_rows(path: Path, schema: pa.Schema, rows: Sequence[Mapping]) -> None:
    """Writes a table from one mapping per row.

    Raises:
      TableError: a row has other keys than the declared columns, or as `Writer.append`.
    """
    for row in rows:
        if set(row) != set(schema.names):
            raise TableError(f"{path}: expected columns {schema.names}, got {sorted(row)}")
    write(path, schema, {name: [row[name] for row in rows] for name in schema.names})


def _open(path: Path, schema: pa.Schema) -> pq.ParquetFile:
    wanted = schema.metadata[b"schema"].decode()
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        found = _columns(file.schema_arrow)
    except FileNotFoundError:
        raise TableError(f"{path}: no such file; expected a table {wanted}") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: not a whole Parquet file ({' '.join(str(error).split())})") from None
    got = (file.schema_arrow.metadata or {}).get(b"schema", b"no name").decode(errors="replace")
    if got != wanted or found != _columns(schema):
        file.close()
        raise TableError(f"{path}: expected a table {wanted} with {_columns(schema)}, got {got} with {found}")
    return file


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {_type(field.type)}" for field in schema) or "no column"


def _type(kind: pa.DataType) -> str:
    """The type's name; pyarrow calls the inside of a list «item» in memory and «element» in a file."""
    return f"list of {kind.value_type}" if pa.types.is_list(kind) else str(kind)


def read(path: Path, schema: pa.Schema) -> pa.Table:
    """Reads a whole table.

    Raises:
      TableError: missing, truncated, not Parquet, not the table that was expected, or with a null.
    """
    with _open(path, schema) as file:
        return _checked(file.read, path)


def num_rows(path: Path, schema: pa.Schema) -> int:
    """Rows of a table, from its footer. Raises TableError as `read` does."""
    with _open(path, schema) as file:
        return file.metadata.num_rows


def read_group(path: Path, schema: pa.Schema, group: int) -> pa.Table:
    """Rows [group * ROW_GROUP, (group + 1) * ROW_GROUP) of a table, with memory for them alone.

    Raises TableError as `read` does.
    """
    with _open(path, schema) as file:
        return _checked(lambda: file.read_row_group(group), path)


def _checked(read_fn: Callable[[], pa.Table], path: Path) -> pa.Table:
    try:
        table = read_fn()
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path}: damaged ({' '.join(str(error).split())})") from None
    for name in table.column_names:
        if nulls := _null_count(table[name]):
            raise TableError(f"{path}: column {name} holds {nulls} nulls")
    return table


def read_rows(path: Path, schema: pa.Schema) -> list[dict]:
    """`read`, as one dictionary per row."""
    return read(path, schema).to_pylist()
