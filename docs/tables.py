"""The tables of README.md and docs/: `python docs/tables.py` writes them, `--check` compares and changes nothing.

A table stands between a line `<!-- table: NAME -->` and a line `<!-- end -->`. NAME is a function of this module, which
makes the table from files in git. So no number of a table is typed.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import re
import sys
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from fastmm.dispatch import effective_size  # noqa: E402
from stages.algebra.targets import parse_size  # noqa: E402
from stages.exchange.formats import files  # noqa: E402
from stages.program import costs  # noqa: E402
from stages.program.program import from_json  # noqa: E402

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CONTROLS = ("untrained", "walk")
Attempt = Mapping[str, str]  # a line of benchmarks/agent.csv
REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit code 1 if a table differs from its files")
    is_check = parser.parse_args().check
    stale = []
    for page in PAGES:
        text = page.read_text()
        now = rewritten(text)
        if now != text:
            stale.append(str(page.relative_to(ROOT)))
            if not is_check:
                page.write_text(now)
    if is_check and stale:
        raise SystemExit(f"tables differ from their files in {', '.join(stale)}: run python docs/tables.py")


def rewritten(text: str) -> str:
    """The text of a page with every table made anew.

    Raises:
      KeyError: a table that this module does not make.
    """

    def made(region: re.Match[str]) -> str:
        lines = "".join(f"{line}\n" for line in TABLES[region[2]]())
        return f"{region[1]}{lines}{region[3]}"

    return REGION.sub(made, text)


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


def learnt(row: Mapping[str, str]) -> str:
    """What a row of game shares learns from."""
    if row["variant"].endswith("demonstrations only"):
        return "demonstrations"
    return f"own games too{', prior × exp(Q)' if row['variant'] == 'prior exp(Q)' else ''}"


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


def record_walks() -> Iterator[str]:
    """Which walk found each record, how many of its attempts ended there, and the CPU seconds until it was there."""
    measured = {(row["size"], row["ring"]): row for row in read_csv("results/records/attempts.csv")}
    return markdown(
        {
            "size": size,
            "walk": measured[size, "Z2"]["walk"],
            **{
                f"{column}, {ring}": cell
                for ring in ("Z2", "Z")
                for column, cell in record_cost(measured[size, ring]).items()
            },
        }
        for size in dict.fromkeys(size for size, _ in measured)
    )


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


def kernels() -> Iterator[str]:
    """Kernels against the faster library, from the samples of benchmarks/kernels.py."""
    benchmark = importlib.import_module("kernels")
    rows = benchmark.tables.read(benchmark.SAMPLES, benchmark.TIMINGS)
    yield from benchmark.table(rows)
    texts = {row.implementation.split()[0] for row in rows if row.variant}
    yield ""
    yield f"Hash of the text that was timed (column `implementation`): {', '.join(map('`{}`'.format, sorted(texts)))}."


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


def recorded_parameters(section: str) -> dict[str, dict[str, Any]]:
    """The entries of a section with which the stages ran whose outputs dvc.lock has; params.yaml may be newer."""
    entries: dict[str, dict[str, Any]] = defaultdict(dict)
    for stage in recorded_stages():
        for key, value in stage.get("params", {}).get("params.yaml", {}).items():
            if key.startswith(f"{section}."):
                name, *part = key.split(".")[1:]
                entries[name] |= {part[0]: value} if part else value
    return entries


def artifacts() -> Iterator[str]:
    """What `dvc push` sends of the default run, by folder, less the seconds that stages took."""
    folders = Counter()
    for out in recorded_outputs():
        path = Path(out["path"])
        if path.suffix in (".parquet", ".zip"):
            folders[str(path.parent)] += out["size"]
    return markdown({"folder": f"`{name}/`", "kB": f"{size / 1000:,.0f}"} for name, size in sorted(folders.items()))


def recorded_outputs() -> Iterator[Mapping[str, object]]:
    """The outputs of all stages as dvc.lock has them."""
    return (out for stage in recorded_stages() for out in stage.get("outs", []))


def recorded_stages() -> Iterable[Mapping[str, Any]]:
    return yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"].values()


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


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    make.__name__: make
    for make in (
        squares_found,
        ranks,
        seconds,
        speedups,
        products,
        shapes,
        agent,
        variants,
        shares,
        window_choices,
        clusters,
        planners,
        walks,
        records,
        record_walks,
        additions,
        classes,
        kernels,
        faults,
        trained,
        artifacts,
        cost,
        model,
        targets,
        target_agents,
        formats,
    )
}

if __name__ == "__main__":
    main()
