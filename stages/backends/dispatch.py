"""`matmul`: the plain product or a kernel of the table, whichever was measured to be faster on this machine.

Kernels are timed once per machine, library, element type and number of threads, against the library's own product, at a
few square sizes; the ratios are kept in the user's cache. A product of any shape takes the form of the highest ratio at
its effective size: the harmonic mean of its three sides, on which the traffic of block sums per operation depends.

The threads of NumPy's library spin for a while after each of its products, on the cores that a kernel wants. So both
cases are timed, and each call looks which one it meets. A plain product is one of NumPy's: what follows it at once will
mostly be plain too.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from stages.algebra.targets import Size
from stages.backends.c import binding
from stages.backends.c.build import cache_folder
from stages.backends.c.forms import LEAST_BLOCK, Form, Shape, forms, smallest_side
from stages.backends.machine import blas, blas_threads, cpu_model, other_threads_run
from stages.contract import tables
from stages.contract.command import write_text
from stages.contract.rows.kernels import KERNELS
from stages.errors import KernelError, StageError
from stages.timing import STATES, interleave

TABLE = Path(__file__).parents[2] / "results/kernels/kernels.parquet"
# By n = m = p of the products that are timed: how often each form is, and how often then the best of them, whose first
# ratios do not count: they are the luckiest of many.
TUNED = {1024: (9, 21), 2048: (4, 11), 4096: (2, 5)}
FINALISTS = 2
LEAST = min(TUNED)  # effective size from which products are planned
LEAST_GAIN = 1.05  # below this ratio noise decides, and the plain product has the smaller error
SCHEME = Size(2, 2, 2)  # of the levels and of the fused one
_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
_RING = "Z"  # holds for every element type
_REMEMBERED = 256  # shapes whose best forms need not be looked for again
_LOCK = threading.RLock()  # two that measure at the same time would spoil each other's ratios


def _renew_lock() -> None:
    """For a process that was forked off while a thread of its parent measured: nobody would let the lock go."""
    global _LOCK
    _LOCK = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)

# In each state, of each form, at each size of TUNED: time of the plain product over that of the form.
Speeds = dict[str, dict[Form, dict[int, float]]]


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


def matmul(a, b, *, out: np.ndarray | None = None, check_finite: bool = False, kernels: Path | str = TABLE):
    """a @ b, by a verified scheme where that was measured to be faster than the library's product.

    The first large product of an element type and number of threads measures, for two or three minutes; that is kept
    for the machine. Rounding errors are larger than those of a plain product, by the growth factor of the scheme
    for each level; they are small beside the largest elements of A and B, not beside each of C, so rows or columns of
    very different scale can lose all their digits. Elements near the largest number of the type can overflow.

    Args:
      a: NumPy or JAX array [n, m] of float32 or float64, traced or not; whatever else NumPy (or, with a JAX array, JAX)
        multiplies, that computes.
      b: likewise [m, p]; JAX multiplies if one of both is a JAX array.
      out: as of `np.matmul`; not for JAX.
      check_finite: take the plain product where an element is infinite or NaN: sums of blocks spread it over C. Not
        for traced arrays, whose elements nobody knows.
      kernels: table of `tables.KERNELS`; without such a file all products are plain.
    Returns:
      Array [n, p].
    Raises:
      TypeError: arrays of booleans or objects; `out` for JAX.
      ValueError: as of `np.matmul`.
    """
    if _is_short(a, b):  # before all that takes time
        return np.matmul(a, b, out=out)
    library = _library(a, b)
    for x in (a, b):
        if getattr(getattr(x, "dtype", None), "kind", "") in ("b", "O"):
            raise TypeError(f"matmul: expected numbers, got an array of {x.dtype}")
    if out is not None and library.name == "jax":
        raise TypeError("matmul: expected no out for JAX, whose arrays do not change")
    a, b = library.operands(a, b)
    plan = _plan(library, a, b, out, kernels)
    if plan.scheme and not (check_finite and not (library.is_finite(a) and library.is_finite(b))):
        with contextlib.suppress(MemoryError, KernelError):  # no room for the sums of blocks, no threads
            return _planner(kernels, library).run(plan.form, a, b, out)
    return library.plain(a, b) if out is None else np.matmul(a, b, out=out)


def explain(a, b, *, kernels: Path | str = TABLE) -> Plan:
    """What `matmul` does for such arrays, and why; it measures where `matmul` would."""
    library = _library(a, b)
    return _plan(library, *library.operands(a, b), None, kernels)


def _plan(library: _NumPy | _Jax, a, b, out, kernels: Path | str) -> Plan:
    if not library.is_planned(a, b, out):
        return Plan(library.name, "only plain arrays [n, m] and [m, p] of one type, float32 or float64, are planned")
    with _LOCK:
        return _planner(kernels, library).plan((*a.shape, b.shape[1]), a.dtype)


def _is_short(a, b) -> bool:
    """Whether these are arrays of numbers in NumPy whose product takes so little time that planning would cost some."""
    if not (type(a) is type(b) is np.ndarray and a.ndim == b.ndim == 2 and a.dtype in _TYPES and b.dtype in _TYPES):
        return False
    return _effective(*a.shape, b.shape[1]) < LEAST


def _effective(n: int, m: int, p: int) -> float:
    """The harmonic mean of the sides."""
    return 3 * n * m * p / (n * m + m * p + n * p) if n and m and p else 0.0


def _fit(a, b) -> bool:
    return a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0] and a.dtype == b.dtype and a.dtype in _TYPES


class _NumPy:
    """NumPy arrays; kernels of the C back end."""

    name = "numpy"
    backend = "c"
    states = ("idle", "after")
    plain = staticmethod(np.matmul)
    place = staticmethod(np.ascontiguousarray)
    wait = staticmethod(lambda x: x)
    timing = staticmethod(contextlib.nullcontext)
    threads = staticmethod(blas_threads)

    def operands(self, a, b):
        return a, b

    def is_planned(self, a, b, out) -> bool:
        if type(a) is not np.ndarray or type(b) is not np.ndarray or not _fit(a, b):  # matrices, masked arrays: NumPy's
            return False
        shape = (a.shape[0], b.shape[1])
        return out is None or (type(out) is np.ndarray and out.dtype == a.dtype and out.shape == shape)

    def is_finite(self, x) -> bool:
        return bool(np.isfinite(x).all())

    def state(self) -> str:
        return "after" if other_threads_run() else "idle"

    def device(self) -> list:
        return [cpu_model(), os.cpu_count(), np.__version__, *blas()]

    def load(self, source: str) -> Callable:
        product = binding.load(source).product
        return lambda form, a, b, out: product(a, b, out, levels=form.levels, fused=form.fused, threads=self.threads())

    def forms(self, shape: Shape) -> Iterator[Form]:
        return forms(SCHEME, SCHEME, shape)


class _Jax:
    """JAX arrays, traced ones too; kernels of the JAX back end."""

    name = "jax"
    backend = "jax"
    states = ("warm",)

    def __init__(self) -> None:
        import jax

        self._jax = jax
        self.place, self.wait = jax.device_put, jax.block_until_ready
        self.timing = jax.ensure_compile_time_eval  # the first large product can be one that is being traced
        self.plain = jax.jit(functools.partial(jax.numpy.matmul, precision="highest"))

    def threads(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def operands(self, a, b):
        return self._jax.numpy.asarray(a), self._jax.numpy.asarray(b)

    def is_planned(self, a, b, out) -> bool:
        return _fit(a, b)

    def is_finite(self, x) -> bool:
        return bool(self._jax.numpy.isfinite(x).all())

    def state(self) -> str:
        return "warm"

    def device(self) -> list:
        return [cpu_model(), os.cpu_count(), self._jax.__version__, self._jax.devices()[0].device_kind]

    def load(self, source: str) -> Callable:
        module: dict = {}
        exec(compile(source, "<kernel>", "exec"), module)
        product = self._jax.jit(module["matmul"], static_argnames="levels")
        return lambda form, a, b, out: product(a, b, levels=form.levels)

    def forms(self, shape: Shape) -> Iterator[Form]:
        return (form for form in forms(SCHEME, SCHEME, shape) if not form.fused)


_numpy, _jax = functools.cache(_NumPy), functools.cache(_Jax)


def _library(a, b) -> _NumPy | _Jax:
    jax = sys.modules.get("jax")  # whoever has a JAX array has imported it
    return _jax() if jax and (isinstance(a, jax.Array) or isinstance(b, jax.Array)) else _numpy()


@functools.cache
def _planner(table: Path | str, library: _NumPy | _Jax) -> Planner:
    return Planner(Path(table), library)


class Planner:
    """Plans for the arrays of one library by the kernels of one table."""

    def __init__(self, table: Path, library: _NumPy | _Jax) -> None:
        self._table, self._library = table, library
        self._changed: int | None = -1  # when the table last was; None: there was none
        self._kernel: dict | None = None
        self._why_none = ""
        self._failed: dict[tuple[np.dtype, int], str] = {}
        self._speeds: dict[tuple[np.dtype, int], Speeds] = {}
        self._run: Callable | None = None
        self._best = functools.lru_cache(_REMEMBERED)(self._best_forms)

    def plan(self, shape: Shape, dtype: np.dtype) -> Plan:
        """The form of the highest measured ratio for products of this shape at this moment."""
        plain = functools.partial(Plan, self._library.name)
        effective = _effective(*shape)
        if effective < LEAST:
            return plain(f"effective size {effective:.0f} is below {LEAST}, from which kernels are measured")
        if self._kernel is None:
            self._look()
        if self._kernel is None:
            return plain(self._why_none)
        tuning = np.dtype(dtype), self._library.threads()
        if tuning in self._failed:
            return plain(self._failed[tuning])
        try:
            best = self._best(shape, *tuning)
            self._loaded()
        except (KernelError, MemoryError) as error:  # no compiler, no room
            self._failed[tuning] = str(error) or "no room to time kernels"
            return plain(self._failed[tuning])
        if not any(best.values()):
            return plain(f"all forms would cut {'x'.join(map(str, shape))} into blocks of sides below {LEAST_BLOCK}")
        state, (speed, form) = max(best.items(), key=lambda item: item[1])
        if speed >= LEAST_GAIN:  # else it does not matter what the moment is
            state = self._library.state()
            speed, form = best[state]
        reason = f"at effective size {effective:.0f}, {state}, {form.name} has {speed:.2f} of the plain speed"
        if speed < LEAST_GAIN:
            return plain(reason)
        return Plan(self._library.backend, reason, self._kernel["scheme"], form, speed)

    def _look(self) -> None:
        """Looks for a kernel where the table is new: the pipeline may have ended since."""
        try:
            changed = self._table.stat().st_mtime_ns
        except OSError:
            changed = None
        if changed != self._changed:
            self._changed = changed
            self._kernel, self._why_none = _best_kernel(self._table, self._library.backend)

    def run(self, form: Form, a, b, out: np.ndarray | None = None):
        """a @ b by the kernel."""
        return self._loaded()(form, a, b, out)

    def _loaded(self) -> Callable:
        with _LOCK:
            if self._run is None:
                self._run = self._library.load(self._kernel["source"])
            return self._run

    def _best_forms(self, shape: Shape, dtype: np.dtype, threads: int) -> dict[str, tuple[float, Form] | None]:
        """In each state, of the forms whose blocks are large enough, the one of the highest ratio, and that."""
        size = _effective(*shape)
        return {
            state: max(
                (
                    (_interpolated(found, size), form)
                    for form, found in forms.items()
                    if smallest_side(SCHEME, SCHEME, form, shape) >= LEAST_BLOCK
                ),
                default=None,
            )
            for state, forms in self._tuned(dtype, threads).items()
        }

    def _tuned(self, dtype: np.dtype, threads: int) -> Speeds:
        if (dtype, threads) not in self._speeds:
            source = hashlib.sha256(self._kernel["source"].encode()).hexdigest()
            key = [self._library.name, *self._library.device(), dtype.name, threads, source, TUNED, FINALISTS]
            path = cache_folder() / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"
            self._speeds[dtype, threads] = _read(path, self._library.states) or self._kept(path, dtype)
        return self._speeds[dtype, threads]

    def _kept(self, path: Path, dtype: np.dtype) -> Speeds:
        """Measures and keeps, unless another process did meanwhile."""
        with _only_process(path.parent / "timing.lock"):
            speeds = _read(path, self._library.states)
            if speeds is None:
                with self._library.timing():
                    speeds = self._measured(dtype)
                with contextlib.suppress(OSError):  # a cache that cannot be written: measured again next time
                    kept = {state: [[*form, found] for form, found in forms.items()] for state, forms in speeds.items()}
                    write_text(path, json.dumps(kept, indent=1))
            return speeds

    def _calls(self, n: int, dtype: np.dtype) -> dict[Form | None, Callable[[], object]]:
        """The plain product (None) of two n x n matrices and that by each form, compiled."""
        library = self._library
        rng = np.random.default_rng(0)
        a, b = (library.place(rng.standard_normal((n, n)).astype(dtype)) for _ in range(2))
        calls: dict = {None: lambda: library.wait(library.plain(a, b))}
        for form in library.forms((n, n, n)):
            calls[form] = lambda form=form: library.wait(self.run(form, a, b))
        for call in calls.values():
            call()
        return calls

    def _measured(self, dtype: np.dtype) -> Speeds:
        library = self._library
        print(f"matmul: timing kernels once for {dtype} on this machine", file=sys.stderr)
        speeds: Speeds = {state: {} for state in library.states}
        calls = {n: self._calls(n, dtype) for n in TUNED}
        for n, (rounds, more) in TUNED.items():
            for state in library.states:
                before = STATES[state](calls[LEAST][None])  # of any size: threads of a library spin on in the same way
                found = _ratios(interleave(calls[n], rounds, 0, before))
                finalists = sorted(found, key=found.get)[-FINALISTS:]
                again = _ratios(interleave({form: calls[n][form] for form in (None, *finalists)}, more, 1, before))
                less = min(again.values()) / min(found[form] for form in finalists)
                for form, speed in found.items():
                    speeds[state].setdefault(form, {})[n] = again.get(form, speed * min(1.0, less))
        return speeds


@contextlib.contextmanager
def _only_process(path: Path) -> Iterator[None]:
    """Waits until no other process is in here: two that measure would spoil each other's ratios."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a cache that cannot be written, or whose file system knows no locks
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(path.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("matmul: waits for another process that is timing kernels", file=sys.stderr)
                fcntl.flock(lock, fcntl.LOCK_EX)
            stack.callback(fcntl.flock, lock, fcntl.LOCK_UN)  # to close it would leave it to processes forked meanwhile
        yield


def _ratios(seconds: Mapping[Form | None, np.ndarray]) -> dict[Form, float]:
    """Medians of the time of the plain product (None) over that of each form."""
    return {form: float(np.median(seconds[None] / found)) for form, found in seconds.items() if form is not None}


def _interpolated(points: Mapping[int, float], size: float) -> float:
    """Linear in the logarithm of the size; beyond the sizes that were measured, the nearest one's."""
    sizes = sorted(points)
    return float(np.interp(math.log(size), [math.log(n) for n in sizes], [points[n] for n in sizes]))


def _read(path: Path, states: Sequence[str]) -> Speeds | None:
    """What was measured before; None where there is nothing, or nothing that makes sense."""
    try:
        given = json.loads(path.read_text())
        speeds = {
            state: {
                Form(int(levels), bool(fused)): {int(n): float(speed) for n, speed in found.items()}
                for levels, fused, found in given[state]
            }
            for state in states
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
    measured = [{form: set(found) for form, found in forms.items()} for forms in speeds.values()]
    ratios = [speed for forms in speeds.values() for found in forms.values() for speed in found.values()]
    same = all(sizes and sizes == measured[0] and all(sizes.values()) for sizes in measured)
    return speeds if same and all(0 < ratio < math.inf for ratio in ratios) else None


def _best_kernel(table: Path, backend: str) -> tuple[dict | None, str]:
    """Of the kernels of the size SCHEME, that of lowest rank and fewest additions; else why there is none."""
    if not table.exists():
        return None, f"{table}: no such file"
    try:
        rows = tables.read_columns(table, KERNELS)
    except StageError as error:
        return None, str(error)
    wanted = {"backend": backend, "ring": _RING, "size": SCHEME.name}
    found = rows.filter(functools.reduce(lambda x, y: x & y, (pc.field(key) == value for key, value in wanted.items())))
    if not found.num_rows:
        return None, f"{table}: no {backend} kernel of a scheme {SCHEME.name} over {_RING}"
    return min(found.to_pylist(), key=lambda row: (row["rank"], row["additions"], row["kernel"])), ""
