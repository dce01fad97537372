"""Planners: of a move, of whole games, and of which window is played."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stages.params.section import Section

Simulations = Annotated[int, Field(ge=1, le=4096, description="simulations of each move")]


class OnePly(Section):
    """The best child after one ply."""

    name: Literal["one_ply"] = Field(description="the planner")
    improved_policy: Literal["best", "prior_exp_q"] = Field(
        description="what the policy learns: the best candidate alone, or the prior times exp(Q)"
    )


class Puct(Section):
    """Sampled AlphaZero with the paper's PUCT rule, on mctx."""

    name: Literal["puct"] = Field(description="the planner")
    simulations: Simulations


class SequentialHalving(Section):
    """Sampled AlphaZero with Gumbel MuZero's sequential halving at the root, on mctx."""

    name: Literal["sequential_halving"] = Field(description="the planner")
    simulations: Simulations
    gumbel_scale: float = Field(ge=0, le=10, description="size of the Gumbel noise at the root; 0: without noise")
    value_scale: float = Field(gt=0, le=100, description="weight of the values beside the logits (mctx: value_scale)")


Planner = Annotated[OnePly | Puct | SequentialHalving, Field(discriminator="name")]


class Beam(Section):
    """Whole games at once: the best states of each move stay, equal residuals merged."""

    name: Literal["beam"] = Field(description="the planner")
    width: int = Field(ge=1, le=65536, description="states that stay after each move")
    children: int = Field(ge=1, le=256, description="most states that stay of one parent")
    noise: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field(
        min_length=1, description="sizes of the Gumbel noise on the scores, in turn from round to round, in terms"
    )


class _WindowChoice(Section):
    """What every choice has."""

    windows: int = Field(ge=2, le=256, description="first windows of each scheme in a batch, of which one is played")


class AnyWindow(_WindowChoice):
    """Every window alike: the control of the others, with the same windows before it."""

    name: Literal["any"] = Field(description="the choice")


class LikelyWindow(_WindowChoice):
    """A draw in proportion to the chance of a shorter rewrite, as a model learns it from own window games."""

    name: Literal["likely"] = Field(description="the choice")


class StochasticMuzero(_WindowChoice):
    """Stochastic MuZero's search over windows and outcomes with the same model, on mctx; a draw from the visits."""

    name: Literal["stochastic_muzero"] = Field(description="the choice")
    simulations: Simulations


WindowChoice = Annotated[AnyWindow | LikelyWindow | StochasticMuzero, Field(discriminator="name")]
