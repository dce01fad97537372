"""python benchmarks/matmul.py: `fastmm.matmul` against the fastest library product, float32.

Squares and other classes of shapes in each state that a call can find the machine in, beside the best variant of 2x2x2
alone; and random shapes, warm, sides drawn log-uniformly from 256 to 6144. Each product is checked against some rows in
float64. NumPy's product takes part twice: what the second ratio shows is the noise of the machine, and what taking the
faster of two libraries costs. NumPy's products run on the shared threads (`fastmm.share_threads`) unless
`--own-threads`. Run `python -m fastmm tune` before. Threads are the cores that this process may use
(`taskset -c 0 python benchmarks/matmul.py` for one).

It says how long it will take, and keeps each line in benchmarks/matmul.csv, from which docs/kernels.md has its tables;
killed, it goes on where it was. Lines of other kernels, or of what was tuned before, are measured again. Where
OpenBLAS does not know the processor, NumPy is slower than it could be, so the table names OpenBLAS's kernels (`core`);
OPENBLAS_CORETYPE=SkylakeX, for `tune` too, takes others.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import math
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
from fastmm import blas, cache, dispatch, library, product
from fastmm.library import cpu_model
from stages.benchmarking.accuracy import exact_rows, relative_error
from stages.contract import command
from stages.timing import PAUSES, Interval, Pauses, before, interleave, ratio

TABLE = Path(__file__).with_suffix(".csv")
CLASSES = {  # products, and rounds
    "square": {(n, n, n): rounds for n, rounds in ((1024, 31), (2048, 15), (4096, 7), (8192, 3))},
    "outer": {(6000, 800, 6000): 7, (3000, 2000, 3000): 7},
    "inner": {(1536, 4096, 1536): 11},
    "tall": {(8192, 1024, 1024): 11},
    "flat": {(1024, 1024, 8192): 11},
    "odd": {(2571, 1641, 1687): 11, (2047, 2047, 2047): 11},
    "gram": {(n, n, n): rounds for n, rounds in ((2048, 15), (4096, 7), (8192, 3))},  # x @ x.T
}
STRASSEN = "2x2x2:7"
STATES = ("warm", "after")
SIDES = (256, 6144)
ERROR_ROWS = 16  # in which a product is checked
SAMPLE_S = 0.01  # a sample is as many calls in a row as NumPy makes in this time
LIBRARIES = ("numpy", "jax")
XLA = jax.jit(partial(jnp.matmul, precision="highest"))
FEW = 3  # rounds in which the best variant of 2x2x2 alone is found
SHARED_PAUSES = Pauses(warm_s=0.02, idle_s=0.02)  # nobody's threads spin on
KEYS = ["kind", "n", "m", "p", "threads", "shared", "state", "core", "cpu"]
COLUMNS = [*KEYS, "method", "speed", "low", "high", "strassen", "strassen_speed", "library", "gflops", "again", "error"]
COLUMNS += ["tuned"]
Line = Mapping[str, object]


class Speed(NamedTuple):
    """Time of the faster library over that of each of ours, and of NumPy once more; which that is, and its seconds."""

    matmul: Interval
    strassen: Interval | None
    numpy_again: Interval
    library: str
    seconds: float


class Product:
    """One product by all implementations; exits where `matmul` is wrong.

    Attributes:
      error: that of `matmul` over that of NumPy.
      strassen: name of the best variant of 2x2x2 alone, if asked for and if there is one.
    """

    def __init__(self, rng: np.random.Generator, kind: str, n: int, m: int, p: int, pauses: Pauses) -> None:
        self.a, self.b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, m), (m, p)))
        if kind == "gram":
            self.b = self.a.T
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
        self.strassen = ""
        if kind != "random" and (variants := self._alone()):
            seconds = interleave(variants, FEW, 0, before("warm", calls["numpy"], pauses))
            self.strassen = min(variants, key=lambda name: np.median(seconds[name]))
            calls["strassen"] = variants[self.strassen]
        for call in calls.values():
            call()
        start = time.perf_counter()
        calls["numpy"]()
        self._repeats = max(1, round(SAMPLE_S / (time.perf_counter() - start)))
        self._calls = {name: partial(self._repeated, call) for name, call in calls.items()}
        self._pauses = pauses

    def _alone(self) -> dict[str, Callable[[], object]]:
        """Products by the variants whose schemes are all 2x2x2."""
        kernel = library.installed()
        shape = (*self.a.shape, self.b.shape[1])
        found = {}
        for variant in dispatch.variants(shape, kernel):
            if {scheme.name for scheme in variant.schemes(kernel)} == {STRASSEN}:
                found[variant.name(kernel)] = partial(product.run, kernel, variant, self.a, self.b, None, THREADS)
        return found

    def _repeated(self, call: Callable[[], object]) -> None:
        for _ in range(self._repeats):
            call()

    def speed(self, rounds: int, seed: int, state: str) -> Speed:
        prepare = before(state, self._calls["numpy"], self._pauses)
        seconds = interleave(self._calls, rounds, seed, prepare)
        fastest = min(LIBRARIES, key=lambda name: np.median(seconds[name]))
        matmul, strassen, again = (
            ratio(seconds[fastest], seconds[name], 0) if name in seconds else None
            for name in ("matmul", "strassen", "numpy again")
        )
        return Speed(matmul, strassen, again, fastest, float(np.median(seconds[fastest])) / self._repeats)


class Piece(NamedTuple):
    """A line of the table before it is measured."""

    kind: str
    shape: tuple[int, int, int]
    state: str
    rounds: int

    def keys(self, shared: bool) -> dict[str, str]:
        """What names the line, as the table has it."""
        sides = map(str, self.shape)
        values = (self.kind, *sides, str(THREADS), str(int(shared)), self.state, core(), cpu_model())
        return dict(zip(KEYS, values, strict=True))

    def seconds(self, rate: float, pauses: Pauses) -> float:
        """What it will take, roughly, where NumPy multiplies at `rate` operations per second."""
        once = max(SAMPLE_S, math.prod(self.shape) / rate)
        calls = 4 if self.kind == "random" else 5
        return 8 * once + calls * self.rounds * (once * 2 + (pauses.warm_s if self.state == "warm" else 0.0))


def core() -> str:
    """Whose kernels NumPy's OpenBLAS takes, such as «SkylakeX»."""
    found = blas.openblas()
    return found.config.split(" MAX_THREADS")[0].split()[-1] if found else ""


