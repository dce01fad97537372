"""The stage of kernels, and the way out for one of them.

python -m stages.kernels --schemes ...           the stage: verified schemes -> source text of kernels
python -m stages.kernels export HASH ...         one scheme as standalone code
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command, tables
from stages.kernels.export import BACKENDS, export
from stages.kernels.selection import make_all

STAGE = ("schemes", "kernels", "refused", "timing")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m stages.kernels", description="Without a command: the stage.")
    for name in STAGE:
        made.add_argument(f"--{name}", type=Path)
    commands = made.add_subparsers(dest="command", title="commands")
    exported = commands.add_parser("export", help="write one scheme as standalone code")
    exported.add_argument("hash", help="of the scheme, or its first digits")
    exported.add_argument("--backend", choices=BACKENDS, required=True)
    exported.add_argument("-o", "--output", type=Path, required=True, help="a folder, new or empty")
    exported.add_argument("--inner", metavar="HASH", help="of the fused level of back end c (default: the same scheme)")
    exported.add_argument("--table", type=Path, default=Path("results/verification/schemes.parquet"), help="of schemes")
    return made


def main(given: argparse.Namespace) -> None:
    if given.command == "export":
        rows = tables.read_rows(given.table, tables.VERIFIED)
        export(rows, given.hash, given.backend, given.output, given.inner)
    else:
        _run_stage(given)


def _run_stage(given: argparse.Namespace) -> None:
    if missing := [f"--{name}" for name in STAGE if getattr(given, name) is None]:
        parser().error(f"expected a command, or for the stage also {', '.join(missing)}")
    stopwatch = command.Stopwatch()
    kernels, refused = make_all(tables.read_rows(given.schemes, tables.VERIFIED))
    tables.write_rows(given.kernels, tables.KERNELS, kernels)
    tables.write_rows(given.refused, tables.REFUSED, refused)
    stopwatch.write(given.timing, {"kernels": len(kernels)})
    print(f"kernels: {len(kernels)} emitted, {len(refused)} schemes refused", file=sys.stderr)


if __name__ == "__main__":
    command.run(main, parser())
