"""The lowest ranks that walks reach in two core hours: python benchmarks/records.py [--seed N]

Runs the walks of benchmarks/records.yaml one after another on all cores, each going on from its start. Writes the
certificate of the best scheme per size and ring to results/records/ where its rank is below what lies there, and a line
per size, ring and seed to benchmarks/records.csv. There `hits` of `attempts` ended at that rank over Z2 or lower, and
`cpu_s` are the seconds, those of the walks before included, after which the scheme was there. Killed, the same command
goes on.
"""

import argparse
import csv
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.factors import Scheme  # noqa: E402
from stages.algebra.targets import parse_size  # noqa: E402
from stages.code import fingerprint  # noqa: E402
from stages.contract import candidates, command  # noqa: E402
from stages.exchange import certificate  # noqa: E402
from stages.params import whole as params  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
RECORDS = ROOT / "results/records"
COLUMNS = ["size", "ring", "rank", "seed", "walk", "hits", "attempts", "cpu_s", "hash"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of every walk")
    seed = parser.parse_args().seed
    given = yaml.safe_load((ROOT / "params.yaml").read_text())
    given |= yaml.safe_load(TABLE.with_suffix(".yaml").read_text())
    for walk in given["walks"].values():
        walk["seed"] = seed
    text = yaml.safe_dump(given, sort_keys=False)
    # Other parameters are another run; the schemes of this one lie in the way of none.
    folder = ROOT / ".records" / hashlib.sha256(text.encode()).hexdigest()[:12]
    command.write_text(folder / "params.yaml", text)
    best: dict[tuple[str, str], tuple[dict, Scheme]] = {}
    before = {params.STANDARD_START: 0.0}  # CPU seconds by start
    for name, walk in params.load(folder / "params.yaml").walks.items():  # each after the one that it starts from
        schemes = params.schemes_of("refinement", name)
        if not (folder / schemes).exists():
            run(folder, name, walk.start)
        for row, scheme in finds(folder, name, before[walk.start]):
            key = row["size"], row["ring"]
            if key not in best or row["rank"] < best[key][0]["rank"]:
                best[key] = {"seed": seed} | row, scheme
        before[schemes] = before[walk.start] + timing(folder, name)[0]
    rows = [line for line in read(TABLE) if line["seed"] != str(seed)] if TABLE.exists() else []
    rows += [row for row, _ in best.values()]
    rows.sort(key=lambda row: (parse_size(row["size"]), row["ring"], int(row["seed"])))
    command.write_text(TABLE, command.csv_text(COLUMNS, rows))
    for _, scheme in best.values():
        record(scheme)


def run(folder: Path, name: str, start: str) -> None:
    """One walk as the pipeline runs it, in a folder of its own."""
    arguments = {
        "params": folder / "params.yaml",
        "code": folder / "code/refinement.json",
        "start": ROOT / start if start == params.STANDARD_START else folder / start,
        "curve": folder / f"results/refinement/curves/{name}.csv",
        "attempts": folder / f"results/refinement/attempts/{name}.csv",
        "timing": folder / f"results/refinement/timing/{name}.csv",
        "schemes": folder / params.schemes_of("refinement", name),
    }
    fingerprint.write(ROOT / "stages", ROOT / "requirements.lock", folder / "code")
    options = [f"--{key}={path}" for key, path in arguments.items()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "stages.refinement", name, *options], cwd=folder, env=environment, check=True)


def finds(folder: Path, name: str, before: float) -> Iterator[tuple[dict, Scheme]]:
    """The first scheme of the lowest rank of each size and ring, and what the table says of it."""
    seconds, flips = timing(folder, name)
    attempts = read(folder / f"results/refinement/attempts/{name}.csv")
    curve = {
        (row["size"], row["ring"], int(row["rank"])): int(row["flips"])
        for row in read(folder / f"results/refinement/curves/{name}.csv")
    }
    for candidate in candidates.read(folder / params.schemes_of("refinement", name)):
        scheme = candidate.scheme
        clock = curve.pop((scheme.size.name, scheme.ring, scheme.rank), None)
        if clock is not None:
            ended = {int(row["rank"]): int(row["attempts"]) for row in attempts if row["size"] == scheme.size.name}
            hits = sum(count for rank, count in ended.items() if rank <= scheme.rank)
            row = {"size": scheme.size.name, "ring": scheme.ring, "rank": scheme.rank, "walk": name, "hits": hits}
            row |= {"attempts": sum(ended.values()), "cpu_s": f"{before + seconds * clock / flips:.1f}"}
            yield row | {"hash": scheme.hash}, scheme


def record(scheme: Scheme) -> None:
    """Writes the certificate of a scheme to results/records/ unless one of this rank or lower lies there."""
    held = {int(path.stem.split("_")[2]): path for path in RECORDS.glob(f"{scheme.size.name}_{scheme.ring}_*.json")}
    if min(held, default=scheme.rank + 1) <= scheme.rank:
        return
    command.write_bytes(RECORDS / certificate.file_name(scheme), certificate.write(scheme))
    for path in held.values():
        path.unlink()


def timing(folder: Path, name: str) -> tuple[float, int]:
    """CPU seconds and flips of a walk."""
    (row,) = read(folder / f"results/refinement/timing/{name}.csv")
    return float(row["cpu_s"]), int(row["flips"])


def read(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