def tuned() -> str:
    """Names the kernels, and what was tuned of them."""
    file = cache.path(np.dtype(np.float32), THREADS)
    if library.installed() is None or not file.exists():
        raise SystemExit(f"matmul: {library.why_none() or 'not tuned: python -m fastmm tune'}")
    return hashlib.sha256(library.digest().encode() + file.read_bytes()).hexdigest()[:12]


def measured(piece: Piece, timed: Product, seed: int, shared: bool) -> Line:
    """A line of the table."""
    found = timed.speed(piece.rounds, seed, piece.state)
    made = piece.keys(shared) | {"method": fastmm.explain(timed.a, timed.b).method}
    made |= {"speed": f"{found.matmul.median:.3f}"}
    made |= {"low": f"{found.matmul.low:.3f}", "high": f"{found.matmul.high:.3f}"}
    if found.strassen:
        made |= {"strassen": timed.strassen, "strassen_speed": f"{found.strassen.median:.3f}"}
    rate = 2e-9 * math.prod(piece.shape) / found.seconds
    made |= {"library": found.library, "gflops": f"{rate:.0f}", "again": f"{found.numpy_again.median:.3f}"}
    return made | {"error": f"{timed.error:.2f}", "tuned": tuned()}


def read() -> dict[tuple[str, ...], Line]:
    if not TABLE.exists():
        return {}
    with TABLE.open(newline="") as file:
        return {tuple(row[key] for key in KEYS): row for row in csv.DictReader(file)}


def keep(lines: Iterable[Line]) -> None:
    """Puts lines into the table in place of what was measured of the same before."""
    kept = read() | {tuple(str(line[key]) for key in KEYS): line for line in lines}
    ordered = sorted(kept.values(), key=lambda row: [str(row[key]).zfill(9) for key in KEYS])
    command.write_text(
        TABLE, command.csv_text(COLUMNS, [{name: row.get(name, "") for name in COLUMNS} for row in ordered])
    )


def plain_rate() -> float:
    """Products of elements per second of NumPy, warm."""
    x = np.ones((1024, 1024), np.float32)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        x @ x
        times.append(time.perf_counter() - start)
    return 1024**3 / min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="*", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--largest", type=int, default=8192, help="side of these")
    parser.add_argument("--shapes", type=int, default=200, help="random ones")
    parser.add_argument("--rounds", type=int, default=3, help="of random shapes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own-threads", action="store_true", help="NumPy keeps its threads")
    given = parser.parse_args()
    shared = not given.own_threads and fastmm.share_threads()
    pauses = SHARED_PAUSES if shared or THREADS == 1 else PAUSES
    pieces = [
        Piece(kind, shape, state, rounds)
        for kind in given.kinds
        for shape, rounds in CLASSES[kind].items()
        for state in STATES
        if max(shape) <= given.largest
    ]
    sides = np.random.default_rng(given.seed).uniform(*np.log(SIDES), (given.shapes, 3))
    pieces += [
        Piece("random", tuple(shape), "warm", given.rounds) for shape in np.exp(sides).round().astype(int).tolist()
    ]
    done = {key for key, row in read().items() if row["tuned"] == tuned()}
    left = [piece for piece in pieces if tuple(piece.keys(shared).values()) not in done]
    rate = plain_rate()
    minutes = sum(piece.seconds(rate, pauses) for piece in left) / 60
    print(f"{len(pieces) - len(left)} of {len(pieces)} lines are there; some {minutes:.0f} minutes", file=sys.stderr)
    rng = np.random.default_rng(given.seed)
    for (kind, shape), group in itertools.groupby(left, key=lambda piece: piece[:2]):
        timed = Product(rng, kind, *shape, pauses)
        lines = [measured(piece, timed, given.seed, shared) for piece in group]
        keep(lines)
        for line in lines:
            print(*line.values(), flush=True)


if __name__ == "__main__":
    main()
