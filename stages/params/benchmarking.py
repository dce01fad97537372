"""The section of the benchmarks."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from stages.params.section import Distinct, Section, Seed, SizeName

Side = Annotated[int, Field(ge=1, le=65536)]


def _is_variant(name: str) -> str:
    if not re.fullmatch(r"c L(0F|[1-9]F?)|(jax|numpy) L1", name):
        raise ValueError(f"expected a variant as in «c L0F», «c L2», «c L1F», «jax L1» or «numpy L1», got {name!r}")
    return name


Variant = Annotated[str, AfterValidator(_is_variant)]


class Calibration(Section):
    """The products that give the rates of the time model of C kernels."""

    side: int = Field(ge=1, le=65536, description="n = m = p of the product that gives the rate of operations")
    cache_share: float = Field(
        ge=0.001, le=1, description="sums that stay in the caches, as a share of the most that do"
    )
    memory_side: int = Field(ge=1, le=65536, description="n = p of the product that is nearly all traffic of memory")
    rounds: int = Field(ge=1, le=10_000, description="samples of each product")


class Benchmarking(Section):
    """Interleaved timing of kernels against the library products."""

    shapes: Distinct[tuple[Side, Side, Side]] = Field(description="n, m, p of each product")
    dtypes: Distinct[Literal["float32", "float64"]] = Field(description="element types")
    states: Distinct[Literal["warm", "idle", "after"]] = Field(
        description="before each call: warm (a pause, the same call), idle (a pause), after (a call of NumPy)"
    )
    schemes: Distinct[SizeName] = Field(description="sizes of the schemes whose kernels are timed, if there are any")
    backends: Distinct[Literal["c", "jax", "numpy"]] = Field(description="back ends of the kernels that are timed")
    variants: Distinct[Variant] | None = Field(
        None, description="which of them, as in «c L1F» or «jax L1»; null: all whose blocks suit the product"
    )
    rounds: int = Field(ge=1, le=100_000, description="samples of each kernel and baseline")
    kernels_per_size: int = Field(
        ge=1, le=1_000, description="kernels timed per size: lowest rank, then fewest additions"
    )
    pause_s: float = Field(ge=0, le=10, description="seconds before the untimed call in the state warm")
    idle_s: float = Field(ge=0, le=10, description="seconds before a call in the state idle")
    error_rows: int = Field(ge=2, le=65536, description="rows of a product whose error is taken")
    calibration: Calibration
    seed: Seed

    @model_validator(mode="after")
    def _variants_are_timed(self) -> Benchmarking:
        for name in self.variants or ():
            if name.split()[0] not in self.backends:
                raise ValueError(f"variants: expected variants of back ends {', '.join(self.backends)}, got {name!r}")
        return self
