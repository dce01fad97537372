"""One comparison per product and element type: correctness first, then time, in each state of the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import jax
import numpy as np

from stages.backends.c.variants import Shape
from stages.benchmarking.accuracy import error_bound, exact_rows, relative_error
from stages.benchmarking.implementations import Implementation, Loaded, baselines, choose, prepared
from stages.contract.progress import Progress
from stages.contract.rows.kernels import KernelRow, TimingRow
from stages.errors import KernelError
from stages.params.benchmarking import Benchmarking
from stages.timing import Pauses, before, interleave, ratio


def benchmark(kernels: Sequence[KernelRow], values: Benchmarking, facts: Mapping[str, object]) -> list[TimingRow]:
    """Times the chosen kernels and the baselines at every product, type and state.

    Args:
      kernels: the table; none leaves the baselines alone.
      facts: columns that all rows share (`device.facts`).
    Returns:
      One per state, implementation and round.
    Raises:
      KernelError: a source that is not the one that was hashed, or a product beyond its error bound.
    """
    loaded = [Loaded(row, kernels, values.calibration) for row in choose(kernels, values)]
    with jax.enable_x64(True):  # float64 is one of the types
        return [
            row
            for shape in values.shapes
            for dtype in map(np.dtype, values.dtypes)
            for row in _compare(loaded, shape, dtype, values, facts)
        ]


def _compare(
    loaded: Sequence[Loaded], shape: Shape, dtype: np.dtype, values: Benchmarking, facts: Mapping[str, object]
) -> Iterator[TimingRow]:
    n, m, p = shape
    rng = np.random.default_rng([values.seed, *shape, dtype.itemsize])
    a, b = (rng.standard_normal(size).astype(dtype) for size in ((n, m), (m, p)))
    kernels = (one for kernel in loaded for one in kernel.implementations(shape, dtype, facts["threads"]))
    timed = baselines() + [one for one in kernels if values.variants is None or one.variant in values.variants]
    calls = {one.name: prepared(one, a, b) for one in timed}
    errors = _errors(timed, calls, a, b, values)
    for state in values.states:
        progress = Progress(f"benchmarking {n}x{m}x{p} {dtype} {state}", values.rounds, "rounds")
        prepare = before(state, calls["numpy"], Pauses(values.pause_s, values.idle_s))
        samples = interleave(calls, values.rounds, values.seed, prepare, progress.update)
        _report(timed, samples, values.seed)
        for one in timed:
            kernel = one.kernel
            shared = {"implementation": one.name, "variant": one.variant, "scheme": kernel.scheme if kernel else ""}
            shared |= {"size": kernel.size if kernel else "", "rank": kernel.rank if kernel else 0}
            shared |= {"n": n, "m": m, "p": p, "dtype": dtype.name, "state": state}
            shared |= {"error": errors[one.name], "workspace": one.workspace, "predicted": one.predicted, **facts}
            for number, seconds in enumerate(samples[one.name]):
                yield TimingRow(round=number, seconds=float(seconds), **shared)


def _errors(
    timed: Sequence[Implementation], calls: Mapping, a: np.ndarray, b: np.ndarray, values: Benchmarking
) -> dict[str, float]:
    """The relative error of each product; the call is also what compiles it."""
    rows, exact = exact_rows(a, b, values.error_rows, values.seed)
    shape = (len(a), b.shape[1])
    progress = Progress(f"compiling and checking {len(a)}x{len(b)}x{shape[1]} {a.dtype}", len(timed), "products")
    errors = {}
    for done, one in enumerate(timed, start=1):
        got = np.asarray(calls[one.name]())
        errors[one.name] = error = relative_error(got[rows], exact) if got.shape == shape else np.inf
        if one.kernel is not None:
            bound = error_bound(one.emax, one.additions, a.shape[1], a.dtype)
            if got.dtype != a.dtype or not error <= bound:  # a NaN is no error either
                raise KernelError(
                    f"kernel {one.name} of scheme {one.kernel.scheme} ({one.kernel.size}): expected a "
                    f"{a.dtype} product of {len(a)}x{len(b)}x{shape[1]} with relative error at most {bound:.2g}, "
                    f"got {got.dtype} with {error:.2g}"
                )
        progress.update(done)
    return errors


def _report(timed: Sequence[Implementation], samples: Mapping[str, np.ndarray], seed: int) -> None:
    """Prints each kernel's speed against the fastest baseline: above 1 the kernel is faster."""
    fastest = min((one.name for one in timed if one.kernel is None), key=lambda name: np.median(samples[name]))
    for one in timed:
        speed = ratio(samples[fastest], samples[one.name], seed)
        label = f"{one.kernel.size}:{one.kernel.rank} {one.variant}" if one.kernel else one.name
        print(
            f"  {label:>20} {np.median(samples[one.name]) * 1e3:9.2f} ms, {speed.median:.3f} "
            f"[{speed.low:.3f}, {speed.high:.3f}] of the speed of {fastest}"
            + (f", predicted {np.median(samples[fastest]) / one.predicted:.3f}" if one.predicted else ""),
            file=sys.stderr,
        )
