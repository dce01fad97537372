"""The stage of benchmarking, and the rates of this machine.

python -m stages.benchmarking --params ...       the stage: kernels -> raw timings beside those of the libraries
python -m stages.benchmarking calibrate          what the time model knows of this machine
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy and JAX are imported below

import numpy as np

from stages.benchmarking.benchmark import benchmark
from stages.benchmarking.device import facts
from stages.benchmarking.implementations import Loaded
from stages.contract import command, tables
from stages.contract.rows.kernels import KERNELS, TIMINGS
from stages.errors import KernelError
from stages.params.benchmarking import Benchmarking
from stages.params.file import section


def main(given: argparse.Namespace) -> None:
    values = section(given.params, "benchmarking", Benchmarking)
    kernels = tables.read(given.kernels, KERNELS)
    rows = benchmark(kernels, values, facts(THREADS))
    tables.write(given.timings, TIMINGS, rows)


def calibrate(given: argparse.Namespace) -> None:
    """Prints the rates of each element type, from the first C kernel of the table."""
    rows = tables.read(given.kernels, KERNELS)
    row = next((row for row in rows if row.backend == "c"), None)
    if row is None:
        raise KernelError(f"{given.kernels}: expected a kernel of back end c, got none")
    kernel = Loaded(row, rows, section(given.params, "benchmarking", Benchmarking).calibration)
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        rates = kernel.rates(dtype, THREADS)
        print(
            f"{dtype}, {THREADS} threads: products {rates.flops / 1e9:.0f} GFLOP/s, sums of blocks in memory "
            f"{rates.memory / 1e9:.1f} GB/s, in the caches {rates.cache / 1e9:.1f}, fused {rates.fused / 1e9:.1f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["calibrate"]:
        parser = argparse.ArgumentParser("python -m stages.benchmarking calibrate")
        parser.add_argument("calibrate")
        parser.add_argument("--params", type=Path, default=Path("params.yaml"))
        parser.add_argument("--kernels", type=Path, default=Path("results/kernels/kernels.parquet"))
        command.run(calibrate, parser)
    else:
        command.run(main, command.arguments("benchmarking", "kernels", "timings"))
