"""The section of the walks: one entry each, of the type that its mode names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel, field_validator, model_validator

from stages.algebra.targets import parse_size
from stages.params.section import STANDARD_START, Distinct, Section, Seed, TargetName, is_named

LONGEST = {"flips": 64, "cyclic": 64, "ternary": 32, "modulo3": 32}  # entries of a factor in one machine word
# The tables of a walker grow with the square of its most terms, naive rank and margin: 128 MiB for 1023 of them. The
# largest size whose factors are words is 8x8x8, of naive rank 512.
_MOST_MARGIN = 511
_MOST_IN_A_LIFT = 40_000_000  # equations times unknowns: some 2 GB where two cores lift

Flips = Annotated[int, Field(ge=1, le=10**15)]
Draws = Annotated[int, Field(ge=1, le=1024)]
Pooled = Annotated[int, Field(ge=1, le=65536)]


def _up_to(most: int) -> AfterValidator:
    """Of the least and the greatest of a range."""

    def in_order(given: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= given[0] <= given[1] <= most:
            raise ValueError(f"expected two numbers, 1 <= least <= greatest <= {most}, got {list(given)}")
        return given

    return AfterValidator(in_order)


class _AnyWalk(Section):
    """One way from schemes that are held to better ones: what walks of all modes have."""

    mode: str = Field(description="what moves, and among which schemes")
    start: str = Field(
        description="what it begins from: the standard algorithm, the schemes of an agent or a walk, or a target's file"
    )
    targets: Distinct[TargetName] = Field(
        description="in the order of their first attempts; or one that is no matrix product, whose file is the start",
    )
    flips: Flips = Field(description="in all")
    seed: Seed
    walkers: int = Field(ge=1, le=1024, description="attempts side by side, each on a thread of its own")
    barrier: Flips = Field(
        description="a walker's flips to each barrier; what it finds is open to attempts one barrier later"
    )
    restart_after: Flips = Field(description="flips since its last new best rank after which an attempt ends")
    plus_draws: Draws = Field(description="pairs of terms tried for one plus transition")
    keep: int = Field(ge=1, le=1_000_000, description="schemes kept per size, ring and rank, distinct by invariants")

    @property
    def named_target(self) -> str | None:
        """The target that is no matrix product, if it walks one."""
        return next(filter(is_named, self.targets), None)

    @model_validator(mode="after")
    def _factors_are_words(self) -> _AnyWalk:
        if self.named_target:
            return self
        longest = LONGEST[self.mode]
        for name in self.targets:
            size = parse_size(name)
            if size.n == 1:  # its rank is m * p, that of the standard algorithm
                raise ValueError(f"targets: expected axes of at least 2, got {name}")
            if max(size.modes) > longest:
                raise ValueError(f"targets: expected factors of at most {longest} entries (one word), got {name}")
        return self


class _PoolWalk(_AnyWalk):
    """What walks have that return to a pool of schemes of the best rank. L: flips before a plus."""

    pool: Pooled = Field(description="schemes of the best rank an attempt returns to")
    harvest: Pooled = Field(description="schemes of the pool that are looked at when an attempt ends")
    plus_after: Annotated[tuple[int, int], _up_to(1_000_000)] = Field(
        description="least and greatest L, drawn log-uniform at each return"
    )
    margin: Annotated[tuple[int, int], _up_to(_MOST_MARGIN)] = Field(
        description="least and greatest rank above the best that a plus may reach"
    )
    length: tuple[Flips, Flips] = Field(description="flips from one member of the pool: after a new best rank; at most")
    growth: float = Field(ge=1.0, le=1000.0, description="by which that length is multiplied at each return")

    @field_validator("length")
    @classmethod
    def _grows(cls, given: tuple[int, int]) -> tuple[int, int]:
        if given[0] > given[1]:
            raise ValueError(f"expected two numbers, the first not above the second, got {list(given)}")
        return given

    @model_validator(mode="after")
    def _named_target_stands_alone(self) -> _PoolWalk:
        """It has no neighbours to start from."""
        if self.named_target and len(self.targets) > 1:
            raise ValueError(f"targets: expected {self.named_target} alone, got {list(self.targets)}")
        if self.named_target and self.start != target_start(self.named_target):
            raise ValueError(f"start: expected {target_start(self.named_target)}, got {self.start}")
        return self


class FlipsWalk(_PoolWalk):
    """Over Z2, lifted to Z, from the start and from what the walk finds at other sizes."""

    mode: Literal["flips"]


class Modulo3Walk(_PoolWalk):
    """Over Z3, lifted to Z or to Q, where a 2 may stand below."""

    mode: Literal["modulo3"]

    @model_validator(mode="after")
    def _can_be_lifted(self) -> Modulo3Walk:
        """A lift holds a number for each equation and unknown, four times over."""
        for name in () if self.named_target else self.targets:
            size = parse_size(name)
            if size.naive_rank**3 * sum(size.modes) > _MOST_IN_A_LIFT:
                raise ValueError(f"targets: expected sizes up to 4x4x5 and 3x4x7 in mode modulo3, got {name}")
        return self


class TernaryWalk(_PoolWalk):
    """Over Z with coefficients -1, 0, 1; keeps what has few non-zeros."""

    mode: Literal["ternary"]


class CyclicWalk(_AnyWalk):
    """Over Z2 among the cyclically symmetric schemes of square sizes.

    From the standard algorithm, or from the schemes of another such walk that are symmetric.
    """

    mode: Literal["cyclic"]
    plus_after: Flips = Field(
        description="flips before a plus, while there are fewer orbits than in the standard algorithm with these cubes"
    )
    group: Literal["C3", "C3xZ2"] = Field(
        description="what leaves the schemes unchanged: cyclic exchange of the factors; and with it their reversal"
    )
    cubes: dict[str, tuple[tuple[int, ...], ...]] = Field(
        description="by size, the partition of the diagonal whose parts are made into cubes of the standard algorithm; "
        "elsewhere a random one"
    )

    @model_validator(mode="after")
    def _are_square(self) -> CyclicWalk:
        if self.named_target:
            raise ValueError(f"mode: expected flips, modulo3 or ternary for {self.named_target}, got cyclic")
        for name in self.targets:
            if len(set(parse_size(name))) > 1:
                raise ValueError(f"targets: expected square ones in mode cyclic, got {name}")
        return self

    @model_validator(mode="after")
    def _cubes_are_named(self) -> CyclicWalk:
        """The cubes say how many orbits the standard algorithm has."""
        missing = [name for name in self.targets if name not in self.cubes]
        if self.start != STANDARD_START and missing:
            raise ValueError(
                f"cubes: expected those of each target where the start is another walk, got none of {missing}"
            )
        return self

    @model_validator(mode="after")
    def _cubes_are_partitions(self) -> CyclicWalk:
        for name, partition in self.cubes.items():
            if name not in self.targets:
                raise ValueError(f"cubes: expected sizes among the targets, got {name}")
            diagonal = list(range(parse_size(name).n))
            if not all(partition) or sorted(itertools.chain(*partition)) != diagonal:
                raise ValueError(f"cubes.{name}: expected a partition of {diagonal}, got {[*map(list, partition)]}")
            if self.group == "C3xZ2" and not is_reversible(partition, len(diagonal)):
                raise ValueError(
                    f"cubes.{name}: expected parts that the reversal of {diagonal} exchanges in group C3xZ2, "
                    f"got {[*map(list, partition)]}"
                )
        return self


Walk = Annotated[FlipsWalk | TernaryWalk | Modulo3Walk | CyclicWalk, Field(discriminator="mode")]


class OneWalk(RootModel[Walk]):
    """A walk of any mode, to be read by itself."""


def is_reversible(partition: Iterable[Iterable[int]], n: int) -> bool:
    """Whether the reversal of 0..n-1 takes each part of a partition to a part."""
    parts = set(map(frozenset, partition))
    return all(frozenset(n - 1 - i for i in part) in parts for part in parts)


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
