"""Targets and their one convention (design: AlphaTensor, Methods, «Tensor decomposition»).

A is n x m, B is m x p, C = AB is n x p. The target T of size «nxmxp» is [nm, mp, pn] with

    T[i*m + j, j*p + k, k*n + i] = 1        (i < n, j < m, k < p)

so the third mode indexes C transposed (row k*n + i), as AlphaTensor and the flip-graph tools publish it. With this
convention <n,n,n> is cyclically symmetric. Importers and kernel emitters convert; nobody else transposes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from jaxtyping import Int8

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
    n, m, p = size
    target = np.zeros(size.modes, np.int8)
    i, j, k = (axis.ravel() for axis in np.meshgrid(range(n), range(m), range(p), indexing="ij"))
    target[i * m + j, j * p + k, k * n + i] = 1
    return target
