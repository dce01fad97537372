"""python benchmarks/kernels.py: kernels against the fastest library product, in fresh processes; prints the table.

Runs `python -m stages.benchmarking` for each piece (threads, element type, product, process) that
benchmarks/kernels.parquet lacks, and keeps the raw samples there; killed, it goes on with the next piece. On an
otherwise idle machine all pieces take about 25 minutes. Threads are cores: each process is bound to as many.

The form of a row is the fastest of the first process; what the row says of it comes from the other processes. So no
ratio is the best of several.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.contract import tables
from stages.timing import ratio

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "benchmarks/kernels.parquet"
KERNELS = ROOT / "results/kernels/kernels.parquet"
PROCESSES = 3
STATES = ("warm", "idle", "after")
ROUNDS = {  # of a process, by product
    (1024, 1024, 1024): 9,
    (2048, 2048, 2048): 7,
    (4096, 4096, 4096): 3,
    (8192, 8192, 8192): 1,
    (2047, 2047, 2047): 5,
    (4096, 1024, 4096): 5,
    (8192, 1024, 1024): 5,
}
MOST_OF_FLOAT64 = 4096
WIN = 1.0  # of the lower end of the interval


class Piece(NamedTuple):
    shape: tuple[int, int, int]
    dtype: str
    threads: int
    process: int


def pieces(threads: Sequence[int]) -> Iterator[tuple[Piece, int]]:
    """All pieces with their rounds."""
    for shape, rounds in ROUNDS.items():
        for dtype in ("float32", "float64"):
            if dtype == "float64" and (max(shape) > MOST_OF_FLOAT64 or len(set(shape)) > 1):
                continue
            for count in threads:
                for process in range(PROCESSES):
                    yield Piece(shape, dtype, count, process), rounds


def run(piece: Piece, rounds: int, schemes: Sequence[str], folder: Path) -> list[dict]:
    """The samples of one process; their rounds are numbered through all processes."""
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given["benchmarking"] |= {"shapes": [list(piece.shape)], "dtypes": [piece.dtype], "states": list(STATES)}
    given["benchmarking"] |= {"rounds": rounds, "schemes": list(schemes), "seed": piece.process, "backends": ["c"]}
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    command = [sys.executable, "-m", "stages.benchmarking", "--params", str(folder / "params.yaml")]
    command += ["--kernels", str(KERNELS), "--timings", str(folder / "timings.parquet")]
    cores = sorted(os.sched_getaffinity(0))[: piece.threads]
    print(f"{piece}", file=sys.stderr)
    subprocess.run(command, cwd=ROOT, check=True, preexec_fn=functools.partial(os.sched_setaffinity, 0, cores))
    rows = tables.read_rows(folder / "timings.parquet", tables.TIMINGS)
    return [row | {"round": row["round"] + piece.process * rounds} for row in rows]


def piece_of(row: dict) -> Piece:
    """Where a sample comes from."""
    shape = (row["n"], row["m"], row["p"])
    return Piece(shape, row["dtype"], row["threads"], row["round"] // ROUNDS[shape])


def table(rows: Sequence[dict]) -> Iterator[str]:
    """Lines of Markdown, one per product, type and number of threads."""
    yield "| n x m x p | type | threads | library | GFLOP/s | kernel | warm | idle | after NumPy | error | MiB |"
    yield "|---" * 11 + "|"
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        groups[(row["n"], row["m"], row["p"]), row["dtype"], row["threads"]].append(row)
    for (shape, dtype, threads), group in sorted(groups.items(), key=lambda item: (item[0][1:], np.prod(item[0][0]))):
        seconds: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
        facts = {}
        for row in group:
            seconds[row["state"]][row["arm"]][row["round"]] = row["seconds"]
            facts[row["arm"]] = row
        first = ROUNDS[shape]

        def samples(state: str, arm: str, is_first: bool, seconds=seconds, first=first) -> np.ndarray:
            return np.array([s for number, s in sorted(seconds[state][arm].items()) if (number < first) == is_first])

        arms = [arm for arm in facts if facts[arm]["scheme"]]
        if not arms or max(row["round"] for row in group) < first:
            continue
        chosen = min(arms, key=lambda arm: np.median(samples("warm", arm, True)))
        cells = []
        for state in STATES:
            library = min(("numpy", "jax"), key=lambda arm: np.median(samples(state, arm, False)))
            speed = ratio(samples(state, library, False), samples(state, chosen, False), 0)
            text = f"{speed.median:.2f} [{speed.low:.2f}, {speed.high:.2f}]"
            cells.append(f"**{text}**" if speed.low > WIN else text)
            if state == "warm":
                warm, rate = library, 2 * np.prod([float(s) for s in shape]) / np.median(samples(state, library, False))
        row = facts[chosen]
        yield (
            f"| {'x'.join(map(str, shape))} | {dtype} | {threads} | {warm} | {rate / 1e9:.0f} | {row['size']}:"
            f"{row['rank']} {row['form'].removeprefix('c ')} | {' | '.join(cells)} | "
            f"{row['error'] / facts[warm]['error']:.1f} | {row['workspace'] / 2**20:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemes", nargs="+", default=["2x2x2"], metavar="SIZE", help="whose kernels are timed")
    given = parser.parse_args()
    rows = tables.read_rows(SAMPLES, tables.TIMINGS) if SAMPLES.exists() else []
    done = {piece_of(row) for row in rows}
    for piece, rounds in pieces([1, len(os.sched_getaffinity(0))]):
        if piece not in done:
            with tempfile.TemporaryDirectory() as folder:
                rows += run(piece, rounds, given.schemes, Path(folder))
            tables.write_rows(SAMPLES, tables.TIMINGS, rows)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
