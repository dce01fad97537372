"""The sections of an agent: what it plays, its network, its demonstrations, its pretraining, its search."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from stages.algebra.targets import parse_size
from stages.params.section import Section, Seed, SizeName


class Network(Section):
    """The agent's network: a residual MLP on rank features that a CPU can feed, or the paper's attention torso."""

    torso: Literal["ranks", "attention"] = Field(description="the light torso, or the paper's")
    width: int = Field(ge=8, le=2048, description="features of an embedding")
    blocks: int = Field(ge=1, le=32, description="residual blocks of the torso")
    quantiles: int = Field(ge=2, le=128, description="outputs of the value head")
    history: int = Field(ge=0, le=32, description="last actions that the network sees (the paper: 7)")
    combinations: int | None = Field(
        None,
        ge=1,
        le=16,
        description="most slices in a linear combination whose rank is seen; of the torso ranks alone",
    )
    entries_per_token: int = Field(ge=1, le=16, description="factor entries in one action token; divides S")

    @model_validator(mode="after")
    def _combinations_belong_to_ranks(self) -> Network:
        if (self.combinations is None) != (self.torso == "attention"):
            expected = "no combinations" if self.torso == "attention" else "a number of combinations"
            raise ValueError(f"expected {expected} with the torso {self.torso}, got {self.combinations}")
        return self


class Agent(Section):
    """One agent: a ring, the targets it plays, a network."""

    ring: Literal["Z2", "Z"] = Field(description="ring the game is played over")
    targets: tuple[SizeName, ...] = Field(min_length=1, description="sizes such as 2x2x2, one drawn per game")
    core: SizeName = Field(
        description="size whose tensors the network plays: S is its longest axis, a game has at most its naive rank of "
        "moves; targets that fit are played whole, all are played through subgames"
    )
    seed: Seed
    network: Network

    @property
    def length(self) -> int:
        """S, the axis length of the tensors that the network plays."""
        return max(parse_size(self.core).modes)

    @property
    def whole(self) -> tuple[str, ...]:
        """The targets that are played whole."""
        core = parse_size(self.core)
        sizes = map(parse_size, self.targets)
        return tuple(s.name for s in sizes if max(s.modes) <= self.length and s.naive_rank <= core.naive_rank)


class Demonstrations(Section):
    """Random factors and their sum."""

    count: int = Field(ge=1, le=100_000_000, description="demonstrations to draw")
    law: tuple[float, ...] = Field(description="probability of each coefficient: 0, 1 over Z2; -2..2 over Z")

    @field_validator("law")
    @classmethod
    def _is_distribution(cls, law: tuple[float, ...]) -> tuple[float, ...]:
        if any(share < 0 for share in law) or abs(sum(law) - 1) > 1e-9:
            raise ValueError(f"expected probabilities that sum to 1, got {list(law)}")
        if max(law) == 1:
            raise ValueError(f"expected at least two possible coefficients, got {list(law)}")
        return law


class Optimiser(Section):
    """Adam with decoupled weight decay (AlphaTensor, Methods)."""

    batch: int = Field(ge=1, le=65536, description="positions in one step")
    learning_rate: float = Field(gt=0, le=1, description="peak rate of Adam")
    weight_decay: float = Field(ge=0, le=1, description="decoupled weight decay")
    clip: float = Field(gt=0, le=1e9, description="largest global norm of a gradient")


class Pretraining(Section):
    """Supervised steps on demonstrations."""

    steps: int = Field(ge=0, le=10_000_000, description="train steps; 0 leaves the weights random")
    report_every: int = Field(ge=1, le=10_000_000, description="steps between two rows of the curve")
    optimiser: Optimiser


class Planner(Section):
    """How a move is chosen: best child after one ply, or Sampled AlphaZero on mctx (the paper's PUCT, or Gumbel)."""

    name: Literal["one_ply", "puct", "gumbel"] = Field(description="the planner")
    simulations: int | None = Field(None, ge=1, le=4096, description="per move; of a tree search alone")

    @model_validator(mode="after")
    def _simulations_belong_to_trees(self) -> Planner:
        if (self.simulations is None) != (self.name == "one_ply"):
            expected = "no simulations" if self.name == "one_ply" else "a number of simulations"
            raise ValueError(f"expected {expected} with {self.name}, got {self.simulations}")
        return self


class Search(Section):
    """Self-play. One round = `games` games in one batch, then `train_steps` steps."""

    rounds: int = Field(ge=1, le=1_000_000, description="rounds of self-play and training")
    games: int = Field(ge=0, le=65536, description="games from whole targets in a round, in one batch with subgames")
    subgames: int = Field(ge=0, le=65536, description="schemes kept in play over all targets, one subgame each a round")
    subgame_terms: tuple[int, int] = Field(description="least and most terms of a scheme that a subgame rewrites")
    selection_every: int = Field(ge=1, le=1_000_000, description="rounds until the best schemes in play replace others")
    planner: Planner
    candidates: int = Field(ge=2, le=256, description="actions sampled per state (the paper's K)")
    risk: float = Field(gt=0, le=1, description="the value is the mean of this upper share of the quantiles")
    basis_density: float = Field(ge=0, le=1, description="share of non-zeros off the diagonals of a random basis")
    signed_permutations: bool = Field(
        description="whether the network sees each state, in play and in training, through a random one"
    )
    train_steps: int = Field(ge=0, le=100_000, description="train steps after each round; 0 leaves the loop open")
    demonstration_share: tuple[float, float] = Field(
        description="share of a batch drawn from demonstrations, in the first round and after demonstration_rounds"
    )
    demonstration_rounds: int = Field(ge=1, le=1_000_000, description="rounds in which that share goes down a line")
    best_share: float = Field(ge=0, le=1, description="share of a batch drawn from the best own games")
    reanalyse: float = Field(
        ge=0, le=1, description="share of own positions that are searched again before training; 1 learns from no game"
    )
    learn_failed: bool = Field(description="whether the policy learns from failed games too, as in the paper")
    replay_rounds: int = Field(ge=1, le=10_000, description="rounds of own games kept for training")
    best_games: int = Field(
        ge=1,
        le=1_000_000,
        description="own games kept per target, shortest first; as many subgames, those that saved most first",
    )
    keep: int = Field(
        ge=1, le=1_000_000, description="schemes kept per kind of start, size and rank, distinct by invariants"
    )
    optimiser: Optimiser

    @model_validator(mode="after")
    def _shares_fit(self) -> Search:
        total = max(self.demonstration_share) + self.best_share
        if min(self.demonstration_share) < 0 or total > 1:
            raise ValueError(
                f"demonstration_share: expected two shares of at least 0 and, with best_share {self.best_share}, of at "
                f"most {1 - self.best_share:g}, got {list(self.demonstration_share)}"
            )
        return self

    @model_validator(mode="after")
    def _something_is_played(self) -> Search:
        if not self.games + self.subgames:
            raise ValueError("games + subgames: expected at least 1, got 0")
        return self
