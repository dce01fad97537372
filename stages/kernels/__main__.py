"""python -m stages.kernels --schemes IN --kernels OUT --refused OUT --timing OUT: source text of kernels, tried out."""

import argparse
import sys

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command, tables
from stages.contract.rows.kernels import KERNELS, REFUSED
from stages.contract.rows.schemes import VERIFIED
from stages.kernels.selection import make_all


def main(given: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    kernels, refused = make_all(tables.read(given.schemes, VERIFIED))
    tables.write_rows(given.kernels, KERNELS, kernels)
    tables.write_rows(given.refused, REFUSED, refused)
    stopwatch.write(given.timing, {"kernels": len(kernels)})
    print(f"kernels: {len(kernels)} emitted, {len(refused)} schemes refused", file=sys.stderr)


if __name__ == "__main__":
    command.run(main, command.arguments("kernels", "schemes", "kernels", "refused", "timing", has_params=False))
