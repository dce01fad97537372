"""python benchmarks/faults.py [PART ...]: the pipeline and the readers, broken on purpose; a table of what came of it.

A run of runs/smoke.yaml is made first, or taken from `--run`: what it holds is what every broken run must end with.

kills    each long stage, ended by SIGKILL and by SIGTERM at random moments, then run again: the bytes of the unbroken
         run, and no file left behind
disk     each stage, whose files may grow to a few sizes only, as on a full disk: one line, and what was there before
locked   each stage in a checkout that cannot be written: likewise
engines  two clones and two `snakemake` at once; `kill -9` of Snakemake alone, then what docs/working.md says
files    mutated files of every format (benchmarks/mutated.py)

Parts that ran replace their lines of benchmarks/faults.csv. Linux, with `setpriv` where one is root.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import mutated  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from stages.contract import command  # noqa: E402
from tests.workflow import clones  # noqa: E402

TABLE = ROOT / "benchmarks/faults.csv"
LONG = ("pretraining@z2", "search@z2", "refinement@standard", "kernels", "benchmarking")
WRITING = ("demonstrations@z2", *LONG, "recombination", "verification", "summary")
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM}
GRACE_S = 30  # what SLURM gives a process before it kills it
BEFORE = b"what was there before\n"
BLOCK = 512  # bytes: the unit of `ulimit -f`
NEVER_THE_SAME = ("timing", "benchmarking", "summary")  # in the paths of what holds seconds
MEASURED = ("seconds", "predicted")  # columns of the timings
KEPT_IN_CACHES = (".so", ".json", ".jsonl", ".pyc", ".nbi", ".nbc", "-cache", "-atime")
STATE = ".npz"  # of what goes on from where it was
# As root one may write anywhere, but for these rights.
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


@dataclass(frozen=True)
class Row:
    """How often a fault ended as it should."""

    part: str
    fault: str
    where: str
    tries: int
    as_promised: int
    slowest_s: float | None = None  # of the files
    largest_mb: float | None = None

    @classmethod
    def of(cls, part: str, fault: str, where: str, complaints: Iterable[str]) -> Row:
        """From what was wrong in each try, which is printed; empty where nothing was."""
        found = list(complaints)
        for complaint in filter(None, found):
            print(f"{fault}, {where}: {complaint}", file=sys.stderr)
        return cls(part, fault, where, len(found), found.count(""))


class Stage:
    """A stage of a finished run, in folders with what it declares to read and nothing else."""

    def __init__(self, finished: Path, name: str, folder: Path) -> None:
        self.name, self._finished, self._template = name, finished, folder / "template"
        self._folders = (folder / f"try{number}" for number in range(10**9))
        self.outputs = [out["path"] for out in clones.lock(finished)[name]["outs"]]
        self.command = clones.copy_what_is_declared(finished, self._template, name)
        (self._template / ".tmp").mkdir()
        self._files = _files(self._template)

    def warm_up(self) -> float:
        """Fills the caches of all later folders; the seconds that it takes then."""
        for _ in range(2):
            began = time.monotonic()
            clones.finish(self.start(self._template))
            seconds = time.monotonic() - began
            for output in self.outputs:
                (self._template / output).unlink()
        shutil.rmtree(self._template / ".cache/open-alphatensor", ignore_errors=True)  # C is compiled in each try
        self._files = _files(self._template)
        return seconds

    def start(self, folder: Path, *around: str) -> subprocess.Popen:
        """Starts the command, or `around` with it, with caches and temporary files in the folder."""
        return clones.start(
            folder, *around, *self.command, XDG_CACHE_HOME=str(folder / ".cache"), TMPDIR=str(folder / ".tmp")
        )

    def folder(self) -> Path:
        """A fresh copy, with the times of its files: Numba's cache goes by them."""
        return shutil.copytree(self._template, next(self._folders))

    def killed(self, number: signal.Signals, after_s: float) -> str:
        """Kills it, then runs it to its end; what is wrong then, or nothing."""
        folder = self.folder()
        process = self.start(folder)
        try:
            process.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, number)
            try:
                process.communicate(timeout=GRACE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return f"after {after_s:.2f} s it went on for {GRACE_S} s"
        if number == signal.SIGTERM and (left := self._left_behind(folder, STATE)):
            return f"after {after_s:.2f} s it left {left}"
        printed, _ = (again := self.start(folder)).communicate()
        if again.returncode:
            return f"after {after_s:.2f} s the second run ended with {again.returncode}: {printed.splitlines()[-1:]}"
        wrong = [path for path in self.outputs if not _is_same(self._finished / path, folder / path)]
        wrong += self._left_behind(folder)
        shutil.rmtree(folder)
        return f"after {after_s:.2f} s: {wrong}" if wrong else ""

    def full(self, share: float) -> str:
        """Runs it where no file may grow beyond a share of its largest output."""
        largest = max((self._finished / path).stat().st_size for path in self.outputs)
        blocks = int(share * largest / BLOCK)
        return self._refused(self.folder(), ("sh", "-c", 'ulimit -f "$0"; exec "$@"', str(blocks)))

    def locked(self) -> str:
        """Runs it where nothing may be written."""
        return self._refused(self.folder(), UNPRIVILEGED if os.geteuid() == 0 else (), is_locked=True)

    def _refused(self, folder: Path, around: tuple[str, ...], is_locked: bool = False) -> str:
        for path in self.outputs:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(BEFORE)
        if is_locked:
            subprocess.run(["chmod", "-R", "a-w", folder], check=True)
        printed, _ = (process := self.start(folder, *around)).communicate()
        lines = printed.splitlines()
        wrong = [
            path
            for path in self.outputs
            if (folder / path).read_bytes() != BEFORE
            and (is_locked or not _is_same(self._finished / path, folder / path))
        ]
        wrong += self._left_behind(folder)
        if process.returncode != 1 or sum(line.startswith("error: ") for line in lines) != 1 or "Traceback" in printed:
            wrong.append(f"ended with {process.returncode} and {lines[-1:]}")
        return f"{around[-1:]}: {wrong}" if wrong else ""

    def _left_behind(self, folder: Path, *endings: str) -> list[str]:
        """New files that are neither outputs nor in caches; those with other endings that may be there are given."""
        new = _files(folder) - self._files - {*self.outputs}
        return sorted(path for path in new if not path.endswith((*KEPT_IN_CACHES, *endings)))


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _is_same(one: Path, other: Path) -> bool:
    """Whether two outputs are equal in all that no clock decides."""
    if not other.exists():
        return False
    if one.name == "timings.parquet":
        tables = [pq.read_table(path).drop_columns([*MEASURED]) for path in (one, other)]
        return tables[0].equals(tables[1])
    return "timing" in str(one) or one.read_bytes() == other.read_bytes()


def kills(finished: Path, folder: Path, moments: int) -> Iterator[Row]:
    def rows(name: str) -> list[Row]:
        stage, rng = Stage(finished, name, folder / name), random.Random(name)
        seconds = stage.warm_up()
        return [
            Row.of("kills", kind, name, [stage.killed(number, rng.uniform(0, seconds)) for _ in range(moments)])
            for kind, number in SIGNALS.items()
        ]

    return _side_by_side(rows, LONG)


def disk(finished: Path, folder: Path) -> Iterator[Row]:
    def rows(name: str) -> list[Row]:
        stage = Stage(finished, name, folder / name)
        stage.warm_up()
        return [Row.of("disk", "full disk", name, [stage.full(share) for share in (0, 0.1, 0.5)])]

    return _side_by_side(rows, WRITING)


def locked(finished: Path, folder: Path) -> Iterator[Row]:
    def rows(name: str) -> list[Row]:
        stage = Stage(finished, name, folder / name)
        stage.warm_up()
        return [Row.of("locked", "read-only folder", name, [stage.locked()])]

    return _side_by_side(rows, WRITING)


def _side_by_side(rows_fn: Callable[[str], list[Row]], stages: Sequence[str]) -> Iterator[Row]:
    """The rows of each stage, as many stages at a time as there are cores."""
    with ThreadPoolExecutor(command.cores()) as pool:
        yield from chain.from_iterable(pool.map(rows_fn, stages))


def engines(finished: Path, folder: Path) -> Iterator[Row]:
    yield Row.of("engines", "two clones at once, one of them twice", "snakemake", side_by_side(finished, folder))
    yield Row.of("engines", "SIGKILL of Snakemake alone", "snakemake", [orphaned(finished, folder)])


def side_by_side(finished: Path, folder: Path) -> Iterator[str]:
    """Two clones run at once; a second `snakemake` in the first must give up and harm nothing."""
    places = [clones.clone_working_tree(folder / name) for name in ("one", "two")]
    runs = [clones.start(clone, "snakemake", "--cores", "1") for clone in places]
    _wait_for(places[0], "logs/demonstrations/*.log", runs[0])
    printed, _ = (second := clones.start(places[0], "snakemake", "--cores", "1")).communicate()
    yield "" if second.returncode and "lock" in printed else f"a second snakemake: {printed.splitlines()[-1:]}"
    for clone, run in zip(places, runs, strict=True):
        printed, _ = run.communicate()
        yield _differs(finished, clone) if run.returncode == 0 else f"{printed.splitlines()[-3:]}"


def orphaned(finished: Path, folder: Path) -> str:
    """Snakemake alone is gone; its jobs are waited for, then comes `snakemake --unlock`, then `snakemake`.

    A run in which the kernels are gone, from DVC's cache too, is enough for it.
    """
    clone = shutil.copytree(finished, folder / "orphaned")
    for out in clones.lock(clone)["kernels"]["outs"]:
        (clone / out["path"]).unlink()
        (clone / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]).unlink()
    shutil.rmtree(clone / ".dvc/cache/runs")
    (clone / "results/summary/page.html").unlink()  # or Snakemake would not miss the kernels
    (clone / "logs/kernels.log").unlink()
    engine = clones.start(clone, "snakemake", "--cores", "2")
    _wait_for(clone, "logs/kernels.log", engine)
    engine.kill()
    engine.communicate()  # until the last job has closed what it prints to
    for words in (["--unlock"], ["--cores", "2"]):
        printed, _ = (again := clones.start(clone, "snakemake", *words)).communicate()
        if again.returncode:
            return f"snakemake {' '.join(words)}: {printed.splitlines()[-3:]}"
    return _differs(finished, clone)


