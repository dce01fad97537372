"""Tables of the cost of work: what its units cost, and what these costs say of the default run."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from math import exp, log

from page_tables.recorded import recorded_parameters
from page_tables.rows import markdown, read_csv
from stages.algebra.targets import parse_size


def cost() -> Iterator[str]:
    """What units of work cost, as benchmarks/cost.py left them."""
    return markdown(
        {
            "stage": row["stage"],
            "agent": row["agent"],
            "size": row["size"],
            "changed": f"`{row['changed']}: {row['value']}`" if row["changed"] else None,
            "unit": row["unit"],
            "CPU seconds of a unit": f"{float(row['unit_s']):.3g}",
            "of the first": row["first_s"],
            "memory, MB": f"{int(row['memory_mb']):,}",
        }
        for row in read_csv("benchmarks/cost.csv")
    )


def model() -> Iterator[str]:
    """What these costs say of the default run, beside what it took.

    Between two sizes that were measured, and beyond them, a cost is a power of the naive rank.
    """
    rows = read_csv("benchmarks/cost.csv")
    spent = {row["name"]: float(row["cpu_s"]) for row in read_csv("results/summary/seconds.csv")}
    agent, walk = recorded_parameters("agents")["z2"], recorded_parameters("walks")["standard"]
    search, first_s = agent["search"], 0.0
    for stage in ("pretraining", "search"):
        firsts = {row["size"]: float(row["first_s"]) for row in of_sizes(rows, stage, "spans")}
        first_s += firsts[agent["window"]]
    step_s = unit_s(of_sizes(rows, "pretraining", "spans"), agent["window"])
    steps = agent["pretraining"]["steps"] + search["rounds"] * search["train_steps"]
    round_s = sum(unit_s(of_sizes(rows, "search", "spans"), target) for target in agent["targets"])
    flip_s = sum(unit_s(of_sizes(rows, "refinement", ""), target) for target in walk["targets"]) / len(walk["targets"])
    said = {
        "agent `z2`": ("z2", first_s + steps * step_s + search["rounds"] * round_s),
        "walk `standard`": ("standard", walk["flips"] / 1e6 * flip_s),
    }
    return markdown(
        {"part": part, "CPU seconds by the model": f"{seconds:,.0f}", "CPU seconds it took": f"{spent[name]:,.0f}"}
        for part, (name, seconds) in said.items()
    )


def of_sizes(rows: Sequence[Mapping[str, str]], stage: str, agent: str) -> list[Mapping[str, str]]:
    """The costs of a stage in which nothing but the size is changed, the smallest size first."""
    chosen = [row for row in rows if (row["stage"], row["agent"], row["changed"]) == (stage, agent, "")]
    return sorted(chosen, key=lambda row: parse_size(row["size"]).naive_rank)


def unit_s(rows: Sequence[Mapping[str, str]], size: str) -> float:
    """CPU seconds of a unit at a size, through the two measured sizes that are nearest to it in order."""
    known = [(log(parse_size(row["size"]).naive_rank), log(float(row["unit_s"]))) for row in rows]
    at = log(parse_size(size).naive_rank)
    place = min(max(bisect([one for one, _ in known], at), 1), len(known) - 1)
    (left, low), (right, high) = known[place - 1 : place + 1]
    return exp(low + (high - low) * (at - left) / (right - left))
