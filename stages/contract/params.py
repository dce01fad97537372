"""Typed parameters. params.yaml is the only home of values; this module holds types, ranges and meanings.

One frozen model per section; unknown keys are refused; rules that join keys live in the models. A wrong value ends
with one line that names the key, what was expected and what came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from stages.algebra.basis import LONGEST_AXIS
from stages.algebra.targets import parse_size
from stages.contract import named_targets
from stages.errors import ParamsError, SchemeError

Entry = TypeVar("Entry")


def _size_name(name: str) -> str:
    try:
        return parse_size(name).name
    except SchemeError as error:
        raise ValueError(str(error)) from None


def _target_name(name: str) -> str:
    return name if re.fullmatch(named_targets.NAME, name) else _size_name(name)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
SizeName = Annotated[str, AfterValidator(_size_name)]
TargetName = Annotated[str, AfterValidator(_target_name)]
Seed = Annotated[int, Field(ge=0, lt=2**31, description="root of every random stream of this agent or walk")]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


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


STANDARD_START = "data/standard.json"
LONGEST_RECOMBINED = 12  # axis of a size: up to here the search takes two minutes, and it grows fast


class Walk(Section):
    """One way from schemes that are held to better ones.

    flips: flip-graph walk over Z2, lifted to Z, from the start and from what the walk finds at other sizes. cyclic: the
    same among cyclically symmetric schemes of square sizes, always from the standard algorithm. ternary: over Z with
    coefficients -1, 0, 1; keeps what has few non-zeros. recombination: the schemes of the start applied to blocks; no
    flips, nothing drawn at random.
    """

    start: str = Field(
        description="what it begins from: the standard algorithm, the schemes of an agent or a walk, or a target's file"
    )
    mode: Literal["flips", "cyclic", "ternary", "recombination"] = Field(
        description="what moves, and among which schemes"
    )
    sizes: tuple[TargetName, ...] = Field(
        min_length=1,
        description="in the order in which they are walked; of a recombination the largest; or one target that is no "
        "matrix product, whose file is the start",
    )
    flips: int | None = Field(
        None, ge=1, le=10**15, description="in all; a size has a share like the square of its naive rank"
    )
    seed: Seed | None = Field(None, description="root of every random stream of the walk")

    @property
    def target(self) -> str | None:
        """The target that is no matrix product, if it walks one."""
        return next((name for name in self.sizes if re.fullmatch(named_targets.NAME, name)), None)

    @field_validator("sizes")
    @classmethod
    def _are_distinct(cls, sizes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError(f"expected each size once, got {list(sizes)}")
        return sizes

    @model_validator(mode="after")
    def _mode_can_do_it(self) -> Walk:
        for key in ("flips", "seed"):
            if (getattr(self, key) is None) != (self.mode == "recombination"):
                expected = "none" if self.mode == "recombination" else "a number"
                raise ValueError(f"{key}: expected {expected} in mode {self.mode}, got {getattr(self, key)}")
        if self.target:
            return self._other_target_stands_alone()
        for name in self.sizes:
            size = parse_size(name)
            if self.mode == "recombination":
                if not 2 <= size.n <= size.p <= LONGEST_RECOMBINED:
                    raise ValueError(
                        f"sizes: expected axes of 2 to {LONGEST_RECOMBINED} in mode {self.mode}, got {name}"
                    )
            elif max(size.modes) > 64:
                raise ValueError(f"sizes: expected factors of at most 64 entries (one machine word), got {name}")
            if self.mode == "ternary" and max(size.modes) > 32:
                raise ValueError(f"sizes: expected factors of at most 32 entries in mode ternary, got {name}")
            if self.mode == "cyclic" and len(set(size)) > 1:
                raise ValueError(f"sizes: expected square ones in mode cyclic, got {name}")
        if self.mode == "cyclic" and self.start != STANDARD_START:
            raise ValueError(f"start: expected {STANDARD_START} in mode cyclic, got {self.start}")
        if self.mode == "recombination" and self.start == STANDARD_START:
            raise ValueError(
                f"start: expected the schemes of an agent or a walk in mode recombination, got {self.start}"
            )
        return self

    def _other_target_stands_alone(self) -> Walk:
        """It has no neighbours to start from, and no symmetry that is known."""
        if len(self.sizes) > 1:
            raise ValueError(f"sizes: expected {self.target} alone, got {list(self.sizes)}")
        if self.mode not in ("flips", "ternary"):
            raise ValueError(f"mode: expected flips or ternary for {self.target}, got {self.mode}")
        if self.start != target_start(self.target):
            raise ValueError(f"start: expected {target_start(self.target)}, got {self.start}")
        return self


_MOST_IN_RANGE = 1_000_000


class Refinement(Section):
    """What walks share (cyclic ones only `keep` and `walkers`, recombinations nothing). L: flips before a plus."""

    keep: int = Field(ge=1, le=1_000_000, description="schemes kept per size, ring and rank, distinct by invariants")
    pool: int = Field(ge=1, le=65536, description="schemes of the best rank an attempt returns to")
    plus_after: tuple[int, int] = Field(description="least and greatest L, drawn log-uniform at each return")
    margin: tuple[int, int] = Field(description="least and greatest rank above the best that a plus may reach")
    restart_after: int = Field(ge=1, le=10**15, description="flips without a lower rank before the next attempt")
    walkers: int = Field(ge=1, le=1024, description="attempts side by side, on as many threads as there are cores")

    @field_validator("plus_after", "margin")
    @classmethod
    def _is_range(cls, given: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= given[0] <= given[1] <= _MOST_IN_RANGE:
            raise ValueError(f"expected two numbers, 1 <= least <= greatest <= {_MOST_IN_RANGE}, got {list(given)}")
        return given


Side = Annotated[int, Field(ge=1, le=65536)]


class Benchmarking(Section):
    """Interleaved timing of kernels against the library products."""

    shapes: tuple[tuple[Side, Side, Side], ...] = Field(min_length=1, description="n, m, p of each product")
    dtypes: tuple[Literal["float32", "float64"], ...] = Field(min_length=1, description="element types")
    states: tuple[Literal["warm", "idle", "after"], ...] = Field(
        min_length=1,
        description="before each call: warm (a pause, the same call), idle (a pause), after (a call of NumPy)",
    )
    schemes: tuple[SizeName, ...] = Field(min_length=1, description="sizes of the schemes whose kernels are timed")
    backends: tuple[Literal["c", "jax", "numpy"], ...] = Field(
        min_length=1, description="back ends of the kernels that are timed"
    )
    forms: tuple[str, ...] | None = Field(
        None, description="which of them, as in «c L1F» or «jax L1»; null: all whose blocks suit the product"
    )
    rounds: int = Field(ge=1, le=100_000, description="samples of each kernel and baseline")
    kernels_per_size: int = Field(
        ge=1, le=1_000, description="kernels timed per size: lowest rank, then fewest additions"
    )
    seed: Seed


_MOST_ZEROS = 0.99  # a factor without a non-zero entry is drawn again
_MOST_SYMBOLS = 2**14
_MOST_COMBINATIONS = 2**13


class Params(Section):
    """params.yaml, whole."""

    agents: dict[Name, Agent] = Field(min_length=1)
    demonstrations: dict[Name, Demonstrations]
    pretraining: dict[Name, Pretraining]
    search: dict[Name, Search]
    walks: dict[Name, Walk] = Field(min_length=1)
    refinement: Refinement
    benchmarking: Benchmarking

    @model_validator(mode="after")
    def _agents_are_complete(self) -> Params:
        for section in ("demonstrations", "pretraining", "search"):
            if set(getattr(self, section)) != set(self.agents):
                raise ValueError(
                    f"{section}: expected one entry per agent ({', '.join(sorted(self.agents))}), "
                    f"got {', '.join(sorted(getattr(self, section))) or 'none'}"
                )
        return self

    @model_validator(mode="after")
    def _laws_fit_their_rings(self) -> Params:
        for name, agent in self.agents.items():
            law, key = self.demonstrations[name].law, f"demonstrations.{name}.law"
            expected = 2 if agent.ring == "Z2" else 5
            if len(law) != expected:
                raise ValueError(f"{key}: expected {expected} probabilities over {agent.ring}, got {len(law)}")
            zero = law[0 if agent.ring == "Z2" else 2]
            if zero > _MOST_ZEROS:
                raise ValueError(f"{key}: expected a probability of zero of at most {_MOST_ZEROS}, got {zero}")
        return self

    @model_validator(mode="after")
    def _searches_fit_their_agents(self) -> Params:
        for name, agent in self.agents.items():
            search, key = self.search[name], f"search.{name}"
            beyond = [target for target in agent.targets if target not in agent.whole]
            if search.games and not agent.whole:
                raise ValueError(f"{key}.games: expected 0, since no target fits the core {agent.core}")
            if beyond and not search.subgames:
                raise ValueError(f"{key}.subgames: expected some, since {beyond[0]} does not fit the core {agent.core}")
            (least, most), naive = search.subgame_terms, parse_size(agent.core).naive_rank
            if not 2 <= least <= most <= naive:
                raise ValueError(
                    f"{key}.subgame_terms: expected two numbers, 2 <= least <= most <= {naive} (the naive rank of the "
                    f"core), got {[least, most]}"
                )
        return self

    @model_validator(mode="after")
    def _networks_fit_their_cores(self) -> Params:
        for name, agent in self.agents.items():
            length = agent.length
            if length > LONGEST_AXIS:
                raise ValueError(f"agents.{name}.core: expected axes of at most {LONGEST_AXIS}, got {length}")
            field, coefficients = (2, 2) if agent.ring == "Z2" else (3, 5)
            key, entries = f"agents.{name}.network", agent.network.entries_per_token
            if length % entries:
                raise ValueError(
                    f"{key}.entries_per_token: expected a divisor of {length} (the longest axis of its core), "
                    f"got {entries}"
                )
            if coefficients**entries > _MOST_SYMBOLS:
                raise ValueError(
                    f"{key}.entries_per_token: expected at most {_MOST_SYMBOLS} symbols, got {coefficients}**{entries}"
                )
            counts = range(1, min(agent.network.combinations or 0, length) + 1)
            combinations = sum(math.comb(length, count) * (field - 1) ** (count - 1) for count in counts)
            if combinations > _MOST_COMBINATIONS:
                raise ValueError(
                    f"{key}.combinations: expected at most {_MOST_COMBINATIONS} combinations of {length} slices, "
                    f"got {combinations}"
                )
        return self

    @model_validator(mode="after")
    def _walks_start_at_home(self) -> Params:
        agents = [schemes_of("search", name) for name in sorted(self.agents)]
        for name, walk in self.walks.items():
            others = [schemes_of("refinement", other) for other in sorted(self.walks) if other != name]
            if not walk.target and walk.start not in (STANDARD_START, *agents, *others):
                starts = ", ".join([STANDARD_START, *agents, *others])
                raise ValueError(f"walks.{name}.start: expected one of {starts}, got {walk.start}")
            if first_start(self.walks, name) is None:
                raise ValueError(f"walks.{name}.start: expected walks that begin somewhere, got a circle")
        return self


def target_start(name: str) -> str:
    """Where a target that is no matrix product stands; its standard algorithm is where a walk of it begins."""
    return f"data/targets/{name}.json"


def schemes_of(stage: Literal["search", "refinement"], name: str) -> str:
    """Where an agent or a walk leaves its schemes (dvc.yaml)."""
    return f"results/{stage}/schemes/{name}.parquet"


def first_start(walks: Mapping[str, Walk], name: str) -> str | None:
    """Where a walk comes from in the end, through the walks that it goes on from; None if they go round in a circle."""
    by_file = {schemes_of("refinement", other): walk for other, walk in walks.items()}
    start = walks[name].start
    for _ in walks:
        if start not in by_file:
            return start
        start = by_file[start].start
    return None


def load(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises:
      ParamsError: one line with the key, what was expected and what came.
    """
    try:
        given = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ParamsError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        return Params.model_validate(_tuples(given))
    except ValidationError as error:
        raise ParamsError(f"{path}: {_one_line(error.errors()[0])}") from None


