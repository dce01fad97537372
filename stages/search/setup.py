"""What all rounds of a search share and none changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import optax

from stages.game.rules import Rules, rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.train import make_optimiser
from stages.params.agents import Agent
from stages.planning.choose import planner


@dataclass(frozen=True)
class Setup:
    """A search as its parameters describe it.

    Attributes:
      name: of the agent.
      agent: its parameters.
      reader: its demonstrations.
      rules, planner, optimiser: what the parameters choose; the planner is of a move, or in spans of whole games.
    """

    name: str
    agent: Agent
    reader: DemonstrationReader
    rules: Rules
    planner: Callable
    optimiser: optax.GradientTransformation


def set_up(name: str, agent: Agent, reader: DemonstrationReader) -> Setup:
    """The search of an agent."""
    rules, optimiser = rules_for(agent.ring, agent.window), make_optimiser(agent.search.optimiser, None)
    return Setup(name, agent, reader, rules, planner(agent.search), optimiser)
