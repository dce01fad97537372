"""What a product is computed by: a pure function of its shape and of what was measured.

Some products, the anchors, were timed by several variants. A product takes the best variant of the anchor that is
nearest to it: by the logarithms of the sides, as time is a matter of their ratios.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fastmm.binding import UNFUSED, Facts, Kernel

Shape = tuple[int, int, int]  # n, m, p of a product

LEAST_BLOCK, MOST_BLOCK = 200, 1100  # the smallest side of the blocks that are multiplied in the end
LEAST_GAIN = 1.03  # below this ratio noise decides, and the plain product has the smaller error
MOST_LEVELS = 4
# Of the model that leaves out hopeless variants: operations in the time in which an element of a sum goes to or comes
# from memory, and the share of that for an element of a fused level.
OPERATIONS_PER_ELEMENT, FUSED_ELEMENT = 10.0, 0.9
MOST_SKEW = 1.5  # ratio of the proportions of a product and of its anchor, beyond which nothing is known of it


class Variant(NamedTuple):
    """A way to multiply.

    Attributes:
      levels: in memory, the outermost first, as numbers of `Kernel.levels`.
      fused: the level below them, as a number of `Kernel.fused`, or UNFUSED.
    """

    levels: tuple[int, ...]
    fused: int

    def schemes(self, kernel: Kernel) -> list[Facts]:
        """Of its levels, the outermost first."""
        below = [] if self.fused == UNFUSED else [kernel.fused[self.fused]]
        return [*(kernel.levels[level] for level in self.levels), *below]

    def name(self, kernel: Kernel) -> str:
        """Such as «4x4x4:49, 2x2x2:7 fused»; unique within a library."""
        names = [scheme.name for scheme in self.schemes(kernel)]
        return ", ".join(names) + " fused" * (self.fused != UNFUSED)


# By anchor and variant: time of the plain product over that of the variant.
Ratios = Mapping[Shape, Mapping[Variant, float]]


class Plan(NamedTuple):
    """How a product is computed, and why.

    Attributes:
      method: «plain», or the schemes of the levels from the outside in.
      reason: one line.
      speed: measured time of the plain product over that of the method.
      error_growth: bound of the error over that of the plain product.
      variant: None where the product is plain.
    """

    method: str
    reason: str
    speed: float = 1.0
    error_growth: float = 1.0
    variant: Variant | None = None


def plan(ratios: Ratios, shape: Shape, kernel: Kernel, most_growth: float = math.inf) -> Plan:
    """The best variant that was measured nearby and whose error grows at most as said, or the plain product."""
    if effective_size(shape) < min(map(effective_size, ratios)) * 0.99:
        return Plan("plain", f"effective size {effective_size(shape):.0f} is below all that were measured")
    anchor = min(ratios, key=lambda anchor: distance(anchor, shape))
    near = "x".join(map(str, anchor))
    if skew(anchor, shape) > MOST_SKEW:
        return Plan("plain", f"nothing of such proportions was measured; the nearest is {near}")
    found = [
        (speed, variant)
        for variant, speed in ratios[anchor].items()
        if smallest_side(variant, shape, kernel) >= LEAST_BLOCK and error_growth(variant, shape, kernel) <= most_growth
    ]
    if not found:
        return Plan("plain", f"no variant that was measured at {near} suits")
    speed, variant = max(found)
    reason = f"at {near}, {variant.name(kernel)} has {speed:.2f} of the plain speed"
    if speed < LEAST_GAIN:
        return Plan("plain", reason)
    return Plan(variant.name(kernel), reason, speed, error_growth(variant, shape, kernel), variant)


def distance(one: Shape, other: Shape) -> float:
    return sum(math.log(x / y) ** 2 for x, y in zip(one, other, strict=True))


def skew(one: Shape, other: Shape) -> float:
    """By how much two shapes differ in proportion, as a ratio of sides: 1 for shapes that differ in size alone."""
    logarithms = [math.log(x / y) for x, y in zip(one, other, strict=True)]
    return math.exp(max(logarithms) - sum(logarithms) / 3)


def effective_size(shape: Shape) -> float:
    """The harmonic mean of the sides, on which the traffic of block sums per operation depends."""
    n, m, p = shape
    return 3 * n * m * p / (n * m + m * p + n * p) if n and m and p else 0.0


def blocks(variant: Variant, shape: Shape, kernel: Kernel) -> tuple[float, float, float]:
    """Sides of the blocks that a variant multiplies in the end."""
    n, m, p = shape
    for scheme in variant.schemes(kernel):
        n, m, p = n / scheme.size[0], m / scheme.size[1], p / scheme.size[2]
    return n, m, p


def smallest_side(variant: Variant, shape: Shape, kernel: Kernel) -> float:
    return min(blocks(variant, shape, kernel))


def variants(shape: Shape, kernel: Kernel) -> Iterator[Variant]:
    """All whose blocks are neither too small nor so large that one more level would pay, few levels first."""
    for depth in range(MOST_LEVELS + 1):
        for levels in itertools.product(range(len(kernel.levels)), repeat=depth):
            for fused in range(UNFUSED, len(kernel.fused)):
                variant = Variant(levels, fused)
                is_plain = not levels and fused == UNFUSED
                if not is_plain and LEAST_BLOCK <= smallest_side(variant, shape, kernel) <= MOST_BLOCK:
                    yield variant


def cost(variant: Variant, shape: Shape, kernel: Kernel) -> float:
    """What a variant takes, in operations of a classical product; roughly, to leave out the hopeless ones.

    A level in memory reads its blocks, writes and reads its sums, writes and reads its products, and writes C. A fused
    one reads and adds what its terms say, mostly in the caches.
    """
    n, m, p = map(float, shape)
    calls, elements = 1.0, 0.0
    for scheme, is_fused in zip(variant.schemes(kernel), [*(False for _ in variant.levels), True], strict=False):
        left, right, output = scheme.terms if is_fused else scheme.sums
        weight = FUSED_ELEMENT if is_fused else 1.0
        whole = n * m + m * p + n * p
        n, m, p = n / scheme.size[0], m / scheme.size[1], p / scheme.size[2]
        elements += calls * weight * (whole + 2 * (left * n * m + right * m * p + output * n * p))
        calls *= scheme.products
    return calls * 2 * n * m * p + OPERATIONS_PER_ELEMENT * elements


def error_growth(variant: Variant, shape: Shape, kernel: Kernel) -> float:
    return error_factor(variant, shape, kernel) / error_factor(Variant((), UNFUSED), shape, kernel)


def error_factor(variant: Variant, shape: Shape, kernel: Kernel) -> float:
    """f of max|C - AB| <= f u max|A| max|B|, to first order in the unit roundoff u.

    A path from an entry of A or B to one of C has so many roundings: those of the sums of each level, and those of a
    plain product of the inner length of the smallest blocks (Ballard, Benson, Druinsky, Lipshitz and Schwartz 2016,
    «Improving the numerical stability of fast matrix multiplication», theorem 3). What the paths carry adds up to emax
    per level.
    """
    length = blocks(variant, shape, kernel)[1]
    schemes = variant.schemes(kernel)
    return (length + sum(scheme.roundings for scheme in schemes)) * length * math.prod(s.emax for s in schemes)
