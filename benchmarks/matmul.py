"""python benchmarks/matmul.py: `fastmm.matmul` against the fastest library product, float32.

Squares in each state that a call can find the machine in, and random shapes, warm, sides drawn log-uniformly from 256
to 6144. Each product is checked against some rows in float64. NumPy's product takes part twice: what the second ratio
shows is the noise of the machine, and what taking the faster of two libraries costs. What is measured replaces the same
lines in benchmarks/matmul.csv, from which docs/kernels.md has its tables. NumPy's products run on the shared threads
(`fastmm.share_threads`) unless `--own-threads`. Run `python -m fastmm tune` before. Threads are the cores that this
process may use (`taskset -c 0 python benchmarks/matmul.py` for one).
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy and JAX are imported below

import jax
import jax.numpy as jnp
import numpy as np

import fastmm
from fastmm.library import cpu_model
from stages.benchmarking.accuracy import exact_rows, relative_error
from stages.contract import command
from stages.timing import PAUSES, Interval, before, interleave, ratio

TABLE = Path(__file__).with_suffix(".csv")
SQUARES = {1024: 31, 2048: 15, 4096: 7, 8192: 3}  # n = m = p, and rounds
STATES = ("warm", "after")
SIDES = (256, 6144)
ERROR_ROWS = 16  # in which a product is checked
SAMPLE_S = 0.01  # a sample is as many calls in a row as NumPy makes in this time
LIBRARIES = ("numpy", "jax")
XLA = jax.jit(partial(jnp.matmul, precision="highest"))
COLUMNS = ["kind", "n", "m", "p", "threads", "shared", "state", "method", "speed", "low", "high", "library", "gflops"]
COLUMNS += ["again", "error", "cpu"]


class Speed(NamedTuple):
    """Time of the faster library over that of `matmul`, and of NumPy once more; which that is, and its seconds."""

    matmul: Interval
    numpy_again: Interval
    library: str
    seconds: float


class Product:
    """One product by all implementations; exits where `matmul` is wrong.

    Attributes:
      error: that of `matmul` over that of NumPy.
    """

    def __init__(self, rng: np.random.Generator, n: int, m: int, p: int) -> None:
        self.a, self.b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
        rows, exact = exact_rows(self.a, self.b, ERROR_ROWS, 0)
        error = relative_error(fastmm.matmul(self.a, self.b)[rows], exact)
        if not error < 1e-4:
            raise SystemExit(f"{n}x{m}x{p}: expected a relative error below 1e-4, got {error}")
        self.error = error / relative_error((self.a @ self.b)[rows], exact)
        x, y = jax.device_put(self.a), jax.device_put(self.b)
        calls = {
            "matmul": partial(fastmm.matmul, self.a, self.b),
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
        return Speed(ours, again, fastest, float(np.median(seconds[fastest])) / self._repeats)


def line(kind: str, product: Product, state: str, rounds: int, seed: int, shared: bool) -> dict[str, object]:
    """A line of the table."""
    found = product.speed(rounds, seed, state)
    (n, m), p = product.a.shape, product.b.shape[1]
    low, median, high = found.matmul.low, found.matmul.median, found.matmul.high
    made = dict(kind=kind, n=n, m=m, p=p, threads=THREADS, shared=int(shared), state=state)
    made |= dict(method=fastmm.explain(product.a, product.b).method, speed=f"{median:.3f}", low=f"{low:.3f}")
    made |= dict(high=f"{high:.3f}", library=found.library, gflops=f"{2e-9 * n * m * p / found.seconds:.0f}")
    made |= dict(again=f"{found.numpy_again.median:.3f}", error=f"{product.error:.2f}", cpu=cpu_model())
    print(*made.values(), flush=True)
    return made


def keep(rows: Iterable[Mapping[str, object]]) -> None:
    """Puts lines into the table in place of what was measured of the same before."""

    def key(row: Mapping[str, object]) -> tuple[str, ...]:
        return tuple(str(row[column]) for column in ("kind", "n", "m", "p", "threads", "shared", "state"))

    with TABLE.open(newline="") if TABLE.exists() else open("/dev/null") as file:
        kept = {key(row): row for row in csv.DictReader(file)}
    kept |= {key(row): row for row in rows}
    ordered = sorted(kept.values(), key=lambda row: [int(x) if str(x).isdigit() else str(x) for x in key(row)])
    command.write_text(TABLE, command.csv_text(COLUMNS, ordered))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squares", type=int, nargs="*", choices=SQUARES, default=list(SQUARES))
    parser.add_argument("--shapes", type=int, default=200, help="random ones")
    parser.add_argument("--first", type=int, default=0, help="of the random ones")
    parser.add_argument("--rounds", type=int, default=5, help="of random shapes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own-threads", action="store_true", help="NumPy keeps its threads")
    given = parser.parse_args()
    shared = not given.own_threads and fastmm.share_threads()
    rng = np.random.default_rng(given.seed)
    for n in given.squares:
        product = Product(rng, n, n, n)
        keep(line("square", product, state, SQUARES[n], given.seed, shared) for state in STATES)
    sides = np.random.default_rng(given.seed).uniform(*np.log(SIDES), (given.first + given.shapes, 3))
    for shape in np.exp(sides).round().astype(int).tolist()[given.first :]:
        keep([line("random", Product(rng, *shape), "warm", given.rounds, given.seed, shared)])


if __name__ == "__main__":
    main()
