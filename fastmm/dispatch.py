"""What a product is computed by: a pure function of its shape and of what was measured.

Some products, the anchors, were timed by several variants. A product takes the variant that promises most of those that
were timed at the nearest anchors: nearest by the logarithms of the sides, as time is a matter of their ratios. What a
variant promises is its speed at the anchor, carried over to the product by a model of three rates, which are fitted to
all that was measured.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from fastmm.binding import UNFUSED, Facts, Kernel

Shape = tuple[int, int, int]  # n, m, p of a product

NUMPY = UNFUSED - 1  # in place of a fused level: NumPy multiplies
LEAST_BLOCK, MOST_BLOCK = 200, 1100  # the smallest side of the blocks that are multiplied in the end
LEAST_GAIN = 1.03  # below this ratio noise decides, and the plain product has the smaller error
MOST_LEVELS = 4
NEIGHBOURS = 4  # anchors that are asked
# By how much less a variant promises per unit of distance from its anchor: a side that is e times as long.
DOUBT = 0.03
LARGER = 1.5  # ratio of effective sizes of a product and of its nearest anchor, above which one more level may pay


class Variant(NamedTuple):
    """A way to multiply.

    Attributes:
      levels: in memory, the outermost first, as numbers of `Kernel.levels`.
      fused: the level below them, as a number of `Kernel.fused`; UNFUSED, which without levels is the kernel's own
        classical product; or NUMPY: no level, and complex operands by three real products of NumPy.
    """

    levels: tuple[int, ...]
    fused: int

    def schemes(self, kernel: Kernel) -> list[Facts]:
        """Of its levels, the outermost first."""
        below = [kernel.fused[self.fused]] if self.fused > UNFUSED else []
        return [*(kernel.levels[level] for level in self.levels), *below]

    def name(self, kernel: Kernel) -> str:
        """Such as «4x4x4:49, 2x2x2:7 fused»; unique within a library."""
        if not self.levels and self.fused <= UNFUSED:
            return "classical" if self.fused == UNFUSED else "three products"
        return ", ".join(scheme.name for scheme in self.schemes(kernel)) + " fused" * (self.fused > UNFUSED)


CLASSICAL, THREE_PRODUCTS = Variant((), UNFUSED), Variant((), NUMPY)

# By anchor and variant: time of the plain product over that of the variant.
Ratios = Mapping[Shape, Mapping[Variant, float]]


class Plan(NamedTuple):
    """How a product is computed, and why.

    Attributes:
      method: «plain», or the schemes of the levels from the outside in.
      reason: one line.
      speed: time of the plain product over that of the method, by what was measured.
      error_growth: bound of the error over that of the plain product.
      variant: None where the product is plain.
    """

    method: str
    reason: str
    speed: float = 1.0
    error_growth: float = 1.0
    variant: Variant | None = None


class Rates(NamedTuple):
    """What things take, in units of the time in which NumPy makes one operation.

    Attributes:
      operation: of the kernel's own classical product.
      element: of a sum, that goes to memory or comes from it.
      fused: likewise, of a fused level, mostly in the caches.
    """

    operation: float
    element: float
    fused: float


RATES = Rates(1.0, 10.0, 9.0)  # before anything is measured
# Time of an element of a level in memory by its products, as a power, beside 2x2x2: chosen by hand, as what ranks
# variants of these schemes about as they were timed.
STREAMS = 0.3
_CERTAINTY = 0.1  # of these, beside that of a measurement


def plan(ratios: Ratios, rates: Rates, shape: Shape, kernel: Kernel, most_growth: float = math.inf) -> Plan:
    """The variant that promises most and whose error grows at most as said, or the plain product."""
    if effective_size(shape) < min(map(effective_size, ratios)) * 0.99:
        return Plan("plain", f"effective size {effective_size(shape):.0f} is below all that were measured")
    promises = promised(ratios, rates, shape, kernel, most_growth)
    nearest = min(ratios, key=lambda anchor: distance(anchor, shape))
    if effective_size(shape) > LARGER * effective_size(nearest):  # one more level above what was measured
        for level, scheme in enumerate(kernel.levels):
            block = tuple(max(1, side // parts) for side, parts in zip(shape, scheme.size, strict=True))
            for below, (speed, anchor) in promised(ratios, rates, block, kernel, most_growth).items():
                variant = Variant((level, *below.levels), below.fused)
                if len(variant.levels) <= MOST_LEVELS and suits(variant, shape, kernel, most_growth):
                    carried = modelled(variant, shape, kernel, rates) / modelled(below, block, kernel, rates)
                    promises.setdefault(variant, (speed * carried * math.exp(-DOUBT), anchor))
    if not promises:
        return Plan("plain", "no variant that was measured at the nearest shapes suits")
    variant, (speed, anchor) = max(promises.items(), key=lambda item: item[1][0])
    near = "x".join(map(str, anchor))
    reason = f"by what was measured at {near}, {variant.name(kernel)} has {speed:.2f} of the plain speed"
    if speed < LEAST_GAIN:
        return Plan("plain", reason)
    return Plan(variant.name(kernel), reason, speed, error_growth(variant, shape, kernel), variant)


def promised(
    ratios: Ratios, rates: Rates, shape: Shape, kernel: Kernel, most_growth: float
) -> dict[Variant, tuple[float, Shape]]:
    """Of the variants that were measured nearby and suit: the speed that each promises, and the anchor it is from."""
    promises: dict[Variant, tuple[float, Shape]] = {}
    for anchor in sorted(ratios, key=lambda anchor: distance(anchor, shape))[:NEIGHBOURS]:
        for variant, speed in ratios[anchor].items():
            if variant not in promises and suits(variant, shape, kernel, most_growth):
                carried = modelled(variant, shape, kernel, rates) / modelled(variant, anchor, kernel, rates)
                promises[variant] = speed * carried * math.exp(-DOUBT * distance(anchor, shape)), anchor
    return promises


def suits(variant: Variant, shape: Shape, kernel: Kernel, most_growth: float) -> bool:
    """Whether the blocks are large enough, and the error grows at most as said."""
    if variant.fused == NUMPY and variant.levels:
        return False
    is_large = not variant.schemes(kernel) or smallest_side(variant, shape, kernel) >= LEAST_BLOCK
    return is_large and error_growth(variant, shape, kernel) <= most_growth


def distance(one: Shape, other: Shape) -> float:
    return math.sqrt(sum(math.log(x / y) ** 2 for x, y in zip(one, other, strict=True)))


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
    """All whose blocks are neither too small nor so large that one more level would pay, and the classical product."""

    def below(levels: tuple[int, ...]) -> Iterator[Variant]:
        for fused in range(UNFUSED, len(kernel.fused)):
            variant = Variant(levels, fused)
            if variant != CLASSICAL and LEAST_BLOCK <= smallest_side(variant, shape, kernel) <= MOST_BLOCK:
                yield variant
        for level in range(len(kernel.levels)) if len(levels) < MOST_LEVELS else ():
            if smallest_side(Variant((*levels, level), UNFUSED), shape, kernel) >= LEAST_BLOCK:
                yield from below((*levels, level))

    yield CLASSICAL
    yield from below(())


@functools.lru_cache(1 << 16)
def work(variant: Variant, shape: Shape, kernel: Kernel) -> tuple[float, float, float]:
    """Operations of classical products, elements of sums in memory, and those of a fused level.

    A level in memory reads its blocks, writes and reads its sums, writes and reads its products, and writes C; each
    element takes longer the more blocks are streamed at once. A fused one reads and adds what its terms say. What the
    blocks leave over is multiplied classically, as by `multiply` in kernels.c; what is left of the inner side takes a
    further pass over C.
    """
    n, m, p = shape
    operations, in_memory, fused, calls = 0.0, 0.0, 0.0, 1
    schemes = variant.schemes(kernel)
    for depth, scheme in enumerate(schemes):
        axes = zip(*(other.size for other in schemes[depth:]), strict=True)  # parts, of this level and below
        sides = [_side(*axis) for axis in zip((n, m, p), axes, strict=True)]
        rows, inner, cols = (side * parts for side, parts in zip(sides, scheme.size, strict=True))
        operations += calls * 2 * (n * m * p - rows * inner * cols)
        in_memory += calls * (inner < m) * 2 * rows * cols
        is_fused = depth == len(variant.levels)
        left, right, output = scheme.terms if is_fused else scheme.sums
        whole = rows * inner + inner * cols + rows * cols
        n, m, p = sides
        elements = calls * (whole + 2 * (left * n * m + right * m * p + output * n * p))
        if is_fused:
            fused = elements
        else:
            in_memory += elements * (scheme.products / 7) ** STREAMS
        calls *= scheme.products
    return operations + calls * 2 * n * m * p, in_memory, fused


def _side(length: int, parts: tuple[int, ...]) -> int:
    """Of a block, as `side` in kernels.c has it: a multiple of the parts below, unless it is smaller than these."""
    side, unit = length // parts[0], math.prod(parts[1:])
    return side if side < unit else side // unit * unit


def modelled(variant: Variant, shape: Shape, kernel: Kernel, rates: Rates) -> float:
    """Time of the plain product over that of a variant."""
    if variant == THREE_PRODUCTS:
        return 1.0
    return 2 * math.prod(shape) / sum(map(float.__mul__, rates, work(variant, shape, kernel)))


def fitted(ratios: Ratios, kernel: Kernel) -> Rates:
    """The rates by which the model is nearest to what was measured, by least squares of relative times."""
    rows, times = list(np.diag(_CERTAINTY * np.ones(len(RATES)))), [_CERTAINTY] * len(RATES)  # in units of RATES
    for shape, speeds in ratios.items():
        for variant, speed in speeds.items():
            if variant != THREE_PRODUCTS:
                rows.append(speed * np.array(RATES) * work(variant, shape, kernel) / (2.0 * math.prod(shape)))
                times.append(1.0)
    found = np.linalg.lstsq(np.array(rows), np.array(times), rcond=None)[0]
    return Rates(*(max(0.1, float(x)) * rate for x, rate in zip(found, RATES, strict=True)))


def error_growth(variant: Variant, shape: Shape, kernel: Kernel) -> float:
    return error_factor(variant, shape, kernel) / error_factor(CLASSICAL, shape, kernel)


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
