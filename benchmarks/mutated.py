"""Mutated files of every format through `python -m stages.exchange check`, in this process: what it must never do.

A file may be refused or found wrong, in one line. It may not end in any other error, write anything, take over 10
seconds of CPU time, or take the process over 1 GB. Called by benchmarks/faults.py and by the tests.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import inspect
import io
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.contract import command  # noqa: E402
from stages.exchange import __main__ as exchange  # noqa: E402
from stages.exchange.formats import files  # noqa: E402
from tests.examples import strassen  # noqa: E402
from tests.exchange import layouts  # noqa: E402

LONGEST_S = 10
LARGEST = 10**9  # bytes of a process
PARSER = exchange.parser()
exchange.named_targets = functools.cache(exchange.named_targets)  # they stay as they are
BATCH = 200  # files of one format that a process checks in one go
TOKENS = (
    *b"0 -1 2 1/0 1/3 1e400 nan inf 0x1f 1_0 2**63 x a11 c_2_2 = := + - * ^ , ; . #".split(),
    *b"{ } [ ] ( ) ' \" / \\ | % null Triad( Matrix( Triad([ array( [[".split(),
    *(b"\n", b"\r\n", b"\t", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", "−".encode(), "²".encode(), "ü".encode("latin-1")),
    *(b"9" * 400, b"9" * 5000, b"(" * 5000, b"[" * 5000, b"{" * 5000, b"-" * 5000),
)


@dataclass
class Found:
    """What became of some files."""

    tries: int = 0
    wrong: int = 0
    slowest_s: float = 0.0
    most_mb: float = 0.0

    def __add__(self, other: Found) -> Found:
        slowest_s, most_mb = max(self.slowest_s, other.slowest_s), max(self.most_mb, other.most_mb)
        return Found(self.tries + other.tries, self.wrong + other.wrong, slowest_s, most_mb)


def whole_files() -> dict[str, bytes]:
    """Files that hold: what the project writes, the layouts of others, and their files among the tests."""
    scheme = strassen()
    made = {f"export {name}": write(scheme) for name, write in files.WRITERS.items()}
    for name, layout in vars(layouts).items():
        if inspect.isfunction(layout) and not name.startswith("_"):
            (first, *others) = inspect.signature(layout).parameters.values()
            if first.name == "scheme" and all(other.default is not other.empty for other in others):
                made[f"layout {name}"] = layout(scheme)
    for path in sorted((ROOT / "tests/exchange").rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md"):
            made[f"file {path.relative_to(ROOT / 'tests/exchange')}"] = path.read_bytes()
    return {name: data for name, data in made.items() if isinstance(data, bytes)}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with a few places changed; half of those that are packed are changed inside."""
    if rng.random() < 0.5:
        if data.startswith(b"PK"):
            return _zip_mutated(data, rng)
        for magic, packing in ((b"\x1f\x8b", gzip), (b"BZh", bz2)):
            if data.startswith(magic):
                return packing.compress(mutated(packing.decompress(data), rng))
    most = 2**20 if rng.random() < 0.05 else 2**15
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        start, other = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
        end = min(len(data), start + rng.choice((0, 0, 1, 1, 4, 30)))
        piece = rng.choice(
            (
                b"",
                rng.choice(TOKENS),
                rng.choice(TOKENS),
                rng.randbytes(rng.choice((1, 1, 8))),
                data[other : other + rng.choice((1, 10, 100))],
                data[start:other] * rng.choice((1, 2, 200)),
            )
        )
        data = data[:start] + piece + data[end:] if rng.random() < 0.95 else data[:other]
        data = data[:most]
    return data


def _zip_mutated(data: bytes, rng: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        chosen = rng.choice(given.namelist())
        for name in given.namelist():
            made.writestr(name, mutated(given.read(name), rng) if name == chosen else given.read(name))
    return packed.getvalue()


def check_batch(name: str, data: bytes, seed: int, count: int, kept: Path) -> Found:
    """Checks files that are mutated from one; those that were not taken well are kept, with a line about each."""
    rng, found = random.Random(f"{name} {seed}"), Found()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGVTALRM, _too_long)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        for number in range(count):
            path = Path(folder, "file")
            path.write_bytes(mutated(data, rng))
            began = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
            complaint = _complaint(path)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            seconds = time.process_time() - began
            most_mb = _most_mb()
            if os.listdir(folder) != [path.name]:
                complaint = f"wrote {os.listdir(folder)}"
            if most_mb * 2**20 > LARGEST:
                complaint = complaint or f"took {most_mb:.0f} MB"
            if complaint:
                kept.mkdir(parents=True, exist_ok=True)
                place = kept / f"{name.replace('/', '_')}-{seed}-{number}"
                place.write_bytes(path.read_bytes())
                print(f"{place}: {complaint}", file=sys.stderr, flush=True)
            found += Found(1, bool(complaint), seconds, most_mb)
    return found


def _complaint(path: Path) -> str:
    terminal = io.TextIOWrapper(io.BytesIO(), "ascii")  # the narrowest
    sys.argv[1:] = ["check", str(path)]
    try:
        with redirect_stdout(terminal), redirect_stderr(terminal):
            command.run(exchange.main, PARSER)
    except SystemExit as end:
        return "" if end.code == 1 else f"ended with {end.code}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _too_long(signal_number: int, frame: object) -> None:
    raise RuntimeError(f"over {LONGEST_S} CPU seconds")


def check_all(count: int, kept: Path) -> Found:
    """Checks `count` files in all, in processes side by side."""
    given = whole_files()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [
            pool.submit(check_batch, name, given[name], seed, size, kept)
            for name, seed, size in _batches(list(given), count)
        ]
        return sum((batch.result() for batch in waiting), Found())


def _most_mb() -> float:
    """The most memory that this process has held. What getrusage says begins with the most of the parent process."""
    return int(re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) / 1024


def _batches(names: list[str], count: int) -> Iterator[tuple[str, int, int]]:
    """Format by format in turn, until `count` files are given out."""
    size = min(BATCH, -(-count // len(names)))
    for number, name in enumerate(islice(cycle(names), -(-count // size))):
        yield name, number, min(size, count - number * size)
