"""The table of the formats in which others keep their schemes."""

from __future__ import annotations

from collections.abc import Iterator

from page_tables import ROOT
from page_tables.rows import markdown, read_csv
from stages.exchange.formats import files


def formats() -> Iterator[str]:
    """The formats of docs/formats.csv; every writer is in it once, and every file of the tests is there.

    Raises:
      ValueError: one of them is not.
    """
    given = read_csv("docs/formats.csv")
    written = sorted(name for row in given for name in row["writes"].split())
    if written != sorted([*files.WRITERS, *files.WRITERS_OF_PARTS]):
        raise ValueError(f"docs/formats.csv: expected every format that is written once, got {written}")
    for row in given:
        path = ROOT / "tests/exchange" / row["file in tests/exchange/"]
        if not path.is_file():
            raise ValueError(f"docs/formats.csv: {path}: no such file")
    yield from markdown(given)
