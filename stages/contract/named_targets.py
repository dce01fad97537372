"""Targets that are no matrix products, one file each, data/targets/NAME.json.

{"modes": [3, 3, 3], "entries": [[i, j, k, value], ...]}: axis lengths of the tensor, and its non-zero entries.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from stages.algebra.factors import COEFFICIENT_LIMIT
from stages.algebra.targets import Target
from stages.contract import json_files
from stages.errors import SchemeError

NAME = r"[a-z][a-z0-9_]*"
LARGEST_TENSOR = 2**24  # entries, zeros included; a check holds a slice of them at a time
README = "README.md"


def read_target(path: Path) -> Target:
    """Reads one target; it is named like its file.

    Raises:
      SchemeError: one line with the file's name.
    """
    return json_files.read(path, partial(_target, path.stem))


def read_targets(folder: Path) -> list[Target]:
    """All targets of a folder, in the order of their names.

    Raises:
      SchemeError: there is no such folder, or it holds what is neither a target nor its README.md.
    """
    if not folder.is_dir():
        raise SchemeError(f"{folder}: no such folder; expected one with a JSON file per target (it may have none)")
    paths = sorted(path for path in folder.iterdir() if path.name != README)
    for path in paths:
        if path.suffix != ".json":
            raise SchemeError(f"{path}: expected only JSON files, one target each, and {README} in this folder")
    return [read_target(path) for path in paths]


def _target(name: str, given: Any) -> Target:
    if not re.fullmatch(NAME, name):
        raise SchemeError(f"expected a name of small letters, digits and _, as in skew3.json, got {name + '.json'!r}")
    if not isinstance(given, dict) or sorted(given) != ["entries", "modes"]:
        got = sorted(given) if isinstance(given, dict) else type(given).__name__
        raise SchemeError(f"expected an object with modes and entries, got {got}")
    modes = _modes(given["modes"])
    return Target(name, modes, _entries(given["entries"], modes))


def _modes(given: Any) -> tuple[int, int, int]:
    is_right = isinstance(given, list) and len(given) == 3 and all(type(length) is int for length in given)
    if not is_right or min(given) < 1 or given[0] * given[1] * given[2] > LARGEST_TENSOR:
        raise SchemeError(f"modes: expected three lengths, at most {LARGEST_TENSOR} entries in all, got {given!r:.60}")
    return given[0], given[1], given[2]


def _entries(given: object, modes: tuple[int, int, int]) -> np.ndarray:
    if not isinstance(given, list) or not given:
        raise SchemeError(f"entries: expected a list of at least one [i, j, k, value], got {given!r:.60}")
    entries = {}
    for entry in given:
        if not isinstance(entry, list) or len(entry) != 4 or not all(type(number) is int for number in entry):
            raise SchemeError(f"entries: expected [i, j, k, value], got {entry!r:.60}")
        *place, value = entry
        if not all(0 <= index < length for index, length in zip(place, modes, strict=True)):
            raise SchemeError(f"entries: expected indices below {list(modes)}, got {place!r:.60}")
        if not 1 <= abs(value) <= COEFFICIENT_LIMIT:
            raise SchemeError(f"entries: expected a value other than 0 within int32, got {value!r:.60}")
        if tuple(place) in entries:
            raise SchemeError(f"entries: expected each place once, got {place} twice")
        entries[tuple(place)] = value
    return np.array([(*place, value) for place, value in sorted(entries.items())], np.int64)