# pydantic speaks of Python's types, params.yaml of YAML's.
_YAML_WORDS = {
    "a valid tuple": "a list",
    "Tuple should": "Input should",
    " after validation": "",
    "a valid dictionary": "a mapping",
}


def _one_line(error: ErrorDetails) -> str:
    """`key: what was expected, what came` from pydantic's first error."""
    key = ".".join(str(part) for part in error["loc"] if part != "[key]")
    came, message = error["input"], error["msg"].removeprefix("Value error, ").split(" or instance of ")[0]
    for word, yaml_word in _YAML_WORDS.items():
        message = message.replace(word, yaml_word)
    if error["type"] == "missing":
        message = "expected a value, got none"
    elif error["type"] == "extra_forbidden":
        message = "expected no such key"
    elif error["type"] != "value_error":  # the models' own rules say themselves what came
        came = list(came) if isinstance(came, tuple) else came
        message += f", got {'a mapping' if isinstance(came, dict) else repr(came)}"
    if isinstance(came, str) and re.fullmatch(r"[-+]?\d+[eE][-+]?\d+", came):
        message += " (YAML reads it as text; write it with a point and a sign, as in 1.0e-2)"
    return " ".join(f"{key}: {message}".removeprefix(": ").split())


def entry(section: Mapping[str, Entry], name: str, key: str) -> Entry:
    """The entry `name` of a section keyed by agent or walk.

    Raises:
      ParamsError: there is none; the message lists those there are.
    """
    if name not in section:
        raise ParamsError(f"{key}: expected one of {', '.join(sorted(section))}, got {name!r}")
    return section[name]


def _tuples(node):
    """YAML lists as tuples: the models are frozen all the way down, and strict typing takes no list for a tuple."""
    if isinstance(node, dict):
        return {key: _tuples(value) for key, value in node.items()}
    return tuple(map(_tuples, node)) if isinstance(node, list) else node
