"""The lowest ranks that the walks reach in two core hours: python benchmarks/records.py [--seed N]

Runs the walks of benchmarks/records.yaml one after another on all cores, each going on from its start. Writes the best
scheme per size and ring, checked exactly, to results/records/ where it beats what lies there, and one line per size and
ring to benchmarks/records.csv: how many attempts there were, how many ended at the lowest rank over Z2, and the CPU
seconds, those of the walks before included, after which the rank was held. Killed, the same command goes on.
"""

import argparse
import csv
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.check import check  # noqa: E402
from stages.algebra.targets import parse_size  # noqa: E402
from stages.contract import candidates, command, params  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
RECORDS = ROOT / "results/records"
COLUMNS = ["size", "ring", "rank", "walk", "seed", "hits", "attempts", "cpu_s", "hash"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of every walk")
    seed = parser.parse_args().seed
    folder = ROOT / f".records/{seed}"
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given |= yaml.safe_load(TABLE.with_suffix(".yaml").read_text())
    for walk in given["walks"].values():
        walk["seed"] = seed
    command.write_text(folder / "params.yaml", yaml.safe_dump(given))
    walks = params.load(folder / "params.yaml").walks
    rows, before = [], {params.STANDARD_START: 0.0}  # CPU seconds by start
    for name, walk in walks.items():  # each after the one that it starts from
        if not (folder / params.schemes_of("refinement", name)).exists():
            run(folder, name, walk.start)
        found, seconds = results(folder, name, walk, before[walk.start])
        before[params.schemes_of("refinement", name)] = seconds
        rows += found
    best = {}
    for row, scheme in rows:
        if row["rank"] < best.get((row["size"], row["ring"]), (row["rank"] + 1,))[0]:
            best[row["size"], row["ring"]] = row["rank"], row, scheme
    kept = [line for line in _table() if line["seed"] != str(seed)]
    kept += [row for _, row, _ in best.values()]
    kept.sort(key=lambda row: (parse_size(row["size"]), row["ring"], int(row["seed"])))
    command.write_text(TABLE, command.csv_text(COLUMNS, kept))
    for (size, ring), (rank, _, scheme) in best.items():
        record(size, ring, rank, scheme)


def run(folder: Path, name: str, start: str) -> None:
    """One walk as the pipeline runs it, in a folder of its own."""
    outs = {kind: folder / f"results/refinement/{kind}/{name}.csv" for kind in ("curves", "attempts", "timing")}
    arguments = {
        "params": folder / "params.yaml",
        "start": ROOT / start if start == params.STANDARD_START else folder / start,
        "schemes": folder / params.schemes_of("refinement", name),
        "curve": outs["curves"],
        "attempts": outs["attempts"],
        "timing": outs["timing"],
    }
    command_line = [sys.executable, "-m", "stages.refinement", name]
    command_line += [f"--{key}={path}" for key, path in arguments.items()]
    subprocess.run(command_line, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)


def results(folder: Path, name: str, walk: params.Walk, before: float) -> tuple[list[tuple], float]:
    """A row and a scheme per size and ring, and the CPU seconds up to the end of the walk."""
    (timing,) = _read(folder / f"results/refinement/timing/{name}.csv")
    seconds, flips = float(timing["cpu_s"]), int(timing["flips"])
    curve = {
        (row["size"], row["ring"], int(row["rank"])): int(row["flips"])
        for row in _read(folder / f"results/refinement/curves/{name}.csv")
    }
    attempts = [row for row in _read(folder / f"results/refinement/attempts/{name}.csv")]
    rows = []
    for candidate in candidates.read(folder / params.schemes_of("refinement", name)):
        scheme = candidate.scheme
        key = scheme.size.name, scheme.ring, scheme.rank
        if key not in curve:
            continue
        clock = curve.pop(key)  # the first of a rank
        ended = {int(row["rank"]): int(row["attempts"]) for row in attempts if row["size"] == scheme.size.name}
        row = dict(zip(COLUMNS[:3], key, strict=True)) | {
            "walk": name,
            "seed": walk.seed,
            "hits": ended.get(scheme.rank, 0),
            "attempts": sum(ended.values()),
            "cpu_s": f"{before + seconds * clock / max(flips, 1):.1f}",
            "hash": scheme.hash,
        }
        rows.append((row, scheme))
    return rows, before + seconds


def record(size: str, ring: str, rank: int, scheme: candidates.Scheme) -> None:
    """Writes a scheme to results/records/ unless one of this rank or lower lies there."""
    held = {int(path.stem.split("_")[2]): path for path in RECORDS.glob(f"{size}_{ring}_*.json")}
    if held and min(held) <= rank:
        return
    wrong = check(scheme)
    if wrong is not None:
        raise SystemExit(f"{size} over {ring}, rank {rank}: {wrong}")
    candidates.write_json(RECORDS / f"{size}_{ring}_{rank}.json", scheme)
    for path in held.values():
        path.unlink()


def _table() -> list[dict]:
    return _read(TABLE) if TABLE.exists() else []


def _read(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
