"""python benchmarks/exchange.py: seconds and memory of exact checks of files laid out as others publish them.

First two archives with the sizes of AlphaTensor's 113 published schemes (93 in standard arithmetic, of which 27 with
halves, and 20 modulo 2). The schemes are our own: Strassen's where a length is even, the standard algorithm along the
rest, then in a random basis, which fills them; so they have at least as many products as the published ones. Then one
12x12x12 of 1,000 products and more. Each is checked by the command `check`, in a process of its own on one core.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.algebra.basis import draw_unimodular
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import as_matrices, from_matrices
from stages.algebra.targets import Size
from tests.examples import product, strassen
from tests.exchange.layouts import factorizations

SMALL = "222 223 224 225 233 234 235 244 245 255 333 334 335 344 345 355 444 445 455 555"
LARGE = """
    2,2,6 2,2,7 2,2,8 3,4,11* 3,5,9 3,9,11* 4,5,9 4,5,10 4,5,11 4,9,10 4,9,11 4,11,11 4,11,12 5,5,7 5,7,9 5,7,10
    5,7,11* 5,8,9 5,8,10 5,8,11* 5,9,9 5,9,10 5,9,11 5,9,12 6,7,9 6,7,10 6,7,11* 6,8,10 6,8,11* 6,9,9 6,9,10 6,9,11
    7,7,9 7,7,10 7,7,11* 7,8,9 7,8,10 7,8,11 7,8,12 7,9,9 7,9,10 7,9,11* 7,9,12* 7,10,10 7,10,11* 7,11,11* 8,8,10
    8,8,11 8,9,10 8,9,11* 8,9,12* 8,10,10 8,10,11 8,10,12 8,11,11 8,11,12 9,9,9* 9,9,10* 9,9,11* 9,10,10 9,10,11*
    9,10,12* 9,11,11* 9,11,12* 10,10,10 10,10,11* 10,10,12* 10,11,11 10,11,12* 10,12,12* 11,11,11* 11,11,12* 11,12,12*
"""  # a star: with halves
DENSITY = 0.15  # of a basis; the factors then hold 14 to 22 % non-zeros


def beside(one: Scheme, two: Scheme, axis: int) -> Scheme:
    """The scheme of the size that is the sum of both along `axis`: two products of blocks."""
    size = Size(*(length + (place == axis) * two.size[axis] for place, length in enumerate(one.size)))
    matrices = []
    for first, second, (rows, cols) in zip(as_matrices(one), as_matrices(two), ((0, 1), (1, 2), (2, 0)), strict=True):
        both = np.zeros((size[rows], size[cols], one.rank + two.rank), np.int64)
        both[: first.shape[0], : first.shape[1], : one.rank] = first
        both[size[rows] - second.shape[0] :, size[cols] - second.shape[1] :, one.rank :] = second
        matrices.append(both)
    return Scheme(size.target, "Z", from_matrices((matrices[0], matrices[1], matrices[2])))


@functools.cache
def composed(*lengths: int) -> Scheme:
    if min(lengths) == 1:
        return standard(Size(*lengths).target)
    odd = [axis for axis in range(3) if lengths[axis] % 2]
    if not odd:
        return product(strassen(), composed(*(length // 2 for length in lengths)))
    axis = max(odd, key=lambda axis: lengths[axis])
    less = [length - (place == axis) for place, length in enumerate(lengths)]
    last = [1 if place == axis else length for place, length in enumerate(lengths)]
    return beside(composed(*less), composed(*last), axis)


def filled(scheme: Scheme, rng: np.random.Generator) -> Scheme:
    """X u Y^-1, Y v Z^-1, Z w X^-1: the same product in another basis."""
    x, y, z = (draw_unimodular(rng, 1, length, "Z", DENSITY) for length in scheme.size)
    u, v, w = (stack.transpose(2, 0, 1) for stack in as_matrices(scheme))
    stacks = [x[0] @ u @ y[1], y[0] @ v @ z[1], z[0] @ w @ x[1]]
    return Scheme(scheme.target, "Z", Factors(*(stack.reshape(len(stack), -1).T for stack in stacks)))


def halved(scheme: Scheme) -> Scheme:
    """The first factor doubled and the third halved, as floats in the file."""
    u, v, w = scheme.factors
    return Scheme(scheme.target, "Q", Factors(2 * u, v, w), 2)


def lay_out(folder: Path) -> list[Path]:
    """Writes the archives."""
    rng = np.random.default_rng(0)
    small = {",".join(size): filled(composed(*map(int, size)), rng) for size in SMALL.split()}
    standard_ones = dict(small)
    for key, star in re.findall(r"([0-9,]+)(\*?)", LARGE):
        scheme = filled(composed(*map(int, key.split(","))), rng)
        standard_ones[key] = halved(scheme) if star else scheme
    modulo_two = {
        key: Scheme(scheme.target, "Z2", Factors(*(factor % 2 for factor in scheme.factors)))
        for key, scheme in small.items()
    }
    schemes = {
        "standard.npz": standard_ones,
        "modulo2.npz": modulo_two,
        "12x12x12.npz": {"12,12,12": filled(composed(12, 12, 12), rng)},
    }
    for name, of_one_file in schemes.items():
        (folder / name).write_bytes(factorizations(of_one_file))
    return [folder / name for name in schemes]


def measure(path: Path) -> None:
    """Runs `check` on a file and prints what it took."""
    command = [sys.executable, "-m", "stages.exchange", "check", path.name]
    paths = {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, cwd=path.parent, env=os.environ | paths, stdout=subprocess.PIPE, text=True)
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    held = sum(": holds over " in line for line in lines)
    cpu_s = usage.ru_utime + usage.ru_stime
    print(f"{path.name}: {path.stat().st_size:,} bytes, {held} of {len(lines)} hold, exit code {process.returncode}")
    print(f"  {cpu_s:.1f} CPU seconds, {usage.ru_maxrss / 1024:.0f} MiB; last: {lines[-1]}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: the memory of a process counts what its parent held when it began.
        with ProcessPoolExecutor(1) as pool:
            paths = pool.submit(lay_out, Path(folder)).result()
        for path in paths:
            measure(path)


if __name__ == "__main__":
    main()
