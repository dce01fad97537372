"""Everything the summary reads, parsed once. Curves and timing files are CSV; their columns are asked for by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stages.contract import csv_tables, tables
from stages.contract.rows.curves import ClockRow, PretrainingCurveRow, RefinementCurveRow, SearchCurveRow
from stages.contract.rows.kernels import KERNELS, TIMINGS, KernelRow, TimingRow
from stages.contract.rows.published import PublishedRow
from stages.contract.rows.schemes import REJECTED, VERIFIED, RejectedRow, VerifiedRow
from stages.errors import TableError
from stages.params import whole as params
from stages.params.agents import Agent
from stages.params.walks import Walk
from stages.summary.controls import Comparison, comparisons
from stages.summary.freshness import stale

Row = TypeVar("Row")


@dataclass(frozen=True)
class Sources:
    """The outputs of the other stages.

    Attributes:
      agents, walks: sections of params.yaml by name.
      known: published ranks by size; only this stage reads them.
      schemes, rejected, kernels, timings: rows of their tables.
      pretraining, search, refinement: rows of the curves by agent or walk.
      search_metrics: the metrics file of each agent's search.
      agent_cpu_s: CPU seconds of demonstrations, pretraining and search by agent.
      walk_cpu_s: CPU seconds by walk.
      stage_cpu_s: CPU seconds of recombination, verification and kernels.
      seed: of benchmarking; its intervals are drawn again from it.
      comparisons: of the agent with its controls, from the benchmark of the agent.
      stale: what is out of date, a line each.
    """

    agents: Mapping[str, Agent]
    walks: Mapping[str, Walk]
    known: Mapping[str, PublishedRow]
    schemes: Sequence[VerifiedRow]
    rejected: Sequence[RejectedRow]
    kernels: Sequence[KernelRow]
    timings: Sequence[TimingRow]
    pretraining: Mapping[str, Sequence[PretrainingCurveRow]]
    search: Mapping[str, Sequence[SearchCurveRow]]
    refinement: Mapping[str, Sequence[RefinementCurveRow]]
    search_metrics: Mapping[str, Mapping[str, Any]]
    agent_cpu_s: Mapping[str, float]
    walk_cpu_s: Mapping[str, float]
    stage_cpu_s: Mapping[str, float]
    seed: int
    comparisons: Sequence[Comparison]
    stale: Sequence[str]


def load(given: Mapping[str, Path]) -> Sources:
    """Reads all sources from the paths of the command line.

    Raises:
      ParamsError, TableError: a file is missing or malformed; the message names it.
    """
    values = params.load(given["params"])
    agent_stages = [given[stage] for stage in ("demonstrations", "pretraining", "search")]
    return Sources(
        agents=values.agents,
        walks=values.walks,
        known={row.size: row for row in csv_tables.read(given["known"], PublishedRow)},
        schemes=tables.read(given["schemes"], VERIFIED),
        rejected=tables.read(given["rejected"], REJECTED),
        kernels=tables.read(given["kernels"], KERNELS),
        timings=tables.read(given["timings"], TIMINGS),
        pretraining=_each(values.agents, given["pretraining"] / "curves", PretrainingCurveRow),
        search=_each(values.agents, given["search"] / "curves", SearchCurveRow),
        refinement=_each(values.walks, given["refinement"] / "curves", RefinementCurveRow),
        search_metrics={name: _read_json(given["search"] / "metrics" / f"{name}.json") for name in values.agents},
        agent_cpu_s={
            name: sum(_cpu_s(stage / "timing" / f"{name}.csv") for stage in agent_stages) for name in values.agents
        },
        walk_cpu_s={name: _cpu_s(given["refinement"] / "timing" / f"{name}.csv") for name in values.walks},
        stage_cpu_s={name: _cpu_s(given[f"{name}_timing"]) for name in ("recombination", "verification", "kernels")},
        seed=values.benchmarking.seed,
        comparisons=comparisons(given["attempts"]),
        stale=stale(given["record"], given["params"]),
    )


def _each(names: Iterable[str], folder: Path, row: type[Row]) -> dict[str, list[Row]]:
    return {name: csv_tables.read(folder / f"{name}.csv", row) for name in names}


def _cpu_s(path: Path) -> float:
    rows = csv_tables.read(path, ClockRow)
    if len(rows) != 1:
        raise TableError(f"{path}: expected one row with cpu_s, got {rows}")
    return rows[0].cpu_s


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise TableError(f"{path}: not JSON ({error})") from None
    if not isinstance(found, dict):
        raise TableError(f"{path}: expected a JSON object, got {type(found).__name__}")
    return found
