"""What a product is computed by: a pure function of its shape and of what was measured.

Some products, the anchors, were timed by several variants. A model of three rates, fitted to all of that, says how fast
a variant is at a product. What it leaves unexplained at the anchors corrects it, the more the nearer they are: nearest
by the logarithms of the sides, as time is a matter of their ratios. How much it leaves unexplained is what each promise
is doubted by. A product takes the variant that promises most.
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
LARGER = 1.25  # ratio of effective sizes of a product and of the largest anchor, above which one more level may pay
# Rows and columns of the tile of C that the kernels hold, and columns of A that they pack at once: `FMM_MR / 3`,
# `FMM_NR` and `FMM_KC` of kernels.c for float32 and AVX-512, near enough for others.
TILE = (4, 32)
PANEL = 512


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
# Of the logarithm of a speed, what the model leaves unexplained: before anything is measured, and as how many
# measurements that counts.
SPREAD, _SPREAD_COUNT = 0.08, 10
NEAR = 0.1  # distance at which an anchor says a quarter of what it says where it is
# Rows that end with a line of the cache are read and written faster: how far products are apart of whose operands only
# one has such rows.
LINE, APART = 16, 0.5


class Model(NamedTuple):
    """What was measured, and what is made of it.

    Attributes:
      anchors: the products that were timed.
      rates: by which `modelled` is nearest to all of it.
      residuals: of each variant at each of its anchors, the logarithm of measured over modelled speed.
      spread: root mean square of these.
    """

    anchors: tuple[Shape, ...]
    rates: Rates
    residuals: Mapping[Variant, Mapping[Shape, float]]
    spread: float


def plan(model: Model, shape: Shape, kernel: Kernel, most_growth: float = math.inf) -> Plan:
    """The variant that promises most and whose error grows at most as said, or the plain product."""
    if effective_size(shape) < min(map(effective_size, model.anchors)) * 0.99:
        return Plan("plain", f"effective size {effective_size(shape):.0f} is below all that were measured")
    candidates = list(model.residuals)
    if effective_size(shape) > LARGER * max(map(effective_size, model.anchors)):
        below = [variant for variant in candidates if variant.fused != NUMPY and len(variant.levels) < MOST_LEVELS]
        levels = range(len(kernel.levels))
        candidates += [Variant((level, *variant.levels), variant.fused) for variant in below for level in levels]
    promises = {
        variant: promised(model, variant, shape, kernel)
        for variant in dict.fromkeys(candidates)
        if suits(variant, shape, kernel, most_growth)
    }
    if not promises:
        return Plan("plain", "no variant that was measured suits")
    variant, speed = max(promises.items(), key=lambda item: item[1])
    near = "x".join(map(str, min(model.anchors, key=lambda anchor: distance(anchor, shape))))
    reason = f"by what was measured, next to it at {near}, {variant.name(kernel)} has {speed:.2f} of the plain speed"
    if speed < LEAST_GAIN:
        return Plan("plain", reason)
    return Plan(variant.name(kernel), reason, speed, error_growth(variant, shape, kernel), variant)


def promised(model: Model, variant: Variant, shape: Shape, kernel: Kernel) -> float:
    """The speed that is to be expected at least: by the model and what it left unexplained nearby, less a doubt.

    As if residuals were drawn around 0, and an anchor told more of those nearby: their weighted mean, beside a 0 of
    weight 1, and a standard error that falls with the sum of weights.
    """
    residuals = model.residuals.get(variant, {})
    weights = [(NEAR + distance(anchor, shape)) ** -2 for anchor in residuals]
    total = 1 + sum(weights)
    mean = sum(map(float.__mul__, weights, residuals.values())) / total
    return modelled(variant, shape, kernel, model.rates) * math.exp(mean - model.spread / math.sqrt(total))


def suits(variant: Variant, shape: Shape, kernel: Kernel, most_growth: float) -> bool:
    """Whether the blocks are large enough, and the error grows at most as said."""
    if variant.fused == NUMPY and variant.levels:
        return False
    is_large = not variant.schemes(kernel) or smallest_side(variant, shape, kernel) >= LEAST_BLOCK
    return is_large and error_growth(variant, shape, kernel) <= most_growth


def distance(one: Shape, other: Shape) -> float:
    """Of the logarithms of the sides, and of whether rows of A, and those of B and C, are whole lines."""
    unlike = sum((x % LINE == 0) != (y % LINE == 0) for x, y in zip(one[1:], other[1:], strict=True))
    return math.sqrt(sum(math.log(x / y) ** 2 for x, y in zip(one, other, strict=True)) + unlike * APART**2)


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
    element takes longer the more blocks are streamed at once. A fused one reads and adds what its terms say, C once for
    each panel of A. What the blocks leave over is multiplied classically, as by `multiply` in kernels.c; what is left
    of the inner side takes a further pass over C.
    """
    n, m, p = shape
    operations, in_memory, fused, calls = 0.0, 0.0, 0.0, 1
    schemes = variant.schemes(kernel)
    for depth, scheme in enumerate(schemes):
        axes = zip(*(other.size for other in schemes[depth:]), strict=True)  # parts, of this level and below
        sides = [_side(axis, *given) for axis, given in enumerate(zip((n, m, p), axes, strict=True))]
        rows, inner, cols = (side * parts for side, parts in zip(sides, scheme.size, strict=True))
        strips = _classical(rows, m - inner, cols) + _classical(rows, m, p - cols) + _classical(n - rows, m, p)
        operations += calls * strips
        in_memory += calls * (inner < m) * 2 * rows * cols
        is_fused = depth == len(variant.levels)
        left, right, output = scheme.terms if is_fused else scheme.sums
        whole = rows * inner + inner * cols + rows * cols
        n, m, p = sides
        passes = math.ceil(m / PANEL) if is_fused else 1
        elements = calls * (whole + 2 * (left * n * m + right * m * p + passes * output * n * p))
        if is_fused:
            fused = elements
        else:
            in_memory += elements * (scheme.products / 7) ** STREAMS
        calls *= scheme.products
    return operations + calls * _classical(n, m, p), in_memory, fused


