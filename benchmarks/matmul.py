"""python benchmarks/matmul.py: `stages.backends.matmul` against the fastest library product, float32.

First squares, in each state that a call can find the machine in; then random shapes, warm, sides drawn log-uniformly
from 64 to 4096, short products several times in a row. Each product is checked against some rows in float64. NumPy's
product takes part twice: the second ratio is what the noise of the machine, and taking the faster of two libraries,
leave of 1. Keeps nothing but what `matmul` itself keeps for the machine. Without results/kernels/kernels.parquet all
products are plain.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy and JAX are imported below

import jax
import jax.numpy as jnp
import numpy as np

from stages.backends import explain, matmul
from stages.backends.tune import PAUSES
from stages.benchmarking.accuracy import exact_rows, relative_error
from stages.contract.progress import Progress
from stages.timing import STATES, Interval, before, interleave, ratio

SQUARES = {1024: 21, 2048: 15, 4096: 5}  # n = m = p, and rounds
SIDES = (64, 4096)
ERROR_ROWS = 16  # in which a product is checked
SAMPLE_S = 0.01  # a sample is as many calls in a row as NumPy makes in this time
WORST = 0.05
LIBRARIES = ("numpy", "jax")
XLA = jax.jit(partial(jnp.matmul, precision="highest"))


class Speed(NamedTuple):
    """Time of the faster library over that of `matmul`, and of NumPy once more; which that is.

    Attributes:
      variant: what `matmul` would do at one more look in the same state; of the samples some may have met another.
    """

    matmul: Interval
    numpy_again: Interval
    library: str
    variant: str


class Product:
    """One product by all implementations; exits where `matmul` is wrong.

    Attributes:
      error: that of `matmul` over that of NumPy.
    """

    def __init__(self, rng: np.random.Generator, n: int, m: int, p: int) -> None:
        self.a, self.b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
        rows, exact = exact_rows(self.a, self.b, ERROR_ROWS, 0)
        error = relative_error(matmul(self.a, self.b)[rows], exact)
        if not error < 1e-4:
            raise SystemExit(f"{n}x{m}x{p}: expected a relative error below 1e-4, got {error}")
        self.error = error / relative_error((self.a @ self.b)[rows], exact)
        x, y = jax.device_put(self.a), jax.device_put(self.b)
        calls = {
            "matmul": partial(matmul, self.a, self.b),
            "numpy": partial(np.matmul, self.a, self.b),
            "numpy again": partial(np.matmul, self.a, self.b),
            "jax": lambda: jax.block_until_ready(XLA(x, y)),
        }
        for call in calls.values():
            call()
        start = time.perf_counter()
        calls["numpy"]()
        self._repeats = max(1, round(SAMPLE_S / (time.perf_counter() - start)))
        self._calls = {name: partial(self._repeated, call) for name, call in calls.items()}

    def _repeated(self, call: Callable[[], object]) -> None:
        for _ in range(self._repeats):
            call()

    def speed(self, rounds: int, seed: int, state: str) -> Speed:
        prepare = before(state, self._calls["numpy"], PAUSES)
        seconds = interleave(self._calls, rounds, seed, prepare)
        fastest = min(LIBRARIES, key=lambda name: np.median(seconds[name]))
        ours, again = (ratio(seconds[fastest], seconds[name], 0) for name in ("matmul", "numpy again"))
        prepare(self._calls["matmul"])
        plan = explain(self.a, self.b)
        return Speed(ours, again, fastest, plan.variant.name if plan.variant else "plain")


def squares(rng: np.random.Generator, seed: int) -> None:
    """In each cell the speed of `matmul` and what it chose, and in brackets the speed of NumPy once more."""
    print("| n = m = p | " + " | ".join(STATES) + " |", "|---" * (len(STATES) + 1) + "|", sep="\n")
    for n, rounds in SQUARES.items():
        product = Product(rng, n, n, n)
        found = [product.speed(rounds, seed, state) for state in STATES]
        cells = [
            f"{x.matmul.median:.2f} [{x.matmul.low:.2f}, {x.matmul.high:.2f}] {x.variant} ({x.numpy_again.median:.2f})"
            for x in found
        ]
        print(f"| {n} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    print(f"{THREADS} threads; time of the fastest library product over that of matmul")
    squares(rng, given.seed)
    if not given.shapes:
        return
    shapes = np.exp(rng.uniform(*np.log(SIDES), (given.shapes, 3))).round().astype(int).tolist()
    progress = Progress("matmul", len(shapes), "shapes")
    found, again, plans, errors = [], [], Counter(), []
    for done, shape in enumerate(shapes, start=1):
        product = Product(rng, *shape)
        errors.append(product.error)
        speed = product.speed(given.rounds, given.seed, "warm")
        again.append(speed.numpy_again.median)
        plans[speed.variant] += 1
        found.append((speed.matmul.median, "x".join(map(str, shape)), speed.variant, speed.library))
        progress.update(done)
    speeds = np.array([speed for speed, *_ in found])
    print(f"{len(shapes)} shapes: median {np.median(speeds):.3f}, of NumPy once more {np.median(again):.3f}")
    print(f"quantiles 5, 25, 75, 95 %: {np.quantile(speeds, [0.05, 0.25, 0.75, 0.95]).round(3)}")
    print(f"chosen: {dict(plans)}; error over that of NumPy at most {max(errors):.1f}")
    print(
        "the worst: ",
        *(
            f"{shape} {variant} {speed:.2f} of {name}"
            for speed, shape, variant, name in sorted(found)[: max(1, round(WORST * len(found)))]
        ),
        sep="\n  ",
    )


if __name__ == "__main__":
    main()
