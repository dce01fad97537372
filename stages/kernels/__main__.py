"""python -m stages.kernels --params FILE --schemes IN --kernels OUT --refused OUT --timing OUT: kernels, tried out."""

import argparse
import sys

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command, tables
from stages.kernels.selection import make_all
from stages.params import whole as params


def main(given: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    kernels, refused = make_all(tables.read_rows(given.schemes, tables.VERIFIED), params.load(given.params).kernels)
    tables.write_rows(given.kernels, tables.KERNELS, kernels)
    tables.write_rows(given.refused, tables.REFUSED, refused)
    stopwatch.write(given.timing, {"kernels": len(kernels)})
    print(f"kernels: {len(kernels)} emitted, {len(refused)} schemes refused", file=sys.stderr)


if __name__ == "__main__":
    command.run(main, command.arguments("kernels", "schemes", "kernels", "refused", "timing"))
