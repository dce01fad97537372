"""python -m stages.backends export HASH ...: one verified scheme as standalone code."""

from __future__ import annotations

import argparse
from pathlib import Path

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.backends.export import BACKENDS, export
from stages.contract import command, tables
from stages.contract.rows.schemes import VERIFIED


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m stages.backends", description="Schemes as code.")
    commands = made.add_subparsers(dest="command", title="commands", required=True)
    exported = commands.add_parser("export", help="write one scheme as standalone code")
    exported.add_argument("hash", help="of the scheme, or its first digits")
    exported.add_argument("--backend", choices=BACKENDS, required=True)
    exported.add_argument("-o", "--output", type=Path, required=True, help="a folder, new or empty")
    exported.add_argument("--inner", metavar="HASH", help="of the fused level of back end c (default: the same scheme)")
    exported.add_argument("--table", type=Path, default=Path("results/verification/schemes.parquet"), help="of schemes")
    return made


def main(given: argparse.Namespace) -> None:
    rows = tables.read(given.table, VERIFIED)
    export(rows, given.hash, given.backend, given.output, given.inner)


if __name__ == "__main__":
    command.run(main, parser())
