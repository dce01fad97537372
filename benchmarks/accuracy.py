"""python benchmarks/accuracy.py: rounding errors of the C kernel of 2x2x2 beside NumPy's, float32, five kinds of input.

Two errors against the product in float64: norm, the Frobenius norm of the difference over those of A and B; entry, the
largest |difference| over the entry of |A| |B|. A fast product has a bound for the first alone (Brent 1970; Higham 2002,
«Accuracy and Stability of Numerical Algorithms», section 23.2.2), whatever its scheme. Prints a table: NumPy's errors,
then how many times larger those of the variants are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.backends.c import binding
from stages.backends.c.variants import Variant
from stages.contract import tables
from stages.contract.rows import kernels

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "results/kernels/kernels.parquet"
VARIANTS = (Variant(0, False), Variant(0, True), Variant(1, True), Variant(2, True), Variant(3, True))

Matrix = np.ndarray


def powers(rng: np.random.Generator, count: int, most: float) -> np.ndarray:
    """10^x, x uniform from -most to most."""
    return 10 ** rng.uniform(-most, most, count)


def outside(rng: np.random.Generator, n: int) -> tuple[Matrix, Matrix]:
    a, b = rng.standard_normal((2, n, n))
    return powers(rng, n, 6)[:, None] * a, b * powers(rng, n, 6)


def inside(rng: np.random.Generator, n: int) -> tuple[Matrix, Matrix]:
    a, b = rng.standard_normal((2, n, n))
    scale = powers(rng, n, 3)
    return a * scale, b / scale[:, None]


def cancelling(rng: np.random.Generator, n: int) -> tuple[Matrix, Matrix]:
    x, y, z = rng.standard_normal((n, n // 2)), *rng.standard_normal((2, n // 2, n))
    return np.hstack([x, x]), np.vstack([y, 1e-3 * z - y])


INPUTS: Mapping[str, Callable[[np.random.Generator, int], tuple[Matrix, Matrix]]] = {
    "normal": lambda rng, n: tuple(rng.standard_normal((2, n, n))),
    "uniform on [0, 1)": lambda rng, n: tuple(rng.random((2, n, n))),
    "rows of A, columns of B times 10^-6 to 10^6": outside,
    "columns of A times 10^-3 to 10^3, rows of B divided": inside,
    "halves that cancel to 10^-3": cancelling,
}


def errors(got: Matrix, a: Matrix, b: Matrix) -> tuple[float, float]:
    """By norm and by entry."""
    wide, other = a.astype(np.float64), b.astype(np.float64)
    difference = np.abs(got - wide @ other)
    norm = np.linalg.norm(difference) / (np.linalg.norm(wide) * np.linalg.norm(other))
    return float(norm), float((difference / (np.abs(wide) @ np.abs(other))).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2048, help="n = m = p")
    given = parser.parse_args()
    rows = tables.read(KERNELS, kernels.KERNELS)
    (row,) = (row for row in rows if (row.size, row.ring, row.backend) == ("2x2x2", "Z", "c"))
    kernel = binding.load(row.source)
    print(f"n = {given.size}; scheme of the levels {row.scheme[:16]}, of the fused one {row.inner[:16]}")
    print(f"| input | error | NumPy | {' | '.join(variant.name for variant in VARIANTS)} |")
    print("|---" * (3 + len(VARIANTS)) + "|")
    for name, make in INPUTS.items():
        a, b = (x.astype(np.float32) for x in make(np.random.default_rng(0), given.size))
        plain = errors(a @ b, a, b)
        found = [errors(kernel.product(a, b, **variant.plan), a, b) for variant in VARIANTS]
        for index, kind in enumerate(("norm", "entry")):
            ratios = " | ".join(f"{error[index] / plain[index]:.3g}" for error in found)
            print(f"| {name} | {kind} | {plain[index]:.1e} | {ratios} |")


if __name__ == "__main__":
    main()
