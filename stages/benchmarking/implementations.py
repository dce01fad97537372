"""What takes part in a comparison: kernels from the text in their table, and the libraries' own products.

An implementation is a function of two arrays; `prepared` puts these where it works (NumPy and C: the host; JAX: its
device). So a timed call holds the product, its allocations and the wait for its end, no transfer and no compilation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from stages.algebra.targets import parse_size
from stages.backends.c import binding
from stages.backends.c.variants import Shape, variants
from stages.backends.source import checked_source, python_matmul
from stages.benchmarking.model import Rates, calibrate, predicted
from stages.contract.rows.kernels import KernelRow
from stages.errors import KernelError
from stages.params.benchmarking import Benchmarking, Calibration

RING = "Z"  # holds for every element type


@dataclass(frozen=True)
class Implementation:
    """Attributes:
    name: of a baseline its library, else the hash of the kernel and the variant.
    product: two arrays -> their product.
    place: array -> where `product` takes its operands from.
    kernel: None for a baseline.
    variant: back end and levels, such as «c L1F»; empty for a baseline.
    emax: what the levels together multiply a rounding error by, at most (`program.costs`).
    additions: of blocks, of all levels.
    workspace: bytes beside operands and result; 0 where the back end does not say.
    predicted: seconds by the time model; 0 where there is none.
    """

    name: str
    product: Callable
    place: Callable
    kernel: Mapping | None = None
    variant: str = ""
    emax: float = 1.0
    additions: int = 0
    workspace: int = 0
    predicted: float = 0.0


def baselines() -> list[Implementation]:
    """The products of the libraries, at the full precision of their type like the kernels' own block products."""
    return [
        Implementation("numpy", np.matmul, np.ascontiguousarray),
        Implementation("jax", jax.jit(partial(jnp.matmul, precision="highest")), jax.device_put),
    ]


def choose(rows: Sequence[KernelRow], values: Benchmarking) -> list[KernelRow]:
    """Of each wanted back end and size, among the kernels over Z of lowest rank, those with the fewest additions.

    Raises:
      KernelError: the table has kernels, but none of one of the sizes.
    """
    groups = defaultdict(list)
    for row in rows:
        if row.ring == RING and row.size in values.schemes and row.backend in values.backends:
            groups[row.backend, parse_size(row.size)].append(row)
    sizes = [size.name for size in sorted({size for _, size in groups})]
    if rows and (without := [size for size in values.schemes if size not in sizes]):
        raise KernelError(
            f"benchmarking.schemes: expected sizes with kernels over {RING} in {' or '.join(values.backends)} "
            f"({', '.join(sizes) or 'none'}), got {without[0]}"
        )
    chosen = []
    for key in sorted(groups):
        lowest = min(row.rank for row in groups[key])
        best = sorted(
            (row for row in groups[key] if row.rank == lowest),
            key=lambda row: (row.additions, row.emax, row.kernel),
        )
        chosen += best[: values.kernels_per_size]
    return chosen


class Loaded:
    """A kernel of the table, ready to run.

    Args:
      rows: the whole table, in which the inner scheme of a C kernel is looked up.
    Raises:
      KernelError: another text than the one that was hashed, one without `matmul`, or one that does not compile.
    """

    def __init__(self, row: KernelRow, rows: Sequence[KernelRow], calibration: Calibration) -> None:
        self._row, self._calibration = row, calibration
        self._rates: dict[tuple[np.dtype, int], Rates] = {}
        source = checked_source(row)
        if row.backend == "c":
            self._inner = next((other for other in rows if other.scheme == row.inner), None)
            if self._inner is None:
                raise KernelError(f"kernel {row.kernel} of scheme {row.scheme}: no row of its inner scheme {row.inner}")
            self._kernel = binding.load(source)
        else:
            matmul = python_matmul(source)
            self._matmul = jax.jit(matmul) if row.backend == "jax" else matmul

    def rates(self, dtype: np.dtype, threads: int) -> Rates:
        """Those of a C kernel on this machine, measured when first asked for."""
        if (dtype, threads) not in self._rates:
            self._rates[dtype, threads] = calibrate(
                self._row, self._inner, self._kernel, dtype, threads, self._calibration
            )
        return self._rates[dtype, threads]

    def implementations(self, shape: Shape, dtype: np.dtype, threads: int) -> Iterator[Implementation]:
        """One implementation per way in which the kernel can be worth a try for products of this shape."""
        row = self._row
        if row.backend != "c":
            place = jax.device_put if row.backend == "jax" else np.ascontiguousarray
            name = f"{row.kernel} L1"
            yield Implementation(name, self._matmul, place, row, f"{row.backend} L1", row.emax, row.additions)
            return
        inner = self._inner
        for variant in variants(parse_size(row.size), parse_size(inner.size), shape):
            if variant.levels == 0 and row.size != inner.size:
                continue  # the fused level alone is the same in every C kernel
            yield Implementation(
                f"{row.kernel} {variant.name}",
                partial(self._kernel.product, threads=threads, **variant.plan),
                np.ascontiguousarray,
                row,
                f"c {variant.name}",
                row.emax**variant.levels * inner.emax**variant.fused,
                row.additions * variant.levels + inner.additions * variant.fused,
                self._kernel.workspace(*shape, dtype, levels=variant.plan["levels"], threads=threads),
                predicted(row, inner, variant, shape, dtype, self.rates(dtype, threads)),
            )


def prepared(implementation: Implementation, a: np.ndarray, b: np.ndarray) -> Callable[[], object]:
    """The call to time."""
    operands = [implementation.place(operand) for operand in (a, b)]
    return lambda: jax.block_until_ready(implementation.product(*operands))
