"""The ways in which one C kernel can multiply two matrices, and which of them are worth a try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fastmm.binding import UNFUSED
from stages.algebra.targets import Size

# The classical product inside needs blocks of some size; where they are still large, another level pays.
LEAST_BLOCK, MOST_BLOCK = 250, 1024

Shape = tuple[int, int, int]  # n, m, p of a product


class Variant(NamedTuple):
    """Attributes:
    levels: of the outer scheme, whose sums are computed in memory.
    fused: one level of the inner scheme below them, its sums computed while packing.
    """

    levels: int
    fused: bool

    @property
    def name(self) -> str:
        """Such as «L1F»: one outer level, then a fused one."""
        return f"L{self.levels}{'F' * self.fused}"

    @property
    def plan(self) -> dict[str, object]:
        """As `Kernel.product` takes it, of a kernel with one scheme of each kind."""
        return {"levels": (0,) * self.levels, "fused": 0 if self.fused else UNFUSED}


def smallest_side(outer: Size, inner: Size, variant: Variant, shape: Shape) -> int:
    """The smallest side of the blocks that a variant multiplies in the end."""
    blocks = (one**variant.levels * (two if variant.fused else 1) for one, two in zip(outer, inner, strict=True))
    return min(side // count for side, count in zip(shape, blocks, strict=True))


def variants(outer: Size, inner: Size, shape: Shape) -> Iterator[Variant]:
    """Variants whose smallest side lies between LEAST_BLOCK and MOST_BLOCK, few levels first.

    Args:
      outer, inner: sizes of the two schemes.
    """
    for levels in range(max(shape).bit_length()):
        for fused in (False, True):
            variant = Variant(levels, fused)
            if levels + fused > 0 and LEAST_BLOCK <= smallest_side(outer, inner, variant, shape) <= MOST_BLOCK:
                yield variant
