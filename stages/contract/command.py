"""The shell of every stage's `__main__`: arguments in, one line per error out, CPU time on record."""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

from stages.contract import progress
from stages.contract.whole_files import replacing
from stages.errors import StageError

_STARTED = time.monotonic()


def arguments(stage: str, *names: str, named: str = "") -> argparse.ArgumentParser:
    """A parser with one required path option per name, and `--params`; first the name of an agent or walk (`named`)."""
    parser = argparse.ArgumentParser(prog=f"python -m stages.{stage}")
    parser.set_defaults(stage=stage)
    if named:
        parser.add_argument("name", metavar=named.upper())
    for name in ("params", *names):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parses the command line and runs `main`; ends with one line and exit code 1 on what is no fault of the program.

    That is a StageError, or an OSError: a disk that is full, a folder that may not be read. SIGTERM ends it like an
    exception, so that temporary files go with it. A stage is a job, whose progress is kept.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that knows ASCII alone gets the rest escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _end)
    try:
        given = parser.parse_args()
        with progress.job(job_name(given)) if "stage" in given else nullcontext():
            main(given)
        sys.stdout.flush()
    except StageError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # whoever read the output, such as `head`, has seen enough
            where = f"{error.filename}: " if error.filename else ""
            print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still holds back
        raise SystemExit(1) from None


def job_name(given: argparse.Namespace) -> str:
    """A stage, and the agent or walk for which it runs, as DVC writes them: «search@z2»."""
    return f"{given.stage}@{given.name}" if "name" in given else str(given.stage)


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)  # as a shell says that a signal ended a process


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Stopwatch:
    """CPU and wall seconds of this process, imports included, plus those of an interrupted run before it.

    Processes that it has started and waited for count too.
    """

    def __init__(self, cpu_s: float = 0.0, wall_s: float = 0.0) -> None:
        self._cpu_s, self._wall_s = cpu_s, wall_s

    def add(self, cpu_s: float, wall_s: float) -> None:
        """Counts the time of an interrupted run that this one goes on from."""
        self._cpu_s += cpu_s
        self._wall_s += wall_s

    @property
    def cpu_s(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return self._cpu_s + time.process_time() + children.ru_utime + children.ru_stime

    @property
    def wall_s(self) -> float:
        return self._wall_s + time.monotonic() - _STARTED

    def write(self, path: Path, work: Mapping[str, int]) -> None:
        """Writes the one-row timing CSV: cpu_s, wall_s and, for each kind of work, its amount and rate per CPU second.

        Only `summary` reads it; it is left out of every byte comparison.
        """
        cpu_s = self.cpu_s
        row: dict[str, object] = {"cpu_s": f"{cpu_s:.3f}", "wall_s": f"{self.wall_s:.3f}"}
        for name, amount in work.items():
            row |= {name: amount, f"{name}_per_s": f"{amount / cpu_s:.6g}"}
        write_text(path, csv_text(list(row), [row]))


def csv_text(columns: list[str], rows: Sequence[Mapping[str, object]]) -> str:
    """CSV with a header and unix line ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of a text in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all; makes its folder. Raises DiskError as `replacing` does."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
