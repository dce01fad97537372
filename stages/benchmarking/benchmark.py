"""One comparison per matrix size and element type: correctness first, then time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import jax
import numpy as np

from stages.benchmarking.accuracy import error_bound, relative_error
from stages.benchmarking.arms import Arm, baselines, choose, load, prepared
from stages.contract.params import Benchmarking
from stages.contract.progress import Progress
from stages.errors import KernelError
from stages.timing import interleave, ratio


def benchmark(kernels: Sequence[Mapping], values: Benchmarking, facts: Mapping[str, object]) -> list[dict]:
    """Times the chosen kernels and the baselines at every size and type.

    Args:
      kernels: rows of `tables.KERNELS`; none leaves the baselines alone.
      facts: columns that all rows share (`device.facts`).
    Returns:
      Rows of `tables.TIMINGS`, one per arm and round.
    Raises:
      KernelError: a source that is not the one that was hashed, or a product beyond its error bound.
    """
    arms = baselines() + [load(row) for row in choose(kernels, values.kernels_per_size)]
    with jax.enable_x64(True):  # float64 is one of the types
        return [
            row
            for size in values.sizes
            for dtype in map(np.dtype, values.dtypes)
            for row in _compare(arms, size, dtype, values, facts)
        ]


def _compare(
    arms: Sequence[Arm], size: int, dtype: np.dtype, values: Benchmarking, facts: Mapping[str, object]
) -> Iterator[dict]:
    rng = np.random.default_rng([values.seed, size, dtype.itemsize])
    a, b = (rng.standard_normal((size, size)).astype(dtype) for _ in range(2))
    calls = {arm.name: prepared(arm, a, b) for arm in arms}
    errors = _errors(arms, calls, a, b)
    progress = Progress(f"benchmarking {size} {dtype}", values.rounds, "rounds")
    samples = interleave(calls, values.rounds, values.seed, progress.update)
    _report(arms, samples, values.seed)
    for arm in arms:
        kernel = arm.kernel or {"scheme": "", "size": "", "rank": 0}
        shared = {"arm": arm.name, "scheme": kernel["scheme"], "size": kernel["size"], "rank": kernel["rank"]}
        shared |= {"n": size, "m": size, "p": size, "dtype": dtype.name, "error": errors[arm.name], **facts}
        for number, seconds in enumerate(samples[arm.name]):
            yield shared | {"round": number, "seconds": float(seconds)}


def _errors(arms: Sequence[Arm], calls: Mapping, a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """The relative error of each arm's product; the call is also what compiles it."""
    exact = a.astype(np.float64) @ b.astype(np.float64)
    progress = Progress(f"compiling and checking {len(a)} {a.dtype}", len(arms), "products")
    errors = {}
    for done, arm in enumerate(arms, start=1):
        got = np.asarray(calls[arm.name]())
        errors[arm.name] = error = relative_error(got, exact)
        if arm.kernel is not None:
            bound = error_bound(arm.kernel, a.shape[1], a.dtype)
            if got.dtype != a.dtype or not error <= bound:  # a NaN is no error either
                raise KernelError(
                    f"kernel {arm.name} of scheme {arm.kernel['scheme']} ({arm.kernel['size']}): expected a "
                    f"{a.dtype} product of size {len(a)} with relative error at most {bound:.2g}, "
                    f"got {got.dtype} with {error:.2g}"
                )
        progress.update(done)
    return errors


def _report(arms: Sequence[Arm], samples: Mapping[str, np.ndarray], seed: int) -> None:
    """Prints each kernel's speed against the fastest baseline: above 1 the kernel is faster."""
    fastest = min((arm.name for arm in arms if arm.kernel is None), key=lambda name: np.median(samples[name]))
    for arm in arms:
        speed = ratio(samples[fastest], samples[arm.name], seed)
        label = f"{arm.kernel['size']}:{arm.kernel['rank']}" if arm.kernel else arm.name
        print(
            f"  {label:>10} {np.median(samples[arm.name]) * 1e3:9.2f} ms, {speed.median:.3f} "
            f"[{speed.low:.3f}, {speed.high:.3f}] of the speed of {fastest}",
            file=sys.stderr,
        )
