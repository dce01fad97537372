"""Tables of the bilinear maps of data/targets/: what was found of each, and what their agents cost."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from page_tables import ROOT
from page_tables.rows import markdown, read_csv


def targets() -> Iterator[str]:
    """The bilinear maps of data/targets/, what the run of runs/targets.yaml found of them, and what is published."""
    given = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "data/targets").glob("*.json"))}
    found: dict[tuple[str, str, str], list[tuple[int, float]]] = defaultdict(list)
    for row in read_csv("benchmarks/targets.csv"):
        found[row["target"], row["ring"], row["kind"]].append((int(row["rank"]), float(row["cpu_s"])))
    published: dict[str, list[str]] = defaultdict(list)
    for row in read_csv("data/known_targets.csv"):
        published[row["target"]].append(f"{row['rank']} ({row['ring']})")

    def lowest(name: str, ring: str, kind: str) -> tuple[int | None, float | None]:
        return min(found[name, ring, kind], default=(None, None))

    def line(name: str, target: Mapping[str, Any]) -> dict[str, object]:
        row: dict[str, object] = {"target": name, "axis lengths": "x".join(map(str, target["modes"]))}
        row["standard"] = len(target["entries"])
        for ring in ("Z2", "Z"):
            row[f"agent, {ring}"], _ = lowest(name, ring, "agent")
            row[f"walk, {ring}"], cpu_s = lowest(name, ring, "walk")
            row[f"CPU s of the walk, {ring}"] = None if cpu_s is None else f"{cpu_s:.0f}"
        row["walk, Z3"], _ = lowest(name, "Z3", "walk")
        (over_q, _), (over_z, _) = lowest(name, "Q", "walk"), lowest(name, "Z", "walk")
        row["walk, Q"] = over_q if over_q and (not over_z or over_q < over_z) else None
        return row | {"published": ", ".join(published[name])}

    return markdown(line(*item) for item in given.items())


def target_agents() -> Iterator[str]:
    """The agents of runs/targets.yaml: how many targets each played, and what that cost."""
    rows = [row for row in read_csv("benchmarks/targets.csv") if row["kind"] == "agent"]
    for_each = {row["name"]: (row["ring"], float(row["cpu_s"])) for row in rows}
    agents = yaml.safe_load((ROOT / "runs/targets.yaml").read_text())["agents"]
    played = {name: len(agent["targets"]) for name, agent in agents.items()}
    solved = Counter(row["name"] for row in rows)
    return markdown(
        {"ring": ring, "targets": played[name], "solved": solved[name], "CPU seconds": f"{cpu_s:,.0f}"}
        for name, (ring, cpu_s) in for_each.items()
    )
