"""Tables of the default run: what it found and how long it took, its agents and walks, and what `dvc push` sends."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from page_tables import ROOT
from page_tables.recorded import recorded_outputs, recorded_parameters
from page_tables.rows import markdown, read_csv


def squares_found() -> Iterator[str]:
    """What the default run found of square products, in short."""
    return markdown(
        {
            "size": row["size"],
            "ring": row["ring"],
            "naive": row["naive"],
            "AlphaTensor": row["alphatensor"],
            "published": row["best_known"],
            "this run": row["verified"],
            "its agent, by whole games": row["agent_game"],
            "its agent, by windows": row.get("agent_window", ""),
        }
        for row in read_csv("results/summary/ranks.csv")
        if len(set(row["size"].split("x"))) == 1
    )


def ranks() -> Iterator[str]:
    """What the default run found, less the columns that are empty."""
    rows = read_csv("results/summary/ranks.csv")
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    return markdown({name: row[name] for name in columns} for row in rows)


def seconds() -> Iterator[str]:
    """CPU seconds of the default run."""
    parts = {f"{row['kind']} `{row['name']}`": float(row["cpu_s"]) for row in read_csv("results/summary/seconds.csv")}
    parts["together"] = sum(parts.values())
    return markdown({"part": part, "CPU seconds": f"{spent:,.0f}"} for part, spent in parts.items())


def speedups() -> Iterator[str]:
    """The fastest kernel of each product in the default run."""
    best: dict[tuple[str, ...], Mapping[str, str]] = {}
    for row in sorted(read_csv("results/summary/speedups.csv"), key=lambda row: -float(row["median"])):
        best.setdefault(tuple(row[name] for name in ("n", "m", "p", "dtype", "state")), row)
    return markdown(
        {
            "product": f"{n}x{m}x{p}",
            "type and state": f"{dtype} {state}",
            "kernel": row["kernel"],
            "library": row["baseline"],
            "speed-up": "{:.2f} [{:.2f}, {:.2f}]".format(*(float(row[name]) for name in ("median", "low", "high"))),
        }
        for (n, m, p, dtype, state), row in sorted(best.items(), key=lambda item: list(map(int, item[0][:3])))
    )


def walks() -> Iterator[str]:
    """The lowest rank of each target in the walks of the default run, and how many of its attempts ended there."""
    ended: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for walk in (row["name"] for row in read_csv("results/summary/seconds.csv") if row["kind"] == "walk"):
        for row in read_csv(f"results/refinement/attempts/{walk}.csv"):
            ended[walk, row["size"]][int(row["rank"])] = int(row["attempts"])
    return markdown(
        {
            "walk": walk,
            "target": target,
            "lowest rank": min(counts),
            "hits / attempts": f"{counts[min(counts)]:,} / {sum(counts.values()):,}",
        }
        for (walk, target), counts in ended.items()
    )


def trained() -> Iterator[str]:
    """The agents of the default run: what each is, was trained on, and cost."""
    spent = {row["name"]: float(row["cpu_s"]) for row in read_csv("results/summary/seconds.csv")}
    bytes_of = {out["path"]: out["size"] for out in recorded_outputs()}
    for name, agent in recorded_parameters("agents").items():
        search, played = agent["search"], json.loads((ROOT / f"results/search/metrics/{name}.json").read_text())
        best = {"game": played["best_game"], "window": played["best_window"]}
        rows = {
            "plays": f"{', '.join(agent['targets'])} over {agent['ring']}",
            "symmetry": agent["symmetry"],
            "network": ", ".join(f"{key} {value}" for key, value in agent["network"].items()),
            "demonstrations": f"{agent['demonstrations']['count']:,}",
            "train steps before self-play": f"{agent['pretraining']['steps']:,}",
            "train steps beside self-play": f"{search['rounds'] * search['train_steps']:,}",
            "beams, one-ply games and window games": f"{played['games']:,}",
            "CPU seconds in all": f"{spent[name]:,.0f}",
            "bytes of `parameters/`": f"{bytes_of[f'results/search/parameters/{name}.parquet']:,}",
            **{
                f"lowest ranks by {kind}": ", ".join(f"{target}:{rank}" for target, rank in found.items())
                for kind, found in best.items()
                if found
            },
        }
        yield from ("", f"### `{name}`", "")
        yield from markdown({"": what, "agent": value} for what, value in rows.items())
    yield ""


def artifacts() -> Iterator[str]:
    """What `dvc push` sends of the default run, by folder, less the seconds that stages took."""
    folders = Counter()
    for out in recorded_outputs():
        path = Path(out["path"])
        if path.suffix in (".parquet", ".zip"):
            folders[str(path.parent)] += out["size"]
    return markdown({"folder": f"`{name}/`", "kB": f"{size / 1000:,.0f}"} for name, size in sorted(folders.items()))
