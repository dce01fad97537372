"""python -m stages.summary: the outputs of all stages -> table of ranks, metrics, figures, one page with all."""

from __future__ import annotations

import argparse
import json

from stages.contract import command, csv_tables
from stages.summary import figures
from stages.summary.metrics import metrics
from stages.summary.page import page
from stages.summary.ranks import RankRow, rank_rows
from stages.summary.sources import load
from stages.summary.speedups import speedups


def main(given: argparse.Namespace) -> None:
    sources = load(vars(given))
    ranks = rank_rows(sources)
    speeds = speedups(sources.timings, sources.seed)
    rings = {name: agent.ring for name, agent in sources.agents.items()}
    drawings = {
        "ranks": figures.draw_ranks(ranks),
        "learning": figures.draw_learning(rings, sources.pretraining, sources.search),
        "refinement": figures.draw_refinement(sources.refinement),
        "speedups": figures.draw_speedups(speeds),
    }
    csv_tables.write(given.ranks, RankRow, ranks)
    command.write_text(given.metrics, json.dumps(metrics(sources, ranks, speeds), indent=2) + "\n")
    drawn = {name: figures.svg(drawing) for name, drawing in drawings.items()}
    for name, text in drawn.items():
        command.write_text(given.figures / f"{name}.svg", text)
    command.write_text(given.page, page(sources, ranks, speeds, drawn))


if __name__ == "__main__":
    inputs = ("known", "schemes", "rejected", "kernels", "timings")
    clocks = ("recombination-timing", "verification-timing", "kernels-timing")
    folders = ("search", "refinement", "pretraining", "demonstrations")
    command.run(main, command.arguments("summary", *inputs, *clocks, *folders, "ranks", "metrics", "figures", "page"))
