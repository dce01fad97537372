"""From the parameters of a search to its planner."""

from __future__ import annotations

from functools import cache, partial

from stages.params.agents import Search
from stages.planning.one_ply import one_ply
from stages.planning.permuted import permuted
from stages.planning.plan import Planner
from stages.planning.tree import gumbel, puct


def planner(settings: Search) -> Planner:
    """The planner that `settings` describe."""
    name, simulations = settings.planner.name, settings.planner.simulations
    return _planner(name, simulations, settings.candidates, settings.risk, settings.signed_permutations)


@cache  # one object per choice: jit takes a planner as a static argument and compiles once for it
def _planner(name: str, simulations: int | None, candidates: int, risk: float, is_permuted: bool) -> Planner:
    shared = {"candidates": candidates, "risk": risk}
    if name == "one_ply":
        plain = partial(one_ply, **shared)
    else:
        plain = partial({"puct": puct, "gumbel": gumbel}[name], simulations=simulations, **shared)
    return partial(permuted, plain) if is_permuted else plain
