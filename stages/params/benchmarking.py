"""The section of the benchmarks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stages.params.section import Section, Seed, SizeName

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
