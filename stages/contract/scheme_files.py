"""One scheme as JSON: {"size": "2x2x2", "ring": "Z", "denominator": 1, "u": [[...]], "v": ..., "w": ...}.

The size is that of a matrix product or the name of another target. u, v, w are lists of rows ([nm, R], [mp, R],
[pn, R]); the third factor indexes C transposed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.rings import parse_ring
from stages.algebra.targets import Target, parse_target
from stages.contract import command, json_files
from stages.errors import SchemeError

KEYS = ("size", "ring", "denominator", "u", "v", "w")


def read(path: Path, named: Iterable[Target] = ()) -> Scheme:
    """Reads a scheme.

    Args:
      named: the targets that are no matrix products.
    Raises:
      SchemeError: one line with the file's name.
    """
    return json_files.read(path, partial(from_json, named=named))


def write(path: Path, scheme: Scheme) -> None:
    """Writes a scheme as `read` reads it."""
    command.write_text(path, json.dumps(to_json(scheme)) + "\n")


def to_json(scheme: Scheme) -> dict[str, object]:
    """The object that a file holds."""
    factors = (matrix.tolist() for matrix in scheme.factors)
    return dict(zip(KEYS, (scheme.target.name, scheme.ring, scheme.denominator, *factors), strict=True))


def from_json(given: object, named: Iterable[Target] = ()) -> Scheme:
    """The scheme of an object that a file holds. Raises SchemeError as `read` does, without a file's name."""
    if not isinstance(given, dict) or sorted(given) != sorted(KEYS):
        got = sorted(given) if isinstance(given, dict) else type(given).__name__
        raise SchemeError(f"expected an object with {list(KEYS)}, got {got}")
    for key, example in (("size", "3x4x5"), ("ring", "Z")):
        if not isinstance(given[key], str):
            raise SchemeError(f"{key}: expected text like {example}, got {given[key]!r}")
    target = parse_target(given["size"], named)
    if type(given["denominator"]) is not int:
        raise SchemeError(f"denominator: expected an integer, got {given['denominator']!r}")
    return Scheme(
        target, parse_ring(given["ring"]), Factors(*(_rows(given[name], name) for name in "uvw")), given["denominator"]
    )


def _rows(rows: Any, name: str) -> np.ndarray:
    is_matrix = (
        isinstance(rows, list) and rows and all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)
    )
    if not is_matrix or not all(type(entry) is int and abs(entry) < 2**31 for row in rows for entry in row):
        raise SchemeError(f"factor {name}: expected rows of equally many int32 numbers")
    return np.array(rows, np.int64).reshape(len(rows), -1)
