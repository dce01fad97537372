"""The table of faults: what was broken, and how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from page_tables.rows import markdown, read_csv


def faults() -> Iterator[str]:
    """What benchmarks/faults.py broke, and how often it ended as it should."""
    return markdown(
        {
            "fault": row["fault"],
            "where": row["where"],
            "as it should / tries": f"{int(row['as_promised']):,} / {int(row['tries']):,}",
            "longest, seconds": row["slowest_s"],
            "largest, MB": row["largest_mb"],
        }
        for row in read_csv("benchmarks/faults.csv")
    )
