"""python benchmarks/matmul.py: `stages.kernels.matmul` against the fastest library product on random shapes.

Sides are drawn log-uniformly from 64 to 4096, float32. Each product is checked against some rows in float64; the calls
are warm and interleaved. Appends nothing and keeps nothing but what `matmul` itself keeps for the machine; prints the
median ratio, the worst twentieth, and what was chosen. Without results/kernels/kernels.parquet all products are plain.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy and JAX are imported below

import jax
import jax.numpy as jnp
import numpy as np

from stages.benchmarking.accuracy import exact_rows, relative_error
from stages.contract.progress import Progress
from stages.kernels import explain, matmul
from stages.timing import interleave, ratio

SIDES = (64, 4096)
WORST = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    shapes = np.exp(rng.uniform(*np.log(SIDES), (given.shapes, 3))).round().astype(int).tolist()
    xla = jax.jit(partial(jnp.matmul, precision="highest"))
    progress = Progress("matmul", len(shapes), "shapes")
    found, plans, errors = [], Counter(), []
    for done, (n, m, p) in enumerate(shapes, start=1):
        a, b = rng.standard_normal((n, m)).astype(np.float32), rng.standard_normal((m, p)).astype(np.float32)
        x, y = jax.device_put(a), jax.device_put(b)
        rows, exact = exact_rows(a, b, 0)
        error = relative_error(matmul(a, b)[rows], exact)
        if not error < 1e-4:
            raise SystemExit(f"{n}x{m}x{p}: expected a relative error below 1e-4, got {error}")
        errors.append(error / relative_error((a @ b)[rows], exact))
        calls = {
            "matmul": partial(matmul, a, b),
            "numpy": partial(np.matmul, a, b),
            "jax": lambda x=x, y=y: jax.block_until_ready(xla(x, y)),
        }
        for call in calls.values():
            call()
        seconds = interleave(calls, given.rounds, given.seed)
        fastest = min(("numpy", "jax"), key=lambda name: np.median(seconds[name]))
        plan = explain(a, b)
        form = plan.form.name if plan.form else "plain"
        plans[form] += 1
        found.append((ratio(seconds[fastest], seconds["matmul"], 0).median, f"{n}x{m}x{p}", form, fastest))
        progress.update(done)
    speeds = np.array([speed for speed, *_ in found])
    print(f"{len(shapes)} shapes, {THREADS} threads: median {np.median(speeds):.3f} of the fastest library product")
    print(f"quantiles 5, 25, 75, 95 %: {np.quantile(speeds, [0.05, 0.25, 0.75, 0.95]).round(3)}")
    print(f"chosen: {dict(plans)}; error over that of NumPy at most {max(errors):.1f}")
    print(
        "the worst: ",
        *(
            f"{shape} {form} {speed:.2f} of {name}"
            for speed, shape, form, name in sorted(found)[: max(1, round(WORST * len(found)))]
        ),
        sep="\n  ",
    )


if __name__ == "__main__":
    main()
