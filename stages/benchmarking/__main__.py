"""python -m stages.benchmarking: kernels -> raw timings beside those of the libraries."""

from __future__ import annotations

import argparse

from stages.benchmarking.threads import use_granted_cores

THREADS = use_granted_cores()  # before NumPy and JAX are imported below

from stages.benchmarking.benchmark import benchmark
from stages.benchmarking.device import facts
from stages.contract import command, params, tables


def main(given: argparse.Namespace) -> None:
    values = params.load(given.params).benchmarking
    kernels = tables.read_rows(given.kernels, tables.KERNELS)
    rows = benchmark(kernels, values, facts(THREADS))
    tables.write_rows(given.timings, tables.TIMINGS, rows)


if __name__ == "__main__":
    command.run(main, command.arguments("benchmarking", "kernels", "timings"))
