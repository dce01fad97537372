"""What takes part in a comparison: kernels from the text in their table, and the libraries' own products.

An arm is a function of two arrays; `prepared` puts these where it works (NumPy: the host; JAX: its device), so a timed
call holds the product, its allocations and the wait for its end, but no transfer and no compilation.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from stages.algebra.targets import parse_size
from stages.errors import KernelError

RING = "Z"  # holds for every element type


@dataclass(frozen=True)
class Arm:
    """Attributes:
    name: hash of the kernel, or of a baseline its library.
    product: two arrays -> their product.
    place: array -> where `product` takes its operands from.
    kernel: row of `tables.KERNELS`, or None for a baseline.
    """

    name: str
    product: Callable
    place: Callable
    kernel: Mapping | None = None


def baselines() -> list[Arm]:
    """The products of the libraries, at the full precision of their type like the kernels' own block products."""
    return [
        Arm("numpy", np.matmul, np.ascontiguousarray),
        Arm("jax", jax.jit(partial(jnp.matmul, precision="highest")), jax.device_put),
    ]


def choose(rows: Sequence[Mapping], per_size: int) -> list[Mapping]:
    """Of each scheme size, among the kernels over Z of lowest rank, those with the fewest additions."""
    by_size = defaultdict(list)
    for row in rows:
        if row["ring"] == RING and row["backend"] == "jax":
            by_size[parse_size(row["size"])].append(row)
    chosen = []
    for size in sorted(by_size):
        lowest = min(row["rank"] for row in by_size[size])
        best = sorted(
            (row for row in by_size[size] if row["rank"] == lowest),
            key=lambda row: (row["additions"], row["emax"], row["kernel"]),
        )
        chosen += best[:per_size]
    return chosen


def load(row: Mapping) -> Arm:
    """The arm of a row of `tables.KERNELS`: runs its source text, once that agrees with its hash.

    Raises:
      KernelError: another text than the one that was hashed, or one without `matmul`.
    """
    got = hashlib.sha256(row["source"].encode()).hexdigest()[:16]
    if got != row["kernel"]:
        raise KernelError(f"kernel {row['kernel']} of scheme {row['scheme']}: its source has another hash, {got}")
    module: dict = {}
    exec(compile(row["source"], f"<kernel {got}>", "exec"), module)
    if "matmul" not in module:
        raise KernelError(f"kernel {row['kernel']} of scheme {row['scheme']}: its source defines no matmul")
    return Arm(row["kernel"], jax.jit(module["matmul"]), jax.device_put, row)


def prepared(arm: Arm, a: np.ndarray, b: np.ndarray) -> Callable[[], object]:
    """The call to time."""
    operands = [arm.place(operand) for operand in (a, b)]
    return lambda: jax.block_until_ready(arm.product(*operands))
