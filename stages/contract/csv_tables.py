"""CSV in and out: a frozen dataclass per table names its columns; further columns of a file are passed over."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from stages.contract.command import csv_text, write_text
from stages.errors import TableError

Row = TypeVar("Row")


def read(path: Path, row: type[Row]) -> list[Row]:
    """Reads the columns that are the fields of `row`: text, integers, floats, or one of these or None.

    An empty field is None.

    Raises:
      TableError: no such file, a column is missing, or a value is of another kind.
    """
    kinds = {name: _kind(hint) for name, hint in get_type_hints(row).items()}
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            if set(kinds) - set(reader.fieldnames or ()):
                raise TableError(f"{path}: expected columns {list(kinds)}, got {reader.fieldnames}")
            return [row(**{name: kind(line[name] or "") for name, kind in kinds.items()}) for line in reader]
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise TableError(f"{path}: line {reader.line_num}: {error}") from None


def _kind(hint: Any) -> Callable[[str], object]:
    """What makes a value of its text."""
    if not get_args(hint):
        return lambda text: hint(text)
    kind = get_args(hint)[0]
    return lambda text: kind(text) if text else None


def write(path: Path, row: type[Row], rows: Iterable[Row]) -> None:
    """Writes rows, also none; their numbers stand as `text` gives them."""
    columns = [field.name for field in fields(row)]  # type: ignore[arg-type]  # a dataclass
    lines = [{name: text(value) for name, value in asdict(each).items()} for each in rows]  # type: ignore[call-overload]
    write_text(path, csv_text(columns, lines))


def text(value: object) -> str:
    """A value as it stands in a file: a float with six digits, None as nothing."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