def _wait_for(clone: Path, pattern: str, process: subprocess.Popen) -> None:
    while process.poll() is None and not list(clone.glob(pattern)):
        time.sleep(0.05)


def _differs(finished: Path, clone: Path) -> str:
    """Which artifacts DVC has recorded with other hashes than those of the finished run."""
    hashes = [
        {
            out["path"]: out["md5"]
            for stage in clones.lock(each).values()
            for out in stage["outs"]
            if not any(word in out["path"] for word in NEVER_THE_SAME)
        }
        for each in (finished, clone)
    ]
    other = sorted(path for path in hashes[0].keys() | hashes[1].keys() if hashes[0].get(path) != hashes[1].get(path))
    return f"other bytes in {other}" if other else ""


def files(count: int, kept: Path) -> Iterator[Row]:
    found = mutated.check_all(count, kept)
    formats = f"{len(mutated.whole_files())} layouts"
    as_promised = found.tries - found.wrong
    yield Row("files", "mutated file", formats, found.tries, as_promised, round(found.slowest_s, 2), found.most_mb // 1)


def read_rows() -> list[dict[str, str]]:
    if not TABLE.exists():
        return []
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(old: list[dict[str, str]], rows: list[Row]) -> None:
    ran = {row.part for row in rows}
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows([row for row in old if row["part"] not in ran] + [asdict(row) for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="kills, disk, locked, engines, files (default: all)")
    parser.add_argument("--moments", type=int, default=20, help="at which each stage is killed by each signal")
    parser.add_argument("--files", type=int, default=10**6, help="mutated files")
    parser.add_argument("--run", type=Path, help="a clone in which a run of runs/smoke.yaml has ended")
    parser.add_argument("--kept", type=Path, default=Path("faults"), help="where files go that were not taken well")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, finished = Path(name), given.run
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "kills": lambda: kills(finished, folder / "kills", given.moments),
            "disk": lambda: disk(finished, folder / "disk"),
            "locked": lambda: locked(finished, folder / "locked"),
            "engines": lambda: engines(finished, folder / "engines"),
            "files": lambda: files(given.files, given.kept),
        }
        if unknown := {*given.parts} - {*parts}:
            parser.error(f"expected parts among {', '.join(parts)}, got {', '.join(sorted(unknown))}")
        wanted = given.parts or [*parts]
        if finished is None and {*wanted} != {"files"}:
            finished = clones.clone_working_tree(folder / "finished")
            clones.run(finished, "snakemake")
        rows = []
        for part in wanted:
            for row in parts[part]():
                print(*asdict(row).values(), sep="\t", flush=True)
                rows.append(row)
    write_rows(read_rows(), rows)
    if any(row.as_promised < row.tries for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
