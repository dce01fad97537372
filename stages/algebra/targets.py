"""Targets and their one convention (design: AlphaTensor, Methods, «Tensor decomposition»).

A is n x m, B is m x p, C = AB is n x p. The target T of size «nxmxp» is [nm, mp, pn] with

    T[i*m + j, j*p + k, k*n + i] = 1        (i < n, j < m, k < p)

so the third mode indexes C transposed (row k*n + i), as AlphaTensor and the flip-graph tools publish it. With this
convention <n,n,n> is cyclically symmetric. Importers and kernel emitters convert; nobody else transposes.

Any other bilinear map has a name and its non-zero entries. It has no axes to exchange, no neighbours and no kernels:
what needs these takes a `Size`; what needs but the tensor takes a `Target`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

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
    def target(self) -> Target:
        """The matrix product of this size, in the module's convention."""
        return _product(self)


@dataclass(frozen=True)
class Target:
    """A bilinear map, by its tensor. A run knows one target of a name, so names tell targets apart.

    Attributes:
      name: «3x4x5» of a matrix product; of any other map that of its file in data/targets/, which begins with a letter.
      modes: axis lengths of the tensor.
      entries: rows (i, j, k, value) of the non-zero entries of the tensor, in order.
      lengths: of the axes that can be exchanged, split or cut: n, m, p of a matrix product; none of any other map.
    """

    name: str
    modes: tuple[int, int, int]
    entries: Int[np.ndarray, "nonzeros 4"] = field(repr=False, compare=False)
    lengths: tuple[int, ...] = ()

    @property
    def size(self) -> Size:
        """Of a matrix product.

        Raises:
          SchemeError: it is another map.
        """
        if not self.lengths:
            raise SchemeError(f"target: expected a matrix product, got {self.name}")
        return Size(*self.lengths)

    @property
    def naive_rank(self) -> int:
        """Rank of the standard algorithm: a product for each entry."""
        return len(self.entries)

    @property
    def tensor(self) -> Int[np.ndarray, "s_u s_v s_w"]:
        """All entries, zeros included; int8 where they fit, else int64."""
        i, j, k, values = self.entries.T
        fits = np.abs(values).max(initial=0) <= np.iinfo(np.int8).max
        tensor = np.zeros(self.modes, np.int8 if fits else np.int64)
        tensor[i, j, k] = values
        return tensor

    @property
    def order(self) -> tuple[bool, tuple[int, ...], str]:
        """What targets are sorted by: matrix products first, by their lengths; then the others by name."""
        return not self.lengths, self.lengths, self.name


@functools.cache
def _product(size: Size) -> Target:
    n, m, p = size
    i, j, k = (axis.ravel() for axis in np.meshgrid(range(n), range(m), range(p), indexing="ij"))
    entries = np.stack([i * m + j, j * p + k, k * n + i, np.ones_like(i)], axis=1)
    entries.flags.writeable = False
    return Target(size.name, size.modes, entries, size)


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


def parse_target(name: str, named: Iterable[Target] = ()) -> Target:
    """The target of a name: one of `named`, or else the matrix product of a size.

    Raises:
      SchemeError: neither.
    """
    others = {target.name: target for target in named}
    if name in others:
        return others[name]
    if name[:1].isalpha():
        raise SchemeError(f"target: expected a size like 3x4x5 or one of {sorted(others)}, got {name!r}")
    return parse_size(name).target
