"""Networks of agents and the models by which their planners foresee."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stages.params.section import Section


class ExactModel(Section):
    """Planners foresee by the rules of the game."""

    name: Literal["exact"] = Field(description="the model")


class LearnedModel(Section):
    """Planners foresee by a learned rule of one cell of the residual, as in MuZero."""

    name: Literal["learned"] = Field(description="the model")
    width: int = Field(ge=4, le=1024, description="features of its hidden layer")
    unroll: int = Field(ge=1, le=16, description="moves in a row that its loss foresees")


Model = Annotated[ExactModel | LearnedModel, Field(discriminator="name")]


class _Network(Section):
    """What every network has."""

    model: Model

    width: int = Field(ge=8, le=2048, description="features of an embedding")
    blocks: int = Field(ge=1, le=32, description="residual blocks of the torso")
    quantiles: int = Field(ge=2, le=128, description="outputs of the value head")
    history: int = Field(ge=0, le=32, description="last actions that the network sees (the paper: 7)")
    entries_per_token: int = Field(ge=1, le=16, description="factor entries in one action token; divides S")


class RanksNetwork(_Network):
    """A residual MLP on rank features, which a CPU can feed."""

    torso: Literal["ranks"] = Field(description="the light torso")
    combinations: int = Field(ge=1, le=16, description="most slices in a linear combination whose rank is seen")


class AttentionNetwork(_Network):
    """The paper's attention torso."""

    torso: Literal["attention"] = Field(description="the paper's torso")
    head_size: int = Field(ge=1, le=256, description="features of one attention head, width // head_size heads")


Network = Annotated[RanksNetwork | AttentionNetwork, Field(discriminator="torso")]


class SpansNetwork(Section):
    """A small network, shared by all vectors, on what no change of basis alters."""

    torso: Literal["spans"] = Field(description="the torso that is equivariant under changes of basis")
    width: int = Field(ge=8, le=2048, description="features of an embedding of a position")
    point_width: int = Field(ge=4, le=256, multiple_of=2, description="features of the hidden layers of a vector")
    point_size: int = Field(ge=4, le=256, multiple_of=2, description="features of an embedding of a vector")
    quantiles: int = Field(ge=2, le=128, description="outputs of the value head")
