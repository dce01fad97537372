"""The whole of params.yaml, and the rules that join its sections."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from stages.params import file
from stages.params.agents import Agent, SpanAgent, games_of
from stages.params.benchmarking import Benchmarking
from stages.params.kernels import Kernels
from stages.params.recombination import Recombination
from stages.params.section import STANDARD_START, Name, Section, is_named
from stages.params.walks import CyclicWalk, Walk, first_start, schemes_of


class Params(Section):
    """params.yaml, whole."""

    agents: dict[Name, Agent] = Field(min_length=1)
    walks: dict[Name, Walk] = Field(min_length=1)
    recombination: Recombination
    kernels: Kernels
    benchmarking: Benchmarking

    @model_validator(mode="after")
    def _agents_learn_from_agents(self) -> Params:
        for name, agent in self.agents.items():
            if agent.search.data == STANDARD_START:
                continue
            able = [games_of(other) for other in sorted(self.agents) if _can_learn(agent, self.agents[other])]
            if agent.search.data not in able:
                raise ValueError(
                    f"agents.{name}.search.data: expected one of {', '.join([STANDARD_START, *able])} (games with the "
                    f"same ring and symmetry, of a target that it plays whole; over Z in spans those of others in spans"
                    f"), got {agent.search.data}"
                )
        for name in self.agents:
            seen, at = {name}, name
            while (data := self.agents[at].search.data) != STANDARD_START:
                at = Path(data).stem
                if at in seen:
                    raise ValueError(f"agents.{name}.search.data: expected agents that begin somewhere, got a circle")
                seen.add(at)
        return self

    @model_validator(mode="after")
    def _walks_start_at_home(self) -> Params:
        products = [name for name in sorted(self.agents) if not any(map(is_named, self.agents[name].targets))]
        agents = [schemes_of("search", name) for name in products]
        for name, walk in self.walks.items():
            others = [
                schemes_of("refinement", other)
                for other in sorted(self.walks)
                if other != name and not self.walks[other].named_target  # whose schemes are no matrix product's
            ]
            starts = [STANDARD_START, *agents, *others]
            if isinstance(walk, CyclicWalk):
                starts = [STANDARD_START, *(schemes_of("refinement", other) for other in self._as_symmetric(name))]
            if not walk.named_target and walk.start not in starts:
                raise ValueError(f"walks.{name}.start: expected one of {', '.join(starts)}, got {walk.start}")
            if first_start(self.walks, name) is None:
                raise ValueError(f"walks.{name}.start: expected walks that begin somewhere, got a circle")
        return self

    def _as_symmetric(self, name: str) -> list[str]:
        """Other walks of mode cyclic with the same targets or more, and with the same group or the larger one."""
        cyclic = {other: walk for other, walk in sorted(self.walks.items()) if isinstance(walk, CyclicWalk)}
        groups, targets = (cyclic[name].group, "C3xZ2"), {*cyclic[name].targets}
        return [
            other
            for other, walk in cyclic.items()
            if other != name and walk.group in groups and targets <= {*walk.targets}
        ]


def _can_learn(agent: Agent, other: Agent) -> bool:
    is_alike = (agent.ring, agent.symmetry) == (other.ring, other.symmetry)
    # In spans the factors over Z are of -1, 0 and 1; agents that spell play others, too.
    is_able = agent.ring == "Z2" or isinstance(other, SpanAgent) or not isinstance(agent, SpanAgent)
    return other is not agent and is_alike and is_able and bool({*agent.whole} & {*other.whole})


def load(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises:
      ParamsError: one line with the key, what was expected and what came.
    """
    return file.section(path, "", Params)
