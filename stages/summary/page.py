"""The result browser: one HTML file with nothing to fetch. `page.html.jinja` is its text, its look and its script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import jinja2

from stages.summary.classes import ClassRow, class_rows
from stages.summary.details import Detail, best_schemes, detail
from stages.summary.ranks import RankRow
from stages.summary.seconds import SecondsRow
from stages.summary.sources import Sources
from stages.summary.speedups import SpeedupRow


@dataclass(frozen=True)
class Entry:
    """A line of the table of sizes.

    Attributes:
      ranks: of the size over the ring.
      best: the best own scheme that holds over the ring.
      classes: the schemes of its size, ring and rank.
    """

    ranks: RankRow
    best: Detail | None
    classes: ClassRow | None


@dataclass(frozen=True)
class AgentEntry:
    """What an agent reached on one target; None where it played no such games."""

    agent: str
    ring: str
    target: str
    best_game: int | None
    best_window: int | None
    solved_share: float | None  # of the last round
    rewritten_share: float | None


def page(
    sources: Sources,
    ranks: Sequence[RankRow],
    speeds: Sequence[SpeedupRow],
    seconds: Sequence[SecondsRow],
    numbers: Mapping[str, Mapping[str, int | float]],
    specifications: Mapping[str, Mapping],
    bundle: str,
) -> str:
    """The page's text.

    Args:
      numbers: the metrics.
      specifications: charts by name: ranks, learning, controls, refinement, speedups.
      bundle: the script that draws them.
    """
    best = best_schemes(sources.schemes)
    details = {row.hash: detail(row, seconds, speeds) for row in best.values()}
    classes = {(row.size, row.ring, row.rank): row for row in class_rows(sources.schemes)}
    entries = []
    for row in ranks:
        scheme = best.get((row.size, row.ring))
        known = scheme and classes[scheme.target, scheme.ring, scheme.rank]
        entries.append(Entry(row, scheme and details[scheme.hash], known))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("stages.summary", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        numbers=numbers,
        total_cpu_s=sum(row.cpu_s for row in seconds),
        as_of=", ".join(sorted({row.as_of for row in sources.known.values()})),
        entries=entries,
        details=list(details.values()),
        agents=[row for name in sources.agents for row in _agent_entries(name, sources)],
        seconds=seconds,
        speeds=speeds,
        devices=sorted({(row.cpu, row.device, row.threads, row.versions) for row in sources.timings}),
        stale=sources.stale,
        specifications=specifications,
        bundle=bundle,
    )


def _agent_entries(name: str, sources: Sources) -> Iterator[AgentEntry]:
    agent, found = sources.agents[name], sources.search_metrics[name]
    columns = ("best_game", "best_window", "solved_share", "rewritten_share")
    for target in agent.targets:
        yield AgentEntry(name, agent.ring, target, **{column: found[column].get(target) for column in columns})
