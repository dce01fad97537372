"""One comparison per product and element type: correctness first, then time, in each state of the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import jax
import numpy as np

from stages.backends.c.forms import Shape
from stages.benchmarking.accuracy import error_bound, exact_rows, relative_error
from stages.benchmarking.arms import Arm, Loaded, baselines, choose, prepared
from stages.contract.progress import Progress
from stages.errors import KernelError
from stages.params.benchmarking import Benchmarking
from stages.timing import STATES, interleave, ratio


def benchmark(kernels: Sequence[Mapping], values: Benchmarking, facts: Mapping[str, object]) -> list[dict]:
    """Times the chosen kernels and the baselines at every product, type and state.

    Args:
      kernels: rows of `tables.KERNELS`; none leaves the baselines alone.
      facts: columns that all rows share (`device.facts`).
    Returns:
      Rows of `tables.TIMINGS`, one per state, arm and round.
    Raises:
      KernelError: a source that is not the one that was hashed, or a product beyond its error bound.
    """
    loaded = [Loaded(row, kernels) for row in choose(kernels, values)]
    with jax.enable_x64(True):  # float64 is one of the types
        return [
            row
            for shape in values.shapes
            for dtype in map(np.dtype, values.dtypes)
            for row in _compare(loaded, shape, dtype, values, facts)
        ]


def _compare(
    loaded: Sequence[Loaded], shape: Shape, dtype: np.dtype, values: Benchmarking, facts: Mapping[str, object]
) -> Iterator[dict]:
    n, m, p = shape
    rng = np.random.default_rng([values.seed, *shape, dtype.itemsize])
    a, b = (rng.standard_normal(size).astype(dtype) for size in ((n, m), (m, p)))
    kernels = (arm for kernel in loaded for arm in kernel.arms(shape, dtype, facts["threads"]))
    arms = baselines() + [arm for arm in kernels if values.forms is None or arm.form in values.forms]
    calls = {arm.name: prepared(arm, a, b) for arm in arms}
    errors = _errors(arms, calls, a, b, values.seed)
    for state in values.states:
        progress = Progress(f"benchmarking {n}x{m}x{p} {dtype} {state}", values.rounds, "rounds")
        samples = interleave(calls, values.rounds, values.seed, STATES[state](calls["numpy"]), progress.update)
        _report(arms, samples, values.seed)
        for arm in arms:
            kernel = arm.kernel or {"scheme": "", "size": "", "rank": 0}
            shared = {key: kernel[key] for key in ("scheme", "size", "rank")}
            shared |= {"arm": arm.name, "form": arm.form, "n": n, "m": m, "p": p, "dtype": dtype.name, "state": state}
            shared |= {"error": errors[arm.name], "workspace": arm.workspace, "predicted": arm.predicted, **facts}
            for number, seconds in enumerate(samples[arm.name]):
                yield shared | {"round": number, "seconds": float(seconds)}


def _errors(arms: Sequence[Arm], calls: Mapping, a: np.ndarray, b: np.ndarray, seed: int) -> dict[str, float]:
    """The relative error of each arm's product; the call is also what compiles it."""
    rows, exact = exact_rows(a, b, seed)
    shape = (len(a), b.shape[1])
    progress = Progress(f"compiling and checking {len(a)}x{len(b)}x{shape[1]} {a.dtype}", len(arms), "products")
    errors = {}
    for done, arm in enumerate(arms, start=1):
        got = np.asarray(calls[arm.name]())
        errors[arm.name] = error = relative_error(got[rows], exact) if got.shape == shape else np.inf
        if arm.kernel is not None:
            bound = error_bound(arm.emax, arm.additions, a.shape[1], a.dtype)
            if got.dtype != a.dtype or not error <= bound:  # a NaN is no error either
                raise KernelError(
                    f"kernel {arm.name} of scheme {arm.kernel['scheme']} ({arm.kernel['size']}): expected a "
                    f"{a.dtype} product of {len(a)}x{len(b)}x{shape[1]} with relative error at most {bound:.2g}, "
                    f"got {got.dtype} with {error:.2g}"
                )
        progress.update(done)
    return errors


def _report(arms: Sequence[Arm], samples: Mapping[str, np.ndarray], seed: int) -> None:
    """Prints each kernel's speed against the fastest baseline: above 1 the kernel is faster."""
    fastest = min((arm.name for arm in arms if arm.kernel is None), key=lambda name: np.median(samples[name]))
    for arm in arms:
        speed = ratio(samples[fastest], samples[arm.name], seed)
        label = f"{arm.kernel['size']}:{arm.kernel['rank']} {arm.form}" if arm.kernel else arm.name
        print(
            f"  {label:>20} {np.median(samples[arm.name]) * 1e3:9.2f} ms, {speed.median:.3f} "
            f"[{speed.low:.3f}, {speed.high:.3f}] of the speed of {fastest}"
            + (f", predicted {np.median(samples[fastest]) / arm.predicted:.3f}" if arm.predicted else ""),
            file=sys.stderr,
        )
