"""fastmm tune|info|check: measure on this machine, say what was measured, try out what is installed."""

from __future__ import annotations

import argparse
import io
import sys

import numpy as np

from fastmm import blas, cache, library
from fastmm.binding import ISAS
from fastmm.tuning import SPEEDS, tune


def check() -> None:
    """Exits with one line where a product is wrong."""
    kernel = _kernel()
    if wrong := kernel.self_test():
        sys.exit(f"error: {library.PATH}: {wrong}")
    names = ", ".join(isa for isa in ISAS[1:] if kernel.has(isa))
    print(f"{library.PATH}: all products of the trial are exact ({names})")
    for kind, schemes in (("in memory", kernel.levels), ("fused", kernel.fused)):
        for scheme in schemes:
            print(f"  level {kind}: {scheme.name}, scheme {scheme.scheme}")


def info() -> None:
    """Prints what is tuned, and what it gains."""
    kernel, found = _kernel(), blas.openblas()
    print(f"{library.cpu_model()}; NumPy {np.__version__}, {found.config if found else 'no OpenBLAS'}")
    if sentence := blas.older_kernels():
        print(sentence)
    threads = blas.threads()
    for name in SPEEDS:
        path = cache.path(np.dtype(name), threads)
        measured = cache.read(path, kernel)
        print(f"{name}, {threads} threads: {path if measured else 'not tuned'}")
        for state, ratios in (measured or {}).items():
            for shape, speeds in sorted(ratios.items(), key=lambda item: np.prod(item[0])):
                variant, speed = max(speeds.items(), key=lambda item: item[1])
                print(f"  {state} {'x'.join(map(str, shape))}: {speed:.2f} of the plain speed, {variant.name(kernel)}")


def _kernel():
    if (kernel := library.installed()) is None:
        sys.exit(f"error: {library.why_none()}")
    return kernel


def main() -> None:
    parser = argparse.ArgumentParser("fastmm", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    tuned = commands.add_parser("tune", help="measure, and keep the result for this machine")
    tuned.add_argument("--seconds", type=float, default=20, help="in all, 20 unless given; more time, more shapes")
    tuned.add_argument(
        "--types", nargs="+", choices=SPEEDS, default=["float32", "float64"], help="float32 and float64 unless given"
    )
    commands.add_parser("info", help="what is tuned, and what it gains")
    commands.add_parser("check", help="the exact trial of the installed kernels")
    given = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that knows ASCII alone gets the rest escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if given.command == "tune":
            tune(given.seconds, given.types)
        else:
            {"info": info, "check": check}[given.command]()
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
