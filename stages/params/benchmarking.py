"""The section of the benchmarks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stages.params.section import Section, Seed, SizeName

Side = Annotated[int, Field(ge=1, le=65536)]


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
    variants: tuple[str, ...] | None = Field(
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