def _classical(n: int, m: int, p: int) -> int:
    """Operations, in whole tiles."""
    high, wide = TILE
    return 2 * math.ceil(n / high) * high * m * math.ceil(p / wide) * wide


def _side(axis: int, length: int, parts: tuple[int, ...]) -> int:
    """Of a block, as `side_along` in kernels.c has it.

    A multiple of the parts below, unless it is smaller than these; and, unless that leaves too much over, one of a
    panel of A or of a tile of C.
    """
    side, unit = length // parts[0], math.prod(parts[1:])
    if side < unit:
        return side
    in_the_end = side // unit
    tile, most = ((1, 0), (PANEL, PANEL // 8), (TILE[1], TILE[1] // 2))[axis]
    over = in_the_end % tile
    return (in_the_end - over if in_the_end >= tile and over <= most else in_the_end) * unit


def modelled(variant: Variant, shape: Shape, kernel: Kernel, rates: Rates) -> float:
    """Time of the plain product over that of a variant."""
    if variant == THREE_PRODUCTS:
        return 1.0
    return 2 * math.prod(shape) / sum(map(float.__mul__, rates, work(variant, shape, kernel)))


def fitted(ratios: Ratios, kernel: Kernel) -> Model:
    """The rates by which the model is nearest to what was measured, by least squares of relative times."""
    rows, times = list(np.diag(_CERTAINTY * np.ones(len(RATES)))), [_CERTAINTY] * len(RATES)  # in units of RATES
    for shape, speeds in ratios.items():
        for variant, speed in speeds.items():
            if variant != THREE_PRODUCTS:
                rows.append(speed * np.array(RATES) * work(variant, shape, kernel) / (2.0 * math.prod(shape)))
                times.append(1.0)
    found = np.linalg.lstsq(np.array(rows), np.array(times), rcond=None)[0]
    rates = Rates(*(max(0.1, float(x)) * rate for x, rate in zip(found, RATES, strict=True)))
    residuals: dict[Variant, dict[Shape, float]] = {}
    for shape, speeds in ratios.items():
        for variant, speed in speeds.items():
            expected = modelled(variant, shape, kernel, rates)
            residuals.setdefault(variant, {})[shape] = math.log(speed / expected)
    found = [x for of_variant in residuals.values() for x in of_variant.values()]
    squares = _SPREAD_COUNT * SPREAD**2 + sum(x * x for x in found)
    return Model(tuple(ratios), rates, residuals, math.sqrt(squares / (_SPREAD_COUNT + len(found))))


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
