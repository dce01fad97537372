"""`matmul`: the plain product or a kernel of the table, whichever was measured to be faster on this machine.

Kernels are timed once per machine, library, element type and number of threads; `tune` measures, `cache` keeps, and
`dispatch` decides.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from stages.backends import cache, tune
from stages.backends.c.variants import Shape, Variant
from stages.backends.dispatch import SCHEME, Best, Plan, Speeds, best_variants, effective_size, gains_anywhere, plan
from stages.backends.libraries import TYPES, Library, library_of
from stages.backends.source import checked_source
from stages.contract import tables
from stages.contract.rows.kernels import KERNELS, KernelRow
from stages.errors import KernelError, StageError

TABLE = Path(__file__).parents[2] / "results/kernels/kernels.parquet"
LEAST = min(tune.TUNED)  # effective size from which products are planned
_RING = "Z"  # holds for every element type
_REMEMBERED = 256  # shapes whose best variants need not be looked for again


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
      kernels: table of `KERNELS`; without such a file all products are plain.
    Returns:
      Array [n, p].
    Raises:
      TypeError: arrays of booleans or objects; `out` for JAX.
      ValueError: as of `np.matmul`.
      KernelError: the text of the kernel in the table is not the one that was hashed; it is not compiled.
    """
    if _is_short(a, b):  # before all that takes time
        return np.matmul(a, b, out=out)
    library = library_of(a, b)
    for x in (a, b):
        if getattr(getattr(x, "dtype", None), "kind", "") in ("b", "O"):
            raise TypeError(f"matmul: expected numbers, got an array of {x.dtype}")
    if out is not None and library.name == "jax":
        raise TypeError("matmul: expected no out for JAX, whose arrays do not change")
    a, b = library.operands(a, b)
    chosen = _plan(library, a, b, out, kernels)
    if chosen.variant and not (check_finite and not (library.is_finite(a) and library.is_finite(b))):
        with contextlib.suppress(MemoryError, KernelError):  # no room for the sums of blocks, no threads
            return _kernel(kernels, library).run(chosen.variant, a, b, out)
    return library.plain(a, b) if out is None else np.matmul(a, b, out=out)


def explain(a, b, *, kernels: Path | str = TABLE) -> Plan:
    """What `matmul` does for such arrays, and why; it measures where `matmul` would."""
    library = library_of(a, b)
    return _plan(library, *library.operands(a, b), None, kernels)


def _plan(library: Library, a, b, out, kernels: Path | str) -> Plan:
    if not library.is_planned(a, b, out):
        return Plan(library.name, "only plain arrays [n, m] and [m, p] of one type, float32 or float64, are planned")
    with cache.LOCK:
        return _kernel(kernels, library).plan((*a.shape, b.shape[1]), a.dtype)


def _is_short(a, b) -> bool:
    """Whether these are arrays of numbers in NumPy whose product takes so little time that planning would cost some."""
    if not (type(a) is type(b) is np.ndarray and a.ndim == b.ndim == 2 and a.dtype in TYPES and b.dtype in TYPES):
        return False
    return effective_size(*a.shape, b.shape[1]) < LEAST


@functools.cache
def _kernel(table: Path | str, library: Library) -> MeasuredKernel:
    return MeasuredKernel(Path(table), library)


class MeasuredKernel:
    """The kernel of a table for the arrays of one library, and how fast it is. Loads and measures when it has to."""

    def __init__(self, table: Path, library: Library) -> None:
        self._table, self._library = table, library
        self._changed: int | None = -1  # when the table last was; None: there was none
        self._row: KernelRow | None = None
        self._why_none = ""
        self._failed: dict[tuple[np.dtype, int], str] = {}
        self._speeds: dict[tuple[np.dtype, int], Speeds] = {}
        self._run: Callable | None = None
        self._best = functools.lru_cache(_REMEMBERED)(self._best_variants)

    def plan(self, shape: Shape, dtype: np.dtype) -> Plan:
        """What computes products of this shape at this moment."""
        library = self._library
        effective = effective_size(*shape)
        if effective < LEAST:
            reason = f"effective size {effective:.0f} is below {LEAST}, from which kernels are measured"
            return Plan(library.name, reason)
        if self._row is None:
            self._look()
        if self._row is None:
            return Plan(library.name, self._why_none)
        tuning = np.dtype(dtype), library.threads()
        if tuning in self._failed:
            return Plan(library.name, self._failed[tuning])
        try:
            best = self._best(shape, *tuning)
            self._loaded()
        except (KernelError, MemoryError) as error:  # no compiler, no room
            self._failed[tuning] = str(error) or "no room to time kernels"
            return Plan(library.name, self._failed[tuning])
        state = library.state() if gains_anywhere(best) else library.states[0]
        return plan(best, state, shape, library.name, (library.backend, self._row.scheme))

    def run(self, variant: Variant, a, b, out: np.ndarray | None = None):
        """a @ b by the kernel."""
        return self._loaded()(variant, a, b, out)

    def _look(self) -> None:
        """Looks for a kernel where the table is new: the pipeline may have ended since."""
        try:
            changed = self._table.stat().st_mtime_ns
        except OSError:
            changed = None
        if changed != self._changed:
            row, self._why_none = _best_row(self._table, self._library.backend)
            if row is not None:
                checked_source(row)
            self._row, self._changed = row, changed

    def _loaded(self) -> Callable:
        with cache.LOCK:
            if self._run is None:
                self._run = self._library.load(self._row.source)
            return self._run

    def _best_variants(self, shape: Shape, dtype: np.dtype, threads: int) -> Best:
        if (dtype, threads) not in self._speeds:
            self._speeds[dtype, threads] = self._tuned(dtype, threads)
        return best_variants(self._speeds[dtype, threads], shape)

    def _tuned(self, dtype: np.dtype, threads: int) -> Speeds:
        """The ratios that are kept; they are measured unless this or another process did before."""
        library = self._library
        built = library.digest(self._row.source)
        path = cache.ratios_file(
            [library.name, *library.device(), dtype.name, threads, built, tune.TUNED, tune.FINALISTS]
        )
        if (kept := cache.read(path, library.states)) is not None:
            return kept
        with cache.only_process(path.parent / "timing.lock"):
            if (kept := cache.read(path, library.states)) is not None:
                return kept
            speeds = tune.measure(library, self.run, dtype)
            cache.write(path, speeds)
            return speeds


def _best_row(table: Path, backend: str) -> tuple[KernelRow | None, str]:
    """Of the kernels of the size SCHEME, that of lowest rank and fewest additions; else why there is none."""
    if not table.exists():
        return None, f"{table}: no such file"
    try:
        columns = tables.read_columns(table, KERNELS)
    except StageError as error:
        return None, str(error)
    wanted = {"backend": backend, "ring": _RING, "size": SCHEME.name}
    conditions = (pc.field(key) == value for key, value in wanted.items())
    found = columns.filter(functools.reduce(lambda x, y: x & y, conditions))
    if not found.num_rows:
        return None, f"{table}: no {backend} kernel of a scheme {SCHEME.name} over {_RING}"
    rows = (KernelRow(**row) for row in found.to_pylist())
    return min(rows, key=lambda row: (row.rank, row.additions, row.kernel)), ""
