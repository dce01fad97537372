"""Tables of the records: ranks beside what is published, the walks to them, programs, and inequivalent schemes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from page_tables import ROOT
from page_tables.rows import markdown, read_csv
from stages.algebra.targets import parse_size
from stages.program import costs
from stages.program.program import from_json


def records() -> Iterator[str]:
    """The certificates of results/records/ beside what is published."""
    held: dict[str, dict[str, int]] = defaultdict(dict)
    for path in (ROOT / "results/records").glob("*.json"):
        size, ring, rank = path.stem.split("_")
        held[size][ring] = int(rank)
    published = {row["size"]: row for row in read_csv("data/known_ranks.csv")}
    return markdown(
        {
            "size": size,
            "naive": parse_size(size).naive_rank,
            "Z2": held[size].get("Z2"),
            "published, Z2": published[size]["best_z2"],
            "AlphaTensor, Z2": published[size]["alphatensor_z2"],
            "Z": held[size].get("Z"),
            "published, Z": published[size]["best_z"],
            "AlphaTensor, Z": published[size]["alphatensor_z"],
        }
        for size in sorted(held, key=parse_size)
    )


def record_counts() -> Iterator[str]:
    """At how many sizes of axes of 2 to some length the certificates have the published rank, or a lower one."""
    held: dict[tuple[str, str], int] = {}
    for path in (ROOT / "results/records").glob("*.json"):
        size, ring, rank = path.stem.split("_")
        for its_ring in ("Z", "Z2") if ring == "Z" else ("Z2",):  # a scheme over Z is one over Z2, too
            held[size, its_ring] = min(int(rank), held.get((size, its_ring), int(rank)))
    published = {parse_size(row["size"]): row for row in read_csv("data/known_ranks.csv")}
    within = {n: [row for size, row in published.items() if size.n >= 2 and size.p <= n] for n in (5, 6)}
    return markdown(
        {
            "sizes": f"up to {n}x{n}x{n}",
            "of": len(rows),
            **{
                ring: sum(held.get((row["size"], ring), 10**9) <= int(row[f"best_{ring.lower()}"]) for row in rows)
                for ring in ("Z2", "Z")
            },
        }
        for n, rows in within.items()
    )


def record_walks() -> Iterator[str]:
    """Which walk found each record, how many of its attempts ended there, and the CPU seconds until it was there."""
    measured = {(row["size"], row["ring"]): row for row in read_csv("results/records/attempts.csv")}
    return markdown(
        {
            "size": size,
            "walk": _walks(*(measured[size, ring]["walk"] for ring in ("Z2", "Z"))),
            **{
                f"{column}, {ring}": cell
                for ring in ("Z2", "Z")
                for column, cell in record_cost(measured[size, ring]).items()
            },
        }
        for size in dict.fromkeys(size for size, _ in measured)
    )


def _walks(over_z2: str, over_z: str) -> str:
    return over_z2 if over_z2 == over_z else f"{over_z2} (Z2), {over_z} (Z)"


def record_cost(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "hits / attempts": f"{int(row['hits']):,} / {int(row['attempts']):,}",
        "CPU seconds": f"{float(row['cpu_s']):,.0f}",
    }


def additions() -> Iterator[str]:
    """The programs of results/programs/ beside the search that found them and what is published."""
    searches = {f"{row['size']}:{row['rank']}": row for row in read_csv("benchmarks/additions.csv")}
    published = {f"{row['size']}:{row['rank']}": row["additions"] for row in read_csv("data/known_additions.csv")}
    programs = [from_json(path.read_text()) for path in sorted((ROOT / "results/programs").glob("*.json"))]
    for_scheme = {f"{program.size.name}:{program.products}": program for program in programs}
    return markdown(
        {
            "scheme": scheme,
            "nothing shared": costs.naive_additions(program),
            "additions": costs.additions(program),
            "bound": searches[scheme]["bound"],
            "of u, v, w": f"{program.left.additions}, {program.right.additions}, {program.output.additions}",
            "published": published[scheme],
            "hits / tried": f"{searches[scheme]['hits']} / {int(searches[scheme]['tried']):,} {searches[scheme]['by']}",
            "CPU seconds": searches[scheme]["cpu_s"],
            "growth factor": f"{costs.growth(program):.2f}",
            "lowest growth factor": searches[scheme]["lowest_growth"],
        }
        for scheme, program in for_scheme.items()
    )


def classes() -> Iterator[str]:
    """Inequivalent schemes of one size and rank, as benchmarks/classes.py counted them."""
    return markdown(
        {
            "scheme": f"{row['size']}:{row['rank']}",
            "ring": row["ring"],
            "inequivalent": f"{int(row['classes']):,}",
            "CPU seconds": row["cpu_s"],
        }
        for row in read_csv("benchmarks/classes.csv")
    )
