"""Tables of the agent's trials: attempts and their controls, variants, games solved, planners, choices of windows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from page_tables.rows import markdown, read_csv
from stages.algebra.targets import parse_size

CONTROLS = ("untrained", "walk")
Attempt = Mapping[str, str]  # a line of benchmarks/agent.csv


def agent() -> Iterator[str]:
    """Attempts of the agent beside its two controls, as benchmarks/agent.py left them."""
    groups: dict[tuple[str, str, str], dict[str, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for row in read_csv("benchmarks/agent.csv"):
        if not is_share(row):
            groups[row["target"], row["ring"], row["start"]][row["variant"]].append(row)
    return markdown(
        {
            "target": target,
            "ring": ring,
            "found by": start,
            **attempts(variants["agent"]),
            "games, median": f"{median(int(row['games']) for row in variants['agent']):,.0f}",
            "untrained, lowest": lowest(variants["untrained"]) if variants["untrained"] else "not run",
            "walk, CPU seconds": range_of(variants["walk"]) if variants["walk"] else "not run",
        }
        for (target, ring, start), variants in sorted(groups.items(), key=lambda item: parse_size(item[0][0]))
        if variants["agent"]  # 5x5x5 has rows of other variants alone
    )


def variants() -> Iterator[str]:
    """The agent with one thing changed, on the targets where that was tried."""
    rows = [
        row
        for row in read_csv("benchmarks/agent.csv")
        if row["variant"] not in CONTROLS and row["ring"] == "Z2" and not is_share(row)
    ]
    groups: dict[tuple[str, str], dict[str, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["target"], row["start"]][row["variant"]].append(row)
    return markdown(
        {"target": target, "found by": start, "variant": variant, **attempts(tried[variant])}
        for (target, start), tried in sorted(groups.items(), key=lambda item: parse_size(item[0][0]))
        if len(tried) > 1
        for variant in tried
    )


def shares() -> Iterator[str]:
    """Games solved after the same CPU seconds: own games learnt from, demonstrations alone, random weights."""
    groups: dict[tuple[str, str, str], list[dict[int, float]]] = defaultdict(list)
    rows = filter(is_share, read_csv("benchmarks/agent.csv"))
    for row in (row for row in rows if row["start"] != "game share"):
        ended = (one.split(":") for one in row["shares"].split())
        groups[row["target"], row["cap"], row["variant"]].append({int(rank): float(share) for rank, share in ended})
    lowest = {
        target: min((rank for key in groups if key[0] == target for each in groups[key] for rank in each), default=0)
        for target, _, _ in groups
    }
    return markdown(
        {
            "target": target,
            "CPU seconds": cap,
            "variant": variant,
            "games solved, each seed": ", ".join(f"{sum(each.values()):.1%}" for each in ended),
            "at the lowest rank of all": f"{lowest[target]}: "
            + ", ".join(f"{each.get(lowest[target], 0):.1%}" for each in ended),
        }
        for (target, cap, variant), ended in groups.items()
    )


def is_share(row: Attempt) -> bool:
    """Whether a line tells the share of solved games, not when a rank was found."""
    return row["start"].endswith("share")


def attempts(rows: Sequence[Attempt]) -> dict[str, object]:
    """Cells: hits, the lowest rank, and what each attempt cost until its hit or, without one, in all."""
    is_hit = [int(row["rank"]) <= int(row["aim"]) for row in rows]
    costs = [float(row["cpu_s" if hit else "spent_cpu_s"]) for row, hit in zip(rows, is_hit, strict=True)]
    return {
        "aim": rows[0]["aim"],
        "hits / attempts": f"{sum(is_hit)} / {len(rows)}",
        "lowest rank": lowest(rows),
        "CPU seconds of each": ", ".join(f"{cost:,.0f}" for cost in costs),
    }


def range_of(rows: Sequence[Attempt]) -> str:
    """The CPU seconds of the fastest and the slowest."""
    seconds = [float(row["cpu_s"]) for row in rows]
    return " to ".join(dict.fromkeys(f"{bound:.1f}" for bound in (min(seconds), max(seconds))))


def lowest(rows: Sequence[Attempt]) -> int:
    return min(int(row["rank"]) for row in rows)


def planners() -> Iterator[str]:
    """Games of one network under each planner."""
    return markdown(
        {"target": row["target"], "CPU seconds": row["cap"], "learns from": learnt(row), "planner": planner}
        | {
            "games solved": f"{sum(float(one.split(':')[1]) for one in ended.split()):.1%}",
            "by rank": ended,
            "CPU seconds of 512 games": seconds,
        }
        for row in read_csv("benchmarks/agent.csv")
        if row["start"] == "game share"
        for planner, ended, seconds in re.findall(r"(?:^|; )([^:;]+): ([\d:. ]*) in ([\d.]+) s", row["shares"])
    )


def learnt(row: Mapping[str, str]) -> str:
    """What a row of game shares learns from."""
    if row["variant"].endswith("demonstrations only"):
        return "demonstrations"
    return f"own games too{', prior × exp(Q)' if row['variant'] == 'prior exp(Q)' else ''}"


def window_choices() -> Iterator[str]:
    """What window games bring by the choice of windows, and what the model of chance foretells."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in read_csv("benchmarks/windows.csv"):
        groups[row["target"], row["choice"]].append(row)
    return markdown(
        {
            "target": target,
            "choice": choice,
            "games": f"{sum(int(row[kind]) for row in rows for kind in ('failed', 'same', 'new', 'lower')):,}",
            "`lower`, each seed": ", ".join(row["lower"] for row in rows),
            "CPU seconds": ", ".join(row["cpu_s"] for row in rows),
            "`lower` per CPU second": f"{sum(int(row['lower']) for row in rows) / total(rows, 'cpu_s'):.2f}",
            "rank, each seed": ", ".join(row["rank"] for row in rows),
            "log loss (base rate)": ", ".join(
                f"{row['log_loss']} ({row['base_loss']})" for row in rows if row["log_loss"]
            ),
        }
        for (target, choice), rows in groups.items()
    )


def total(rows: Iterable[Mapping[str, str]], column: str) -> float:
    """The sum of a column."""
    return sum(float(row[column]) for row in rows)
