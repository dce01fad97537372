"""CPU seconds of all that the run did, and of whoever found a scheme."""

from __future__ import annotations

from dataclasses import dataclass

from stages.contract.origin import Origin
from stages.summary.sources import Sources


@dataclass(frozen=True)
class SecondsRow:
    """CPU seconds of one agent (demonstrations, pretraining and search together), walk or other stage."""

    kind: str  # agent, walk, stage
    name: str
    cpu_s: float


def seconds_rows(sources: Sources) -> list[SecondsRow]:
    parts = {"agent": sources.agent_cpu_s, "walk": sources.walk_cpu_s, "stage": sources.stage_cpu_s}
    return [SecondsRow(kind, name, round(cpu_s, 1)) for kind, each in parts.items() for name, cpu_s in each.items()]


def finder(origin: Origin) -> tuple[str, str]:
    """Kind and name, as in `SecondsRow`, of who found a scheme of this project."""
    kinds = {"search": "agent", "refinement": "walk"}
    return kinds.get(origin.stage, "stage"), origin.name or origin.stage
