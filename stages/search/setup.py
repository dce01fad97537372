"""What all rounds of a search share and none changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optax

from stages.algebra.targets import Target, parse_target
from stages.errors import SchemeError
from stages.game.rules import Rules, rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.train import make_optimiser
from stages.params.agents import Agent
from stages.planning.choose import planner
from stages.search.games import Games, no_games, read_games


@dataclass(frozen=True)
class Setup:
    """A search as its parameters describe it.

    Attributes:
      name: of the agent.
      agent: its parameters.
      targets: what it plays, by name.
      reader: its demonstrations.
      data: games of another agent that it learns from.
      rules, planner, optimiser: what the parameters choose; the planner is of a move, or in spans of whole games.
    """

    name: str
    agent: Agent
    targets: Mapping[str, Target]
    reader: DemonstrationReader
    data: Games
    rules: Rules
    planner: Callable
    optimiser: optax.GradientTransformation


def set_up(
    name: str,
    agent: Agent,
    reader: DemonstrationReader,
    named: Collection[Target] = (),
    games: Path | None = None,
) -> Setup:
    """The search of an agent.

    Args:
      named: the targets that are no matrix products.
      games: the table of another agent from which it learns, if any.
    Raises:
      SchemeError: a target that is none of them, or that the games of the agent's window cannot carry.
      TableError: the games are none for this agent (`games.read_games`).
    """
    rules, optimiser = rules_for(agent.ring, agent.window), make_optimiser(agent.search.optimiser, None)
    targets = {target: parse_target(target, named) for target in agent.targets}
    for target in targets.values():
        if not target.lengths:
            _assert_fits(target, agent, rules)
    data = read_games(games, agent, targets) if games else no_games(rules)
    return Setup(name, agent, targets, reader, data, rules, planner(agent.search), optimiser)


def _assert_fits(target: Target, agent: Agent, rules: Rules) -> None:
    """Of one that is no matrix product, which the parameters know by name alone."""
    if max(target.modes) > rules.length or target.naive_rank > rules.max_rank:
        raise SchemeError(
            f"target {target.name}: expected axes of at most {rules.length} and a naive rank of at most "
            f"{rules.max_rank}, as of the window {agent.window}, got {list(target.modes)} and {target.naive_rank}"
        )
    values = target.entries[:, 3]
    if np.abs(values).max() > 1:
        raise SchemeError(f"target {target.name}: expected values -1 and 1, got {np.abs(values).max()}")
