"""What is out of date: where parameters and files differ from those that dvc.lock says a stage was run with.

A run by `snakemake` or `dvc repro` leaves nothing of the kind; `dvc repro --single-item` does. Of folders `dvc status`
knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from stages.params import file

THIS = "summary"  # its own record is of the run before


def stale(lock: Path, params: Path) -> list[str]:
    """A line for each difference; the paths in `lock` are from its folder.

    Entries of agents and walks that `params` no longer has are passed over. Without a lock nothing is known.

    Raises:
      ParamsError: a file cannot be read or is not YAML.
    """
    if not lock.exists():
        return []
    values: Any = file.read(params)
    recorded: Any = file.read(lock)
    return [
        f"{stage}: {difference}"
        for stage, record in recorded["stages"].items()
        if stage != THIS and _is_declared(stage, values)
        for difference in _differences(record, lock.parent, values)
    ]


def _is_declared(stage: str, values: Mapping[str, Any]) -> bool:
    _, _, name = stage.partition("@")
    return not name or name in values["agents"] or name in values["walks"]


def _differences(record: Mapping[str, Any], root: Path, values: Mapping[str, Any]) -> Iterator[str]:
    for keys in record.get("params", {}).values():
        for key, value in keys.items():
            try:
                now = reduce(getitem, key.split("."), values)
            except KeyError:
                now = None
            if now != value:
                yield f"{key} has changed"
    for entry in record.get("deps", ()):
        path = root / entry["path"]
        if path.is_file() and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != entry["md5"]:
            yield f"{entry['path']} has changed"
