"""The section of the kernels."""

from __future__ import annotations

from pydantic import Field

from stages.params.section import Distinct, Section, SizeName


class Kernels(Section):
    """Which verified schemes become kernels in the table; `export` makes those of any other."""

    per_size: int = Field(ge=1, le=100_000, description="schemes of a size and ring that become JAX and NumPy")
    c_sizes: Distinct[SizeName] = Field(description="sizes whose best scheme over Z becomes C too")
    fused: SizeName = Field(
        description="size of the scheme over Z that C fuses into the product; what its sums cost grows with the size"
    )
