"""python -m stages.backends: one scheme as standalone code (export SCHEME); the source of `fastmm` (library)."""

from __future__ import annotations

import argparse
from pathlib import Path

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.backends.choice import choose
from stages.backends.export import BACKENDS, export
from stages.backends.expressions import facts
from stages.backends.library import library
from stages.contract import command


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m stages.backends", description="Schemes as code.")
    commands = made.add_subparsers(dest="command", title="commands", required=True)
    exported = commands.add_parser("export", help="check one scheme, and write it as standalone code with its proof")
    named = "a file with one scheme, in any format of stages.exchange, or the first digits of the hash of a held one"
    exported.add_argument("scheme", metavar="SCHEME", help=named)
    exported.add_argument("--backend", choices=BACKENDS, required=True)
    exported.add_argument("-o", "--output", type=Path, required=True, help="a folder, new or empty")
    exported.add_argument("--inner", metavar="SCHEME", help="of the fused level of back end c (default: the same)")
    exported.add_argument("--schemes", type=Path, default=Path("results/verification/schemes.parquet"))
    exported.add_argument("--imported", type=Path, default=Path("data/imported"))
    exported.set_defaults(main=export_one)
    source = commands.add_parser("library", help="write the C source of the package fastmm")
    source.add_argument("-o", "--output", type=Path, default=Path("fastmm/kernels/kernels.c"))
    source.add_argument("--results", type=Path, default=Path("results"), help="with programs/ and records/")
    source.set_defaults(main=write_library)
    return made


def export_one(given: argparse.Namespace) -> None:
    chosen = choose(given.scheme, given.schemes, given.imported)
    inner = choose(given.inner, given.schemes, given.imported) if given.inner else None
    print(f"scheme {chosen.scheme.hash}: right, {facts(chosen.program)}", flush=True)  # the trial may take a minute
    export(chosen, given.backend, given.output, inner)
    print(f"{given.output}: tried out; README.txt there says how to call it")


def write_library(given: argparse.Namespace) -> None:
    command.write_text(given.output, library(given.results))


if __name__ == "__main__":
    command.run(lambda given: given.main(given), parser())
