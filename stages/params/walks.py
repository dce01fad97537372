"""The sections of the walks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from stages.algebra.targets import parse_size
from stages.contract import named_targets
from stages.params.section import Section, Seed, TargetName

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
