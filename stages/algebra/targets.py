"""Targets and their one convention (design: AlphaTensor, Methods, «Tensor decomposition»).

A is n x m, B is m x p, C = AB is n x p. The target T of size «nxmxp» is [nm, mp, pn] with

    T[i*m + j, j*p + k, k*n + i] = 1        (i < n, j < m, k < p)

so the third mode indexes C transposed (row k*n + i), as AlphaTensor and the flip-graph tools publish it. With this
convention <n,n,n> is cyclically symmetric. Importers and kernel emitters convert; nobody else transposes.

Any other bilinear map has a name and its non-zero entries (`Bilinear`). It has no axes to exchange, no neighbours, no
kernels: what needs these takes a `Size`; what needs but the tensor takes a `Target`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int8

from stages.errors import SchemeError


class Size(NamedTuple):
    """Size of a matrix product, n x m times m x p."""

    n: int
    m: int
    p: int

    @property
    def name(self) -> str:
        return f"{self.n}x{self.m}x{self.p}"

    @property
    def naive_rank(self) -> int:
        """Rank of the standard algorithm."""
        return self.n * self.m * self.p

    @property
    def modes(self) -> tuple[int, int, int]:
        """Axis lengths of the target: (nm, mp, pn)."""
        return self.n * self.m, self.m * self.p, self.p * self.n

    @property
    def entries(self) -> Int[np.ndarray, "nonzeros 4"]:
        """Rows (i, j, k, value) of the non-zero entries of the target, in order."""
        n, m, p = self
        i, j, k = (axis.ravel() for axis in np.meshgrid(range(n), range(m), range(p), indexing="ij"))
        return np.stack([i * m + j, j * p + k, k * n + i, np.ones_like(i)], axis=1)


@dataclass(frozen=True)
class Bilinear:
    """A bilinear map that is no matrix product, by its tensor.

    Attributes:
      name: of its file in data/targets/; begins with a letter, so it is never one of a size.
      modes: axis lengths of the target.
      nonzeros: (i, j, k, value) of its non-zero entries, in order.
    """

    name: str
    modes: tuple[int, int, int]
    nonzeros: tuple[tuple[int, int, int, int], ...]

    @property
    def naive_rank(self) -> int:
        """Rank of the standard algorithm: a product for each entry."""
        return len(self.nonzeros)

    @property
    def entries(self) -> Int[np.ndarray, "nonzeros 4"]:
        """As of `Size`."""
        return np.array(self.nonzeros, np.int64).reshape(-1, 4)


Target = Size | Bilinear


def parse_size(name: str) -> Size:
    """Reads «3x4x5».

    Raises:
      SchemeError: not three positive numbers joined by x, or not in the order n <= m <= p.
    """
    if not re.fullmatch(r"[1-9][0-9]?x[1-9][0-9]?x[1-9][0-9]?", name):
        raise SchemeError(f"size: expected three numbers 1..99 like 3x4x5, got {name!r}")
    size = Size(*map(int, name.split("x")))
    if not size.n <= size.m <= size.p:
        raise SchemeError(f"size: expected n <= m <= p as in 3x4x5, got {name!r}")
    return size


def matmul_target(size: Size) -> Int8[np.ndarray, "s_u s_v s_w"]:
    """The tensor of the matrix product of this size, in the module's convention."""
    return tensor_of(size)


def tensor_of(target: Target) -> Int[np.ndarray, "s_u s_v s_w"]:
    """The tensor of a target: int8 of a matrix product, else int64."""
    tensor = np.zeros(target.modes, np.int8 if isinstance(target, Size) else np.int64)
    i, j, k, values = target.entries.T
    tensor[i, j, k] = values
    return tensor


def find_target(name: str, targets: Mapping[str, Bilinear]) -> Target:
    """The target of a name: one of `targets`, or else a size.

    Raises:
      SchemeError: neither.
    """
    if name in targets:
        return targets[name]
    if name[:1].isalpha():
        raise SchemeError(f"target: expected a size like 3x4x5 or one of {sorted(targets)}, got {name!r}")
    return parse_size(name)
