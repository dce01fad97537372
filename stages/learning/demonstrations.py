"""Demonstrations read from their table in batches, with memory for one row group."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from stages.contract import tables
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.errors import TableError
from stages.game.rules import Rules
from stages.learning.positions import Terms


class DemonstrationReader:
    """Rows of a demonstrations table, in file order and round again: they are independent draws already.

    Raises:
      TableError: no rows, or terms of another shape than the rules have.
    """

    def __init__(self, path: Path, rules: Rules) -> None:
        self._path, self._rules = path, rules
        self._count = tables.num_rows(path, DEMONSTRATIONS)
        if not self._count:
            raise TableError(f"{path}: expected demonstrations, got none")
        self._group = lru_cache(maxsize=2)(self._read_group)

    def _read_group(self, group: int) -> Terms:
        table = tables.read_group(self._path, DEMONSTRATIONS, group)
        shape = (self._rules.max_rank, 3, self._rules.length)
        terms = table["terms"].combine_chunks()
        if len(terms.flatten()) != len(terms) * np.prod(shape):
            raise TableError(f"{self._path}: expected terms of {list(shape)} entries; made for another agent?")
        return Terms(terms.flatten().to_numpy().reshape(-1, *shape), table["rank"].to_numpy().astype(np.int32))

    def take(self, first: int, shape: tuple[int, ...]) -> Terms:
        """`prod(shape)` rows from row `first` modulo the number of rows, as leading axes `shape`."""
        rows = (first + np.arange(int(np.prod(shape)))) % self._count
        cuts = np.flatnonzero(np.diff(rows // tables.ROW_GROUP)) + 1
        parts = []
        for run in np.split(rows, cuts):
            group = self._group(int(run[0]) // tables.ROW_GROUP if run.size else 0)
            parts.append(Terms(*(field[run % tables.ROW_GROUP] for field in group)))
        terms, rank = (np.concatenate(fields) for fields in zip(*parts, strict=True))
        return Terms(terms.reshape(*shape, *terms.shape[1:]), rank.reshape(shape))
