"""Rows of files in git, and the lines of a table that rows make."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping

from page_tables import ROOT


def markdown(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a table; each row has a cell per column, and None is an empty cell."""
    for place, row in enumerate(rows):
        if place == 0:
            yield f"| {' | '.join(row)} |"
            yield "|---" * len(row) + "|"
        yield f"| {' | '.join('' if cell is None else str(cell) for cell in row.values())} |"


def read_csv(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(newline="") as file:
        return list(csv.DictReader(file))
