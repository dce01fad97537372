"""python benchmarks/kernels.py: kernels against the fastest library product, in fresh processes; prints the table.

Runs `python -m stages.benchmarking` for each piece (product, element type, threads, process) that
benchmarks/kernels.parquet lacks, and keeps the raw samples there, or, where that is of another machine, of other
libraries or kernels, in a file of .records/; killed, it goes on with the next piece. Threads are cores: each process is
bound to as many.

The first process of a row times all variants, the others the fastest of these and the libraries; what the row says
comes from the others alone, so no ratio is the best of several. The column `implementation` holds the hash of the text
that was timed: samples of an older text stay what they were, and a newer one is measured into a file of its own.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.contract import tables
from stages.contract.rows.kernels import KERNELS as KERNEL_ROWS
from stages.contract.rows.kernels import TIMINGS, TimingRow
from stages.timing import ratio

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "benchmarks/kernels.parquet"
KERNELS = ROOT / "results/kernels/kernels.parquet"
STATES = ("warm", "idle", "after")
ROUNDS = {  # of each process, by product; the first process only chooses
    (1024, 1024, 1024): (7, 15, 15),
    (2048, 2048, 2048): (11, 9, 9),
    (4096, 4096, 4096): (4, 4, 4),
    (8192, 8192, 8192): (1, 3),
    (2047, 2047, 2047): (3, 7, 7),
    (4096, 1024, 4096): (3, 5, 5),
    (8192, 1024, 1024): (3, 5, 5),
}
MOST_OF_FLOAT64 = 2048
LONG = 8192  # from here on a call takes seconds, beside which it does not matter what went before
LEAST_SAMPLES = 5  # of a win; the interval of fewer is only their range
LIBRARIES = ("numpy", "jax")
# A process of its own: this one forks, which JAX, once it has threads, is not made for.
FACTS = [sys.executable, "-c", "import json; from stages.benchmarking.device import facts; print(json.dumps(facts(0)))"]


class Piece(NamedTuple):
    shape: tuple[int, int, int]
    dtype: str
    threads: int
    process: int


def pieces(threads: Sequence[int]) -> Iterator[Piece]:
    for shape, rounds in ROUNDS.items():
        for dtype in ("float32", "float64"):
            if dtype == "float64" and (max(shape) > MOST_OF_FLOAT64 or len(set(shape)) > 1):
                continue
            for count in threads:
                for process in range(len(rounds)):
                    yield Piece(shape, dtype, count, process)


def run(piece: Piece, variant: str | None, folder: Path) -> list[TimingRow]:
    """The samples of one process; their rounds are numbered through all processes."""
    is_warm_alone = variant is None or min(piece.shape) >= LONG
    states = STATES[:1] if is_warm_alone else STATES
    before, rounds = sum(ROUNDS[piece.shape][: piece.process]), ROUNDS[piece.shape][piece.process]
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given["benchmarking"] |= {"shapes": [list(piece.shape)], "dtypes": [piece.dtype], "schemes": ["2x2x2"]}
    given["benchmarking"] |= {"states": list(states), "rounds": rounds}
    given["benchmarking"] |= {"seed": piece.process, "backends": ["c"], "variants": [variant] if variant else None}
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    command = [sys.executable, "-m", "stages.benchmarking", "--params", str(folder / "params.yaml")]
    command += ["--kernels", str(KERNELS), "--timings", str(folder / "timings.parquet")]
    cores = sorted(os.sched_getaffinity(0))[: piece.threads]
    print(*piece, variant or "", file=sys.stderr)
    subprocess.run(command, cwd=ROOT, check=True, preexec_fn=functools.partial(os.sched_setaffinity, 0, cores))
    rows = tables.read(folder / "timings.parquet", TIMINGS)
    return [replace(row, round=row.round + before) for row in rows]


def samples_of(facts: dict, kernels: set[str], tracked: Path = SAMPLES) -> Path:
    """The tracked samples if they are of this machine, its libraries and these kernels, else a file of their own."""
    rows = tables.read(tracked, TIMINGS) if tracked.exists() else []
    same = all(getattr(row, key) == fact for row in rows for key, fact in facts.items())
    if same and {row.implementation.split()[0] for row in rows if row.variant} <= kernels:
        return tracked
    digest = hashlib.sha256(repr((sorted(facts.items()), sorted(kernels))).encode()).hexdigest()[:12]
    return ROOT / f".records/kernels-{digest}.parquet"


def piece_of(row: TimingRow) -> Piece:
    """Where a sample comes from."""
    shape = (row.n, row.m, row.p)
    ends = np.cumsum(ROUNDS[shape])
    return Piece(shape, row.dtype, row.threads, int(np.searchsorted(ends, row.round, side="right")))


def chosen(rows: Sequence[TimingRow], piece: Piece) -> str:
    """The fastest variant of the first process."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.variant and piece_of(row) == piece._replace(process=0):
            seconds[row.variant].append(row.seconds)
    return min(seconds, key=lambda variant: np.median(seconds[variant]))


def table(rows: Sequence[TimingRow]) -> Iterator[str]:
    """Lines of Markdown, one per product, type and number of threads."""
    yield "| n x m x p | type | threads | library | GFLOP/s | kernel | warm | idle | after NumPy | error | MiB |"
    yield "|---" * 11 + "|"
    groups: dict[Piece, dict] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))  # state, implementation
    for row in sorted(rows, key=lambda row: row.round):
        piece = piece_of(row)
        if piece.process > 0:
            groups[piece._replace(process=0)][row.state][row.variant or row.implementation].append(row)
    for piece, states in sorted(groups.items(), key=lambda item: (item[0][1:], np.prod(item[0].shape))):
        cells, first = [], {}
        for state in STATES:
            if state not in states:
                cells.append("")
                continue
            seconds = {one: np.array([row.seconds for row in samples]) for one, samples in states[state].items()}
            (variant,) = set(seconds) - set(LIBRARIES)
            library = min(LIBRARIES, key=lambda one: np.median(seconds[one]))
            speed = ratio(seconds[library], seconds[variant], 0)
            text = f"{speed.median:.2f} [{speed.low:.2f}, {speed.high:.2f}]"
            cells.append(f"**{text}**" if speed.low > 1 and len(seconds[variant]) >= LEAST_SAMPLES else text)
            first = first or {"library": library, "seconds": np.median(seconds[library])}
        kernel, baseline = states["warm"][variant][0], states["warm"][first["library"]][0]
        rate = 2 * np.prod([float(side) for side in piece.shape]) / first["seconds"] / 1e9
        shape = "x".join(map(str, piece.shape))
        yield (
            f"| {shape} | {piece.dtype} | {piece.threads} | {first['library']} | {rate:.0f} | "
            f"{kernel.size}:{kernel.rank} {variant.removeprefix('c ')} | {' | '.join(cells)} | "
            f"{kernel.error / baseline.error:.1f} | {kernel.workspace / 2**20:.0f} |"
        )


def main() -> None:
    machine = json.loads(subprocess.check_output(FACTS, cwd=ROOT))
    del machine["threads"]
    samples = samples_of(machine, {row.kernel for row in tables.read(KERNELS, KERNEL_ROWS)})
    print(f"samples: {samples}", file=sys.stderr)
    rows = tables.read(samples, TIMINGS) if samples.exists() else []
    done = {piece_of(row) for row in rows}
    for piece in pieces([1, len(os.sched_getaffinity(0))]):
        if piece not in done:
            variant = chosen(rows, piece) if piece.process else None
            with tempfile.TemporaryDirectory() as folder:
                rows += run(piece, variant, Path(folder))
            tables.write(samples, TIMINGS, rows)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
