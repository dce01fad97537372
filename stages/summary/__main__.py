"""python -m stages.summary: the outputs of all stages -> tables, metrics, figures, one page with all."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor

from stages.contract import command, csv_tables
from stages.summary import charts
from stages.summary.metrics import metrics
from stages.summary.page import page
from stages.summary.ranks import RankRow, rank_rows
from stages.summary.seconds import SecondsRow, seconds_rows
from stages.summary.sources import load
from stages.summary.speedups import SpeedupRow, speedup_rows, speedups


def main(given: argparse.Namespace) -> None:
    bundle = ThreadPoolExecutor(1).submit(charts.bundle)  # a second's work, beside all that comes before the page
    sources = load(vars(given))
    ranks, seconds = rank_rows(sources), seconds_rows(sources)
    speeds = speedups(sources.timings, sources.seed)
    speed_rows = speedup_rows(speeds, sources.timings)
    rings = {name: agent.ring for name, agent in sources.agents.items()}
    drawings = {
        "ranks": charts.ranks(ranks),
        "learning": charts.learning(rings, sources.pretraining, sources.search),
        "controls": charts.controls(sources.comparisons),
        "refinement": charts.refinement(sources.refinement),
        "speedups": charts.speedups(speeds),
    }
    specifications = {name: charts.specification(drawing) for name, drawing in drawings.items()}
    numbers = metrics(sources, ranks, speed_rows, seconds)
    csv_tables.write(given.ranks, RankRow, ranks)
    csv_tables.write(given.seconds, SecondsRow, seconds)
    csv_tables.write(given.speedups, SpeedupRow, speed_rows)
    command.write_text(given.metrics, json.dumps(numbers, indent=2) + "\n")
    for name, specification in specifications.items():
        command.write_text(given.figures / f"{name}.svg", charts.svg(specification))
    text = page(sources, ranks, speed_rows, seconds, numbers, specifications, bundle.result())
    command.write_text(given.page, text)


if __name__ == "__main__":
    inputs = ("known", "schemes", "rejected", "kernels", "timings", "attempts", "record")
    clocks = ("recombination-timing", "verification-timing", "kernels-timing")
    folders = ("search", "refinement", "pretraining", "demonstrations")
    outputs = ("ranks", "seconds", "speedups", "metrics", "figures", "page")
    command.run(main, command.arguments("summary", *inputs, *clocks, *folders, *outputs))
