"""The section of the agents: what each plays, its network, its demonstrations, its pretraining, its search.

The torso tells two kinds of agents apart: those that spell a factor entry by entry, and those that choose it among all
vectors of a span.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, RootModel, Tag, field_validator, model_validator

from stages.algebra.basis import LONGEST_AXIS
from stages.algebra.targets import parse_size
from stages.params.networks import Network, RanksNetwork, SpansNetwork
from stages.params.planners import Beam, Planner, SequentialHalving, WindowChoice
from stages.params.section import STANDARD_START, Distinct, Section, Seed, SizeName, TargetName, is_named

MOST_DIMENSIONS = 9  # of a mode that is played in spans: a network sees all 2^9 vectors
_MOST_BITS = 62  # of a factor in a machine word
_MOST_ZEROS = 0.99  # a factor without a non-zero entry is drawn again
_MOST_SYMBOLS = 2**14
_MOST_COMBINATIONS = 2**13


def games_of(agent: str) -> str:
    """The path of the games that an agent has played."""
    return f"results/search/games/{agent}.parquet"


Count = Annotated[int, Field(ge=1, le=100_000_000, description="demonstrations to draw")]


class SpanDemonstrations(Section):
    """Random vectors of spaces of random dimensions, half of the time from a few that are shared."""

    count: Count


class Demonstrations(Section):
    """Random factors and their sum."""

    count: Count
    distribution: tuple[float, ...] = Field(description="probability of each coefficient: 0, 1 over Z2; -2..2 over Z")

    @field_validator("distribution")
    @classmethod
    def _is_distribution(cls, distribution: tuple[float, ...]) -> tuple[float, ...]:
        if any(share < 0 for share in distribution) or abs(sum(distribution) - 1) > 1e-9:
            raise ValueError(f"expected probabilities that sum to 1, got {list(distribution)}")
        if max(distribution) == 1:
            raise ValueError(f"expected at least two possible coefficients, got {list(distribution)}")
        return distribution


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


def _data(path: str) -> str:
    if path != STANDARD_START and not re.fullmatch(games_of(r"[a-z][a-z0-9_]*"), path):
        raise ValueError(f"expected {STANDARD_START} or {games_of('AGENT')}, got {path}")
    return path


Data = Annotated[
    str,
    Field(
        description="the games of another agent, which are learnt from beside the own; with the file of the standard "
        "algorithm none, since DVC's templates cannot leave a dependency out"
    ),
    AfterValidator(_data),
]


Adam = Annotated[
    Literal["fresh", "pretrained"],
    Field(description="the moments with which Adam begins: none, or those at the end of the pretraining"),
]


class SpanWindows(Section):
    """Windows of own schemes, for the targets that are not played whole.

    One batch = a walk from window to window of each scheme in play, by the rewrites that are known, then one game of
    each of the windows met that is to be played. The best schemes of lower rank are the next generation.
    """

    batches: int = Field(ge=1, le=1_000_000, description="batches in a round")
    members: int = Field(ge=1, le=65536, description="schemes in play of each target")
    steps: int = Field(ge=1, le=1_000_000, description="windows of each scheme in a batch")
    terms: tuple[int, int] = Field(description="least and most terms of a scheme that a window holds")
    dimensions: int = Field(ge=1, le=MOST_DIMENSIONS, description="most dimensions of a mode of a window")
    dimension_cost: float = Field(
        ge=0,
        le=100,
        description="nats by which a term is less likely to enter a window for each dimension that it adds to the span",
    )
    plays: int = Field(ge=1, le=1_000_000, description="how often windows of one tensor are played")
    choice: WindowChoice | None = Field(
        default=None, description="which of the windows met is played; without it the first of each scheme"
    )
    noise: float = Field(ge=0, le=100, description="size of the Gumbel noise on the scores of children, in terms")
    generation: int = Field(ge=1, le=1_000_000, description="least batches before schemes of lower rank replace others")
    parents: int = Field(ge=1, le=65536, description="schemes of lower rank, those of lowest energy, that replace all")
    patience: int = Field(ge=1, le=1_000_000, description="batches without a lower rank until all start anew")
    temperatures: tuple[Annotated[float, Field(gt=0, le=100)], ...] = Field(
        min_length=1, description="of the energy, in distinct factors, in turn from start to start"
    )
    symmetry: Literal["none", "cyclic"] = Field(
        default="none",
        exclude_if=lambda symmetry: symmetry == "none",  # so that windows without it are what they were before it
        description="of the schemes in play. cyclic: square targets, whose schemes are orbits u v w, v w u, w u v and "
        "cubes u u u; batches have windows of some of their moves, each turned as it fits, and windows in one span in "
        "turn",
    )


class SelfCompetition(Section):
    """Games that compete with the agent's own running average, as in MuZero's rate control (Mandhane et al. 2022)."""

    decay: float = Field(ge=0, lt=1, description="share of the running average that stays from round to round")
    margin: float = Field(
        ge=0, le=100, description="moves that a game may have beside the running average, rounded down"
    )


class SpanSearch(Section):
    """Self-play in spans. One round = for each whole target a beam and games, windows, then `train_steps` steps."""

    rounds: int = Field(ge=1, le=1_000_000, description="rounds of self-play and training")
    planner: Beam
    windows: SpanWindows | None = Field(default=None, description="of targets that are not played whole, if any")
    candidates: int = Field(ge=2, le=256, description="actions sampled per state (the paper's K)")
    risk: float = Field(gt=0, le=1, description="the value is the mean of this upper share of the quantiles")
    games: int = Field(
        ge=0,
        le=65536,
        description="one-ply games of each whole target a round; how they end is told. With 0 there is no beam either",
    )
    train_steps: int = Field(ge=0, le=100_000, description="train steps after each round; 0 leaves the loop open")
    own_share: float = Field(ge=0, le=1, description="share of the positions that are of the best games, if any")
    played_share: float = Field(ge=0, le=1, description="share of the positions that are states of one-ply games")
    reanalyse: float = Field(
        ge=0, le=1, description="share of these states that are searched again before training, for new targets"
    )
    replay_rounds: int = Field(ge=1, le=10_000, description="rounds of one-ply games that are learnt from")
    best_games: int = Field(ge=1, le=1_000_000, description="games kept per target, cheapest first")
    keep: int = Field(ge=1, le=1_000_000, description="schemes kept per size and rank, distinct by invariants")
    data: Data
    adam: Adam
    optimiser: Optimiser

    @model_validator(mode="after")
    def _something_is_learnt_from(self) -> SpanSearch:
        if not self.games and not self.windows and self.data == STANDARD_START:
            raise ValueError(f"games: expected at least 1 with data {STANDARD_START}, got 0")
        return self

    @model_validator(mode="after")
    def _shares_fit(self) -> SpanSearch:
        if self.own_share + self.played_share > 1:
            raise ValueError(
                f"own_share: expected, with played_share {self.played_share:g}, at most {1 - self.played_share:g}, "
                f"got {self.own_share:g}"
            )
        return self


class Search(Section):
    """Self-play. One round = one batch of games and window games, then `train_steps` steps."""

    rounds: int = Field(ge=1, le=1_000_000, description="rounds of self-play and training")
    games: int = Field(ge=0, le=65536, description="games from whole targets in a round")
    window_games: int = Field(
        ge=0, le=65536, description="schemes kept in play over all targets, one window game each a round"
    )
    window_terms: tuple[int, int] = Field(description="least and most terms of a scheme that a window holds")
    dimension_cost: float = Field(
        ge=0,
        le=100,
        description="nats by which a term is less likely to enter a window for each dimension that it adds to the span",
    )
    selection_every: int = Field(ge=1, le=1_000_000, description="rounds until the best schemes in play replace others")
    planner: Planner
    self_competition: SelfCompetition | None = Field(
        default=None,
        description="of games from whole targets with the mean of those before; without it they may have as many moves "
        "as the agent's own best scheme",
    )
    candidates: int = Field(ge=2, le=256, description="actions sampled per state (the paper's K)")
    sampling_temperature: float = Field(
        gt=0, le=10, description="of the policy that actions are sampled from; below 1 likely actions are likelier"
    )
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
    best_share: float = Field(ge=0, le=1, description="share of a batch drawn from the best games, own or given")
    reanalyse: float = Field(
        ge=0, le=1, description="share of own positions that are searched again before training; 1 learns from no game"
    )
    learn_failed: bool = Field(description="whether the policy learns from failed games too, as in the paper")
    replay_rounds: int = Field(ge=1, le=10_000, description="rounds of own games kept for training")
    best_games: int = Field(
        ge=1,
        le=1_000_000,
        description="own games kept per target, shortest first; as many window games, those that saved most first",
    )
    keep: int = Field(
        ge=1, le=1_000_000, description="schemes kept per kind of start, size and rank, distinct by invariants"
    )
    data: Data
    adam: Adam
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
    def _halving_looks_ahead(self) -> Search:
        chosen, key = self.planner, "planner.simulations"
        if isinstance(chosen, SequentialHalving) and chosen.simulations <= self.candidates:
            raise ValueError(
                f"{key}: expected more than the {self.candidates} candidates, got {chosen.simulations}: with one visit "
                "of each, sequential halving is one_ply"
            )
        return self

    @model_validator(mode="after")
    def _something_is_played(self) -> Search:
        if not self.games + self.window_games and self.data == STANDARD_START:
            raise ValueError("games + window_games: expected at least 1, got 0")
        return self


class EntriesAgent(Section):
    """An agent that spells factors entry by entry: a ring, the targets it plays, what its three stages need."""

    ring: Literal["Z2", "Z"] = Field(description="ring the game is played over")
    symmetry: Literal["none"] = Field(description="games of whose symmetry; here of none")
    targets: Distinct[SizeName] = Field(description="sizes such as 2x2x2, one drawn per game")
    window: SizeName = Field(
        description="size whose tensors the network plays: S is its longest axis, a game has at most its naive rank of "
        "moves; targets that fit are played whole, all are played through windows"
    )
    seed: Seed
    network: Network
    demonstrations: Demonstrations
    pretraining: Pretraining
    search: Search

    @property
    def length(self) -> int:
        """S, the axis length of the tensors that the network plays."""
        return max(parse_size(self.window).modes)

    @property
    def whole(self) -> tuple[str, ...]:
        """The targets that are played whole."""
        window = parse_size(self.window)
        sizes = map(parse_size, self.targets)
        return tuple(s.name for s in sizes if max(s.modes) <= self.length and s.naive_rank <= window.naive_rank)

    @model_validator(mode="after")
    def _distribution_fits_the_ring(self) -> EntriesAgent:
        distribution, key = self.demonstrations.distribution, "demonstrations.distribution"
        expected = 2 if self.ring == "Z2" else 5
        if len(distribution) != expected:
            raise ValueError(f"{key}: expected {expected} probabilities over {self.ring}, got {len(distribution)}")
        zero = distribution[0 if self.ring == "Z2" else 2]
        if zero > _MOST_ZEROS:
            raise ValueError(f"{key}: expected a probability of zero of at most {_MOST_ZEROS}, got {zero}")
        return self

    @model_validator(mode="after")
    def _search_fits_the_window(self) -> EntriesAgent:
        search = self.search
        beyond = [target for target in self.targets if target not in self.whole]
        if search.games and not self.whole:
            raise ValueError(f"search.games: expected 0, since no target fits the window {self.window}")
        if beyond and not search.window_games:
            raise ValueError(
                f"search.window_games: expected some, since {beyond[0]} does not fit the window {self.window}"
            )
        (least, most), naive = search.window_terms, parse_size(self.window).naive_rank
        if not 2 <= least <= most <= naive:
            raise ValueError(
                f"search.window_terms: expected two numbers, 2 <= least <= most <= {naive} (the naive rank of the "
                f"window), got {[least, most]}"
            )
        return self

    @model_validator(mode="after")
    def _network_fits_the_window(self) -> EntriesAgent:
        length, network = self.length, self.network
        if self.ring != "Z2" and network.model.name == "learned":
            raise ValueError(f"network.model: expected exact over {self.ring}, got learned")
        if length > LONGEST_AXIS:
            raise ValueError(f"window: expected axes of at most {LONGEST_AXIS}, got {length}")
        field, coefficients = (2, 2) if self.ring == "Z2" else (3, 5)
        key, entries = "network.entries_per_token", network.entries_per_token
        if length % entries:
            raise ValueError(f"{key}: expected a divisor of {length} (the longest axis of its window), got {entries}")
        if coefficients**entries > _MOST_SYMBOLS:
            raise ValueError(f"{key}: expected at most {_MOST_SYMBOLS} symbols, got {coefficients}**{entries}")
        if isinstance(network, RanksNetwork):
            counts = range(1, min(network.combinations, length) + 1)
            combinations = sum(math.comb(length, count) * (field - 1) ** (count - 1) for count in counts)
            if combinations > _MOST_COMBINATIONS:
                raise ValueError(
                    f"network.combinations: expected at most {_MOST_COMBINATIONS} combinations of {length} slices, "
                    f"got {combinations}"
                )
        return self


class SpanAgent(Section):
    """An agent that chooses factors among all vectors of a span: all targets by one network.

    Over Z its network sees a residual modulo 2, and chooses vectors modulo 2.
    """

    ring: Literal["Z2", "Z"] = Field(description="ring the game is played over; over Z without symmetry or windows")
    symmetry: Literal["none", "cyclic"] = Field(
        description="cyclic: square targets, by moves that are orbits u v w, v w u, w u v or cubes u u u"
    )
    targets: Distinct[TargetName] = Field(
        description="sizes such as 2x2x2, or the names of other targets, each played in each round"
    )
    window: SizeName = Field(
        description="size whose naive rank is the most of a demonstration; targets that fit it are played whole, other "
        "sizes by windows of own schemes"
    )
    seed: Seed
    network: SpansNetwork
    demonstrations: SpanDemonstrations
    pretraining: Pretraining
    search: SpanSearch

    @property
    def whole(self) -> tuple[str, ...]:
        """The targets that are played whole; of those with names `search` knows whether they fit."""
        window = parse_size(self.window)

        def fits(name: str) -> bool:
            size = parse_size(name)
            return max(size.modes) <= max(window.modes) and size.naive_rank <= window.naive_rank

        return tuple(name for name in self.targets if is_named(name) or fits(name))

    @property
    def windowed(self) -> tuple[str, ...]:
        """The targets that are played by windows."""
        return tuple(name for name in self.targets if name not in self.whole)

    @model_validator(mode="after")
    def _targets_fit(self) -> SpanAgent:
        window = parse_size(self.window)
        if max(window.modes) > MOST_DIMENSIONS:
            raise ValueError(f"window: expected axes of at most {MOST_DIMENSIONS}, got {max(window.modes)}")
        if self.windowed and not self.search.windows:
            raise ValueError(f"targets: expected sizes that fit the window {self.window}, got {self.windowed[0]}")
        if self.ring == "Z" and self.symmetry != "none":
            raise ValueError(f"symmetry: expected none over Z, got {self.symmetry}")
        for name in self.targets:
            if is_named(name):
                if self.symmetry == "cyclic":
                    raise ValueError(f"targets: expected sizes with symmetry cyclic, got {name}")
                continue
            size = parse_size(name)
            if self.symmetry == "cyclic" and len(set(size)) > 1:
                raise ValueError(f"targets: expected square ones with symmetry cyclic, got {name}")
            if max(size.modes) > _MOST_BITS:
                raise ValueError(f"targets: expected axes of at most {_MOST_BITS}, got {max(size.modes)} ({name})")
        return self

    @model_validator(mode="after")
    def _windows_fit(self) -> SpanAgent:
        windows, size = self.search.windows, parse_size(self.window)
        if not windows:
            return self
        if self.symmetry == "cyclic":
            raise ValueError(
                "search.windows: expected nothing with symmetry cyclic; windows of cyclic schemes are ordinary games "
                "(search.windows.symmetry)"
            )
        if self.ring == "Z":
            raise ValueError("search.windows: expected nothing over Z")
        if not self.windowed:
            raise ValueError(f"search.windows: expected nothing, since all targets fit the window {self.window}")
        if windows.symmetry == "cyclic":
            if oblong := [name for name in self.windowed if len(set(parse_size(name))) > 1]:
                raise ValueError(f"search.windows.symmetry: expected none for {oblong[0]}, got cyclic")
            if windows.choice or windows.batches % 2:
                got = "a choice" if windows.choice else f"batches {windows.batches}"
                raise ValueError(f"search.windows: with symmetry cyclic expected even batches and no choice, got {got}")
        if not 1 <= windows.terms[0] <= windows.terms[1] <= size.naive_rank:
            raise ValueError(
                f"search.windows.terms: expected two numbers, 1 <= least <= most <= {size.naive_rank} (the naive rank "
                f"of the window), got {list(windows.terms)}"
            )
        if windows.dimensions > max(size.modes):
            raise ValueError(
                f"search.windows.dimensions: expected at most {max(size.modes)} (the longest axis of the window), got "
                f"{windows.dimensions}"
            )
        return self


def _kind(given: object) -> str | None:
    network = given.get("network") if isinstance(given, dict) else getattr(given, "network", None)
    torso = network.get("torso") if isinstance(network, dict) else getattr(network, "torso", None)
    return "spans" if torso == "spans" else "entries"


Agent = Annotated[Annotated[EntriesAgent, Tag("entries")] | Annotated[SpanAgent, Tag("spans")], Discriminator(_kind)]


class OneAgent(RootModel[Agent]):
    """An agent of either kind, to be read by itself."""
