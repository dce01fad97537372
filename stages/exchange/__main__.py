"""Other people's schemes in, ours out.

python -m stages.exchange check FILE...      verifies files of any format, writes nothing
python -m stages.exchange import FILE...     the same, and keeps what holds for the stage verification
python -m stages.exchange export HASH ...    one scheme in the format of others
python -m stages.exchange show TARGET         what is held and what is published
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from stages.algebra.rings import RINGS
from stages.contract import command
from stages.errors import SchemeError
from stages.exchange import limits
from stages.exchange.check import check
from stages.exchange.export import export
from stages.exchange.findings import Wanted
from stages.exchange.formats import files
from stages.exchange.held import named_targets
from stages.exchange.importing import import_files
from stages.exchange.show import show


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m stages.exchange", description="Other people's schemes in, ours out.")
    commands = made.add_subparsers(dest="command", title="commands", required=True)
    for name, does in (
        ("check", "verify files, write nothing"),
        ("import", "verify files, keep what holds (git add it for a dvc exp run --temp)"),
    ):
        added = commands.add_parser(name, help=does)
        added.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a path, or - for standard input")
        added.add_argument("--target", default="", help="the target to be of, such as skew4 (default: what fits)")
        added.add_argument("--seconds", type=float, default=limits.SECONDS, help="CPU time of a file (%(default)g)")
    commands.choices["check"].add_argument("--ring", choices=RINGS, help="the ring to hold in (default: any)")
    exported = commands.add_parser("export", help="write one scheme in the format of others")
    exported.add_argument("hash", help="of the scheme, or its first digits")
    exported.add_argument("--format", choices=[*files.WRITERS, *files.WRITERS_OF_PARTS], required=True)
    exported.add_argument("--output", type=Path, help="a file (default: standard output), or the beginning of three")
    shown = commands.add_parser("show", help="what is held and what is published of a target")
    shown.add_argument("target", help="such as 3x4x5, or the name of another target, such as skew4")
    shown.add_argument("--known", type=Path, default=Path("data/known_ranks.csv"))
    for added in (exported, shown):
        added.add_argument("--schemes", type=Path, default=Path("results/verification/schemes.parquet"))
        added.add_argument("--named", type=Path, default=Path("results/verification/named.parquet"))
    for added in commands.choices.values():
        added.add_argument("--targets", type=Path, default=Path("data/targets"), help="those that are no sizes")
    for added in (commands.choices["import"], exported, shown):
        added.add_argument("--imported", type=Path, default=Path("data/imported"))
    return made


def main(given: argparse.Namespace) -> None:
    match given.command:
        case "check":
            _print_verdicts(check(given.files, given.ring, _wanted(given)), len(given.files))
        case "import":
            _print_verdicts(import_files(given.files, given.imported, _wanted(given)), len(given.files))
        case "export":
            named = named_targets(given.targets)
            _write(export(given.hash, given.format, given.schemes, given.named, given.imported, named), given.output)
        case "show":
            lines = show(given.target, given.known, given.schemes, given.named, given.imported, given.targets)
            print("\n".join(lines))


def _wanted(given: argparse.Namespace) -> Wanted:
    return Wanted(named_targets(given.targets), given.target, given.seconds)


def _print_verdicts(verdicts: Iterable[tuple[bool, str]], files_given: int) -> None:
    """Prints a line per scheme, and how many hold if there are several files; exit code 1 unless all hold."""
    right = wrong = 0
    with limits.bounded_memory():
        for holds, line in verdicts:
            print(line, flush=True)
            right, wrong = right + holds, wrong + (not holds)
    if files_given > 1:
        print(f"{files_given} files: {right} hold, {wrong} do not or are not read")
    if wrong:
        raise SystemExit(1)


def _write(parts: Mapping[str, bytes], path: Path | None) -> None:
    if path is None:
        if len(parts) > 1:
            raise SchemeError(f"expected --output NAME, for {', '.join(f'NAME{part}' for part in parts)}")
        sys.stdout.buffer.write(*parts.values())
        return
    for part, data in parts.items():
        command.write_bytes(Path(f"{path}{part}"), data)


if __name__ == "__main__":
    command.run(main, parser())
