"""What a product is computed by: a pure function of its shape and the ratios that were measured.

A product of any shape takes the variant of the highest ratio at its effective size: the harmonic mean of its three
sides, on which the traffic of block sums per operation depends. Each state of the machine has ratios of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stages.algebra.targets import Size
from stages.backends.c.variants import LEAST_BLOCK, Shape, Variant, smallest_side

SCHEME = Size(2, 2, 2)  # of the levels in memory and of the fused one
LEAST_GAIN = 1.05  # below this ratio noise decides, and the plain product has the smaller error

# In each state, of each variant, by n = m = p: time of the plain product over that of the variant.
Speeds = dict[str, dict[Variant, dict[int, float]]]
# In each state the highest ratio and the variant that has it; None where no variant suits.
Best = dict[str, tuple[float, Variant] | None]


@dataclass(frozen=True)
class Plan:
    """How a product is computed, and why.

    Attributes:
      backend: «numpy» or «jax» for the plain product; «c» or «jax» with a scheme.
      reason: one line.
      scheme: hash of the scheme of the levels; empty where the product is plain.
      variant: levels of the scheme, and whether one more is fused; None where the product is plain.
      speed: measured time of the plain product over that of this variant at the effective size.
    """

    backend: str
    reason: str
    scheme: str = ""
    variant: Variant | None = None
    speed: float = 1.0


def effective_size(n: int, m: int, p: int) -> float:
    """The harmonic mean of the sides."""
    return 3 * n * m * p / (n * m + m * p + n * p) if n and m and p else 0.0


def best_variants(speeds: Speeds, shape: Shape) -> Best:
    """In each state, of the variants whose blocks are large enough, the one of the highest ratio, and that."""
    size = effective_size(*shape)
    return {
        state: max(
            (
                (_interpolated(ratios, size), variant)
                for variant, ratios in found.items()
                if smallest_side(SCHEME, SCHEME, variant, shape) >= LEAST_BLOCK
            ),
            default=None,
        )
        for state, found in speeds.items()
    }


def gains_anywhere(best: Best) -> bool:
    """Whether a variant is worth it in some state; else it does not matter what the state is."""
    return any(found is not None and found[0] >= LEAST_GAIN for found in best.values())


def plan(best: Best, state: str, shape: Shape, plain: str, kernel: tuple[str, str]) -> Plan:
    """The variant of the highest ratio in this state, or the plain product.

    Args:
      plain: back end of the plain product.
      kernel: back end of the kernel, and hash of its scheme.
    """
    if (found := best[state]) is None:
        sides = "x".join(map(str, shape))
        return Plan(plain, f"all variants would cut {sides} into blocks of sides below {LEAST_BLOCK}")
    speed, variant = found
    reason = (
        f"at effective size {effective_size(*shape):.0f}, {state}, {variant.name} has {speed:.2f} of the plain speed"
    )
    return Plan(kernel[0], reason, kernel[1], variant, speed) if speed >= LEAST_GAIN else Plan(plain, reason)


def _interpolated(points: Mapping[int, float], size: float) -> float:
    """Linear in the logarithm of the size; beyond the sizes that were measured, the nearest one's."""
    sizes = sorted(points)
    return float(np.interp(math.log(size), [math.log(n) for n in sizes], [points[n] for n in sizes]))
