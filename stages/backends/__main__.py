"""python -m stages.backends: one verified scheme as standalone code (export HASH); the source of `fastmm` (library)."""

from __future__ import annotations

import argparse
from pathlib import Path

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.backends.export import BACKENDS, export
from stages.backends.library import library
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
    exported.set_defaults(main=export_one)
    source = commands.add_parser("library", help="write the C source of the package fastmm")
    source.add_argument("-o", "--output", type=Path, default=Path("fastmm/kernels/kernels.c"))
    source.add_argument("--results", type=Path, default=Path("results"), help="with programs/ and records/")
    source.set_defaults(main=write_library)
    return made


def export_one(given: argparse.Namespace) -> None:
    rows = tables.read(given.table, VERIFIED)
    export(rows, given.hash, given.backend, given.output, given.inner)


def write_library(given: argparse.Namespace) -> None:
    command.write_text(given.output, library(given.results))


if __name__ == "__main__":
    command.run(lambda given: given.main(given), parser())
