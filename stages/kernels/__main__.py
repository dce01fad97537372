"""python -m stages.kernels --params FILE --schemes IN --kernels OUT --refused OUT --timing OUT: kernels, tried out."""

import argparse
import sys

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command, tables
from stages.contract.rows.kernels import KERNELS, REFUSED
from stages.contract.rows.schemes import VERIFIED
from stages.kernels.selection import make_all
from stages.params.file import section
from stages.params.kernels import Kernels


def main(given: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    values = section(given.params, "kernels", Kernels)
    kernels, refused = make_all(tables.read(given.schemes, VERIFIED), values)
    tables.write(given.kernels, KERNELS, kernels)
    tables.write(given.refused, REFUSED, refused)
    stopwatch.write(given.timing, {"kernels": len(kernels)})
    print(f"kernels: {len(kernels)} emitted, {len(refused)} schemes refused", file=sys.stderr)


if __name__ == "__main__":
    command.run(main, command.arguments("kernels", "schemes", "kernels", "refused", "timing"))
