"""The section of the recombination."""

from __future__ import annotations

from pydantic import Field, field_validator

from stages.algebra.targets import parse_size
from stages.params.section import Distinct, Section, SizeName

LONGEST_AXIS = 12  # of a size: up to here the search takes two minutes, and it grows fast


class Recombination(Section):
    """All schemes so far, applied to blocks of larger sizes; nothing is drawn at random."""

    targets: Distinct[SizeName] = Field(description="largest sizes: all that fit into one are built")
    most_blocks: int = Field(ge=2, le=6, description="along an axis of a base; the splits to try grow fast with it")

    @field_validator("targets")
    @classmethod
    def _are_within_reach(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        for name in targets:
            size = parse_size(name)
            if not 2 <= size.n <= size.p <= LONGEST_AXIS:
                raise ValueError(f"expected axes of 2 to {LONGEST_AXIS}, got {name}")
        return targets
