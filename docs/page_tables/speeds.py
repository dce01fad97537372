"""Tables of measured speeds: kernels against libraries, how kernels were chosen, and `fastmm.matmul` by shape."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import median

from fastmm.dispatch import effective_size
from page_tables.rows import markdown, read_csv


def kernels() -> Iterator[str]:
    """Kernels against the faster library, from the samples of benchmarks/kernels.py."""
    benchmark = importlib.import_module("kernels")
    rows = benchmark.tables.read(benchmark.SAMPLES, benchmark.TIMINGS)
    yield from benchmark.table(rows)
    texts = {row.implementation.split()[0] for row in rows if row.variant}
    yield ""
    yield f"Hash of the text that was timed (column `implementation`): {', '.join(map('`{}`'.format, sorted(texts)))}."


def products() -> Iterator[str]:
    """`fastmm.matmul` by class of shape, as benchmarks/matmul.py left it; bold where the interval is above 1."""
    return markdown(
        {
            "class": row["kind"],
            "n x m x p": "x".join(row[side] for side in "nmp"),
            "processor": row["cpu"],
            "threads": row["threads"],
            "NumPy's threads": "shared" if row["shared"] == "1" else "its own",
            "state": row["state"],
            "OpenBLAS": row["core"],
            "schemes": row["method"],
            "speed": speed(row),
            "2x2x2 alone": row["strassen"] and f"{float(row['strassen_speed']):.2f}, {row['strassen']}",
            "library": f"{row['library']}, {row['gflops']} GFLOP/s",
            "NumPy once more": f"{float(row['again']):.2f}",
            "error": f"{float(row['error']):.1f}",
        }
        for row in read_csv("benchmarks/matmul.csv")
        if row["kind"] != "random"
    )


def shapes() -> Iterator[str]:
    """`fastmm.matmul` on random shapes, as benchmarks/matmul.py left them."""
    groups: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in read_csv("benchmarks/matmul.csv"):
        if row["kind"] == "random":
            groups[row["cpu"], row["threads"], row["core"], "all"].append(row)
            if effective_size(tuple(int(row[side]) for side in "nmp")) >= 1024:
                groups[row["cpu"], row["threads"], row["core"], "1024 or more"].append(row)
    return markdown(
        {
            "processor": cpu,
            "threads": threads,
            "OpenBLAS": core,
            "effective size": size,
            "shapes": len(rows),
            "median speed": f"{median(float(row['speed']) for row in rows):.3f}",
            "worst twentieth": f"{sorted(float(row['speed']) for row in rows)[len(rows) // 20]:.3f}",
            "NumPy once more": f"{median(float(row['again']) for row in rows):.3f}",
            "not plain": f"{sum(row['method'] != 'plain' for row in rows) / len(rows):.0%}",
        }
        for (cpu, threads, core, size), rows in sorted(groups.items())
    )


def speed(row: Mapping[str, str]) -> str:
    """A median with its interval, bold where that lies above 1."""
    text = "{:.2f} [{:.2f}, {:.2f}]".format(*(float(row[name]) for name in ("speed", "low", "high")))
    return f"**{text}**" if float(row["low"]) > 1 else text


def clusters() -> Iterator[str]:
    """Ten kernels of one rank by how they were chosen."""
    return markdown(
        {
            "size": f"{row['size']}:{row['rank']}",
            "seed": row["seed"],
            "sampled, exact over Z, distinct": ", ".join(row[name] for name in ("sampled", "exact", "distinct")),
            "picks": row["picks"],
            "additions": row["additions"],
            "median speed": row["median"],
            "best speed": row["best"],
        }
        for row in read_csv("benchmarks/clusters.csv")
    )
