"""CSV in: columns are asked for by name. Among these files is data/known_ranks.csv, what is published."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from stages.errors import TableError

Value = TypeVar("Value")

PUBLISHED = {"alphatensor_z2": int, "best_z2": int, "alphatensor_z": int, "best_z": int}


def read_csv(path: Path, kinds: Mapping[str, Callable[[str], Value]]) -> list[dict[str, Value | None]]:
    """Reads the columns named in `kinds`; an empty field is None.

    Raises:
      TableError: no such file, a column is missing, or a value is of another kind.
    """
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            missing = set(kinds) - set(reader.fieldnames or ())
            if missing:
                raise TableError(f"{path}: expected columns {list(kinds)}, got {reader.fieldnames}")
            return [
                {name: None if row[name] in ("", None) else kind(row[name]) for name, kind in kinds.items()}
                for row in reader
            ]
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise TableError(f"{path}: line {reader.line_num}: {error}") from None
