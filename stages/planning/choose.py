"""From the parameters of a search to its planner."""

from __future__ import annotations

from functools import cache, partial

from stages.contract.params import Search
from stages.planning.one_ply import one_ply
from stages.planning.permuted import permuted
from stages.planning.plan import Planner
from stages.planning.tree import gumbel, puct


@cache  # one object per settings: jit takes a planner as a static argument and compiles once for it
def planner(settings: Search) -> Planner:
    """The planner that `settings` describe."""
    shared = {"candidates": settings.candidates, "risk": settings.risk}
    if settings.planner.name == "one_ply":
        plain = partial(one_ply, **shared)
    else:
        tree = {"puct": puct, "gumbel": gumbel}[settings.planner.name]
        plain = partial(tree, simulations=settings.planner.simulations, **shared)
    return partial(permuted, plain) if settings.signed_permutations else plain
