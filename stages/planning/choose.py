"""From the parameters of a search to its planner."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from stages.params.agents import Search, SpanSearch
from stages.params.planners import OnePly, Planner, Puct
from stages.planning import plan
from stages.planning.beam import beam
from stages.planning.one_ply import one_ply
from stages.planning.permuted import permuted
from stages.planning.tree import puct, sequential_halving


def planner(settings: Search | SpanSearch) -> Callable:
    """The planner that `settings` describe: of a move (`plan.Planner`), or of whole games in spans (`beam`)."""
    if isinstance(settings, SpanSearch):
        chosen = settings.planner
        return partial(
            beam, width=chosen.width, children=chosen.children, candidates=settings.candidates, risk=settings.risk
        )
    sampling = plan.Sampling(settings.candidates, settings.risk, settings.sampling_temperature)
    return _planner(settings.planner, sampling, settings.signed_permutations)


@cache  # one object per choice: jit takes a planner as a static argument and compiles once for it
def _planner(chosen: Planner, sampling: plan.Sampling, is_permuted: bool) -> plan.Planner:
    if isinstance(chosen, OnePly):
        plain = partial(one_ply, sampling=sampling, improved_policy=chosen.improved_policy)
    elif isinstance(chosen, Puct):
        plain = partial(puct, sampling=sampling, simulations=chosen.simulations)
    else:
        plain = partial(
            sequential_halving,
            sampling=sampling,
            simulations=chosen.simulations,
            gumbel_scale=chosen.gumbel_scale,
            value_scale=chosen.value_scale,
        )
    return partial(permuted, plain) if is_permuted else plain
