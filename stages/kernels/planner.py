"""`matmul`: the plain product or a kernel of the table, whichever was measured to be faster on this machine.

Kernels are timed once per machine, library, element type and number of threads, against the library's own product, at a
few square sizes; the ratios are kept in the user's cache. A product of any shape takes the form of the highest ratio at
its effective size: the harmonic mean of its three sides, on which the traffic of block sums per operation depends.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from threadpoolctl import threadpool_info

from stages.algebra.targets import parse_size
from stages.contract import tables
from stages.contract.command import write_text
from stages.errors import StageError
from stages.kernels.c import binding
from stages.kernels.c.build import cache_folder
from stages.kernels.c.forms import Form, Shape, forms
from stages.timing import STATES, interleave, ratio

TABLE = Path(__file__).parents[2] / "results/kernels/kernels.parquet"
TUNED = (1024, 1536, 2048, 4096)  # n = m = p of the products that are timed
ROUNDS = 5
LEAST_GAIN = 1.03  # below this ratio noise decides, and the plain product has the smaller error
OUTER = "2x2x2"  # size of the scheme of the levels
_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
_RING = "Z"  # holds for every element type

Speeds = dict[Form, dict[int, float]]  # at each size of TUNED, time of the plain product over that of the form


@dataclass(frozen=True)
class Plan:
    """How a product is computed, and why.

    Attributes:
      backend: «numpy» or «jax» for the plain product; «c» or «jax» with a scheme.
      reason: one line.
      scheme: hash of the scheme of the levels; empty where the product is plain.
      form: levels of the scheme, and whether one more is fused; None where the product is plain.
      speed: measured time of the plain product over that of this form at the effective size.
    """

    backend: str
    reason: str
    scheme: str = ""
    form: Form | None = None
    speed: float = 1.0


def matmul(a, b, *, out: np.ndarray | None = None, check_finite: bool = False, kernels: Path = TABLE):
    """a @ b, by a verified scheme where that was measured to be faster than the library's product.

    The first large product of an element type measures for some seconds; the result is kept for the machine. Rounding
    errors are larger than those of a plain product, by the growth factor of the scheme for each level.

    Args:
      a: NumPy or JAX array [n, m] of float32 or float64; whatever else `np.matmul` takes, that computes.
      b: likewise [m, p].
      out: as of `np.matmul`, for NumPy alone.
      check_finite: take the plain product where an element is infinite or NaN: sums of blocks spread it over C.
      kernels: table of `tables.KERNELS`; without such a file all products are plain.
    Returns:
      Array [n, p] of the library of `a`.
    Raises:
      TypeError: booleans or objects.
      ValueError: as of `np.matmul`.
    """
    library = _library(a, b)
    for x in (a, b):
        if np.dtype(getattr(x, "dtype", float)).kind in "bO":
            raise TypeError(f"matmul: expected numbers, got an array of {x.dtype}")
    plain = functools.partial(library.plain, a, b) if out is None else functools.partial(np.matmul, a, b, out=out)
    if not _is_planned(a, b):
        return plain()
    plan = _planner(kernels, library).plan((*a.shape, b.shape[1]), a.dtype)
    if not plan.scheme or (check_finite and not (np.isfinite(a).all() and np.isfinite(b).all())):
        return plain()
    try:
        return _planner(kernels, library).run(plan.form, a, b, out)
    except MemoryError:  # no room for the sums of blocks
        return plain()


def explain(a, b, *, kernels: Path = TABLE) -> Plan:
    """What `matmul` does for such arrays, and why."""
    library = _library(a, b)
    if not _is_planned(a, b):
        return Plan(library.name, "only matrices of one type, float32 or float64, are planned")
    return _planner(kernels, library).plan((*a.shape, b.shape[1]), a.dtype)


def _is_planned(a, b) -> bool:
    return (
        getattr(a, "ndim", 0) == 2
        and getattr(b, "ndim", 0) == 2
        and a.shape[1] == b.shape[0]
        and a.dtype == b.dtype
        and a.dtype in _TYPES
    )


class _NumPy:
    """NumPy arrays; kernels of the C back end."""

    name = "numpy"
    backend = "c"
    states = ("warm", "after")  # callers mix kernels with other calls, after which a kernel must not lose either
    plain = staticmethod(np.matmul)
    place = staticmethod(np.ascontiguousarray)
    wait = staticmethod(lambda x: x)
    timing = staticmethod(contextlib.nullcontext)

    @functools.cached_property
    def threads(self) -> int:
        """Those of NumPy's own product."""
        return max([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"], default=1)

    @property
    def device(self) -> str:
        return f"{platform.node()} {platform.processor()} {os.cpu_count()}"

    def load(self, source: str) -> Callable:
        product = binding.load(source).product
        return lambda form, a, b, out: product(a, b, out, levels=form.levels, fused=form.fused, threads=self.threads)

    def forms(self, outer, inner, shape: Shape) -> Iterator[Form]:
        return forms(outer, inner, shape)


class _Jax:
    """JAX arrays, traced ones too; kernels of the JAX back end."""

    name = "jax"
    backend = "jax"
    states = ("warm",)
    threads = 0  # JAX's own affair

    def __init__(self) -> None:
        import jax

        self._jax = jax
        self.place, self.wait = jax.device_put, jax.block_until_ready
        self.timing = jax.ensure_compile_time_eval  # the first large product can be one that is being traced
        self._plain = jax.jit(functools.partial(jax.numpy.matmul, precision="highest"))

    def plain(self, a, b):
        return self._plain(a, b)

    @property
    def device(self) -> str:
        return f"{platform.node()} {self._jax.devices()[0].device_kind} {os.cpu_count()}"

    def load(self, source: str) -> Callable:
        module: dict = {}
        exec(compile(source, "<kernel>", "exec"), module)
        product = self._jax.jit(module["matmul"], static_argnames="levels")
        return lambda form, a, b, out: product(a, b, levels=form.levels)

    def forms(self, outer, inner, shape: Shape) -> Iterator[Form]:
        return (form for form in forms(outer, inner, shape) if not form.fused)


@functools.cache
def _numpy() -> _NumPy:
    return _NumPy()


@functools.cache
def _jax() -> _Jax:
    return _Jax()


def _library(a, b) -> _NumPy | _Jax:
    jax = sys.modules.get("jax")  # whoever has a JAX array has imported it
    return _jax() if jax and isinstance(a, jax.Array) and isinstance(b, jax.Array) else _numpy()


@functools.cache
def _planner(table: Path, library: _NumPy | _Jax) -> Planner:
    return Planner(table, library)


class Planner:
    """Plans for the arrays of one library by the kernels of one table."""

    def __init__(self, table: Path, library: _NumPy | _Jax) -> None:
        self._library = library
        self._kernel, self._why_none = _best_kernel(table, library.backend)
        self._speeds: dict[np.dtype, Speeds] = {}
        self._run: Callable | None = None

    def plan(self, shape: Shape, dtype: np.dtype) -> Plan:
        """The form of the highest measured ratio for products of this shape [n, m] x [m, p]."""
        plain = functools.partial(Plan, self._library.name)
        if self._kernel is None:
            return plain(self._why_none)
        effective = 3 / sum(1 / side for side in shape) if all(shape) else 0
        if effective < TUNED[0]:
            return plain(f"effective size {effective:.0f} is below {TUNED[0]}, from which kernels are measured")
        size = parse_size(self._kernel["size"])
        speeds = self._tuned(np.dtype(dtype))
        known = [
            (_interpolated(speeds[form], effective), form)
            for form in self._library.forms(size, size, shape)
            if form in speeds
        ]
        if not known:
            return plain(f"no form was measured whose blocks suit {'x'.join(map(str, shape))}")
        speed, form = max(known)
        if speed < LEAST_GAIN:
            return plain(f"at effective size {effective:.0f} the best form has {speed:.2f} of the plain speed")
        reason = f"at effective size {effective:.0f} {form.name} has {speed:.2f} of the plain speed"
        return Plan(self._library.backend, reason, self._kernel["scheme"], form, speed)

    def run(self, form: Form, a, b, out: np.ndarray | None = None):
        """a @ b by the kernel."""
        if self._run is None:
            self._run = self._library.load(self._kernel["source"])
        return self._run(form, a, b, out)

    def _tuned(self, dtype: np.dtype) -> Speeds:
        if dtype not in self._speeds:
            key = [self._library.name, self._library.device, dtype.name, self._library.threads, np.__version__]
            key += [self._kernel["kernel"], TUNED, ROUNDS]
            path = cache_folder() / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"
            speeds = _read(path)
            if speeds is None:
                with self._library.timing():
                    speeds = self._measured(dtype)
                write_text(path, json.dumps({form.name: [form, found] for form, found in speeds.items()}, indent=1))
            self._speeds[dtype] = speeds
        return self._speeds[dtype]

    def _measured(self, dtype: np.dtype) -> Speeds:
        library, size = self._library, parse_size(self._kernel["size"])
        print(f"matmul: timing kernels once for {dtype} on this machine", file=sys.stderr)
        rng = np.random.default_rng(0)
        speeds: Speeds = {}
        for n in TUNED:
            a, b = (library.place(rng.standard_normal((n, n)).astype(dtype)) for _ in range(2))
            calls = {"plain": lambda a=a, b=b: library.wait(library.plain(a, b))}
            tried = {form.name: form for form in library.forms(size, size, (n, n, n))}
            for name, form in tried.items():
                calls[name] = lambda form=form, a=a, b=b: library.wait(self.run(form, a, b))
            for call in calls.values():  # compiles
                call()
            for state in library.states:
                seconds = interleave(calls, ROUNDS, 0, STATES[state](calls["plain"]))
                for name, form in tried.items():
                    got = ratio(seconds["plain"], seconds[name], 0).median
                    found = speeds.setdefault(form, {})
                    found[n] = min(got, found.get(n, math.inf))
        return speeds


def _interpolated(points: Mapping[int, float], size: float) -> float:
    """Linear in the logarithm of the size; beyond the sizes that were measured, the nearest one's."""
    sizes = sorted(points)
    return float(np.interp(math.log(size), [math.log(n) for n in sizes], [points[n] for n in sizes]))


def _read(path: Path) -> Speeds | None:
    """What was measured before; None where there is nothing, or nothing that makes sense."""
    try:
        given = json.loads(path.read_text())
        return {
            Form(int(levels), bool(fused)): {int(n): float(speed) for n, speed in found.items()}
            for (levels, fused), found in given.values()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _best_kernel(table: Path, backend: str) -> tuple[dict | None, str]:
    """Of the kernels of the size OUTER, that of lowest rank and fewest additions; else the reason why there is none."""
    if not table.exists():
        return None, f"{table}: no such file"
    try:
        rows = tables.read(table, tables.KERNELS)
    except StageError as error:
        return None, str(error)
    found = rows.filter((pc.field("backend") == backend) & (pc.field("ring") == _RING) & (pc.field("size") == OUTER))
    if not found.num_rows:
        return None, f"{table}: no {backend} kernel of a scheme {OUTER} over {_RING}"
    return min(found.to_pylist(), key=lambda row: (row["rank"], row["additions"], row["kernel"])), ""
