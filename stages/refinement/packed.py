"""Schemes as packed factors, one machine word each, and back, ring by ring.

Over Z2 entry i of a factor is bit i. With coefficients -1, 0, 1, over Z or Z3, the low half of a word has a bit for
each 1 and the high half for each -1. Then a factor and its negative are one word, the lower of the two, and the term
has the sign: equal words are equal factors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from stages.algebra.factors import Factors, Scheme, non_zeros
from stages.algebra.rings import reduced_to
from stages.algebra.targets import Target

U = np.uint64
ZERO, ONE, HALF = U(0), U(1), U(32)

Pool = UInt64[np.ndarray, "_ rows=4 rank"]  # schemes of one rank


class Z2(NamedTuple):
    """Factors over Z2.

    Attributes:
      longest: entries of the longest mode that a packed factor holds.
      residues: the field over which what is found is kept, too.
      sources: rings of the schemes that starts are made of, each as likely as the others.
      cost: of schemes of one rank the cheaper ones are kept; None for those that came first.
    """

    longest: int = 64
    residues = "Z2"
    sources = ("Z", "Z2")
    cost = None

    def fits(self, scheme: Scheme) -> bool:
        """Whether a scheme over Z2 or Z can be packed: any can."""
        return scheme.ring in ("Z2", "Z")

    def encode(self, scheme: Scheme) -> UInt64[np.ndarray, "rows=4 rank"]:
        """One row of packed factors per mode, and one of zeros. Terms that vanish modulo 2 are left out."""
        rows = [(matrix % 2).astype(U).T @ _bits(matrix.shape[0]) for matrix in scheme.factors]
        factors = np.stack([*rows, np.zeros_like(rows[0])])
        return factors[:, factors[:3].all(axis=0)]

    def decode(self, factors: UInt64[np.ndarray, "rows rank"], target: Target) -> Scheme:
        """The scheme over Z2 of packed factors."""
        return Scheme(target, "Z2", Factors(*_entries(factors, target, ZERO)))

    def harvest(self, pool: Pool, count: int) -> Pool:
        """Some of a pool, at most `count`, as far apart as they can be: neighbours are alike."""
        return pool[:: -(-len(pool) // count)]


class Ternary(NamedTuple):
    """Factors over Z with coefficients -1, 0, 1. Attributes as of `Z2`."""

    longest: int = 32
    residues = "Z2"
    sources = ("Z",)
    cost = staticmethod(non_zeros)

    def fits(self, scheme: Scheme) -> bool:
        """Whether a scheme is over Z with no coefficient but -1, 0 and 1."""
        return scheme.ring == "Z" and all(np.abs(matrix).max(initial=0) <= 1 for matrix in scheme.factors)

    def encode(self, scheme: Scheme) -> UInt64[np.ndarray, "rows=4 rank"]:
        """One row of packed factors per mode, and one of signs, 1 for minus. Terms that vanish are left out.

        Raises:
          ValueError: another coefficient than -1, 0 and 1, or a mode of more than 32 entries.
        """
        if not self.fits(scheme) or max(scheme.target.modes) > self.longest:
            raise ValueError(
                f"expected coefficients -1, 0, 1 and modes of at most {self.longest} entries, got {scheme.hash}"
            )
        return _packed(scheme.factors)

    def decode(self, factors: UInt64[np.ndarray, "rows=4 rank"], target: Target) -> Scheme:
        """The scheme over Z of packed factors."""
        return Scheme(target, "Z", _unpacked(factors, target))

    def harvest(self, pool: Pool, count: int) -> Pool:
        """Those of a pool, at most `count`, that have the fewest non-zero coefficients."""
        return pool[np.argsort(np.bitwise_count(pool[:, :3]).sum(axis=(1, 2)), kind="stable")[:count]]


class Z3(NamedTuple):
    """Factors over Z3. Attributes as of `Z2`."""

    longest: int = 32
    residues = "Z3"
    sources = ("Z", "Z3")
    cost = None

    def fits(self, scheme: Scheme) -> bool:
        """Whether a scheme over Z3 or Z can be packed: any can."""
        return scheme.ring in ("Z3", "Z")

    def encode(self, scheme: Scheme) -> UInt64[np.ndarray, "rows=4 rank"]:
        """As of `Ternary`, modulo 3."""
        return _packed(Factors(*(reduced_to(matrix, "Z3") for matrix in scheme.factors)))

    def decode(self, factors: UInt64[np.ndarray, "rows=4 rank"], target: Target) -> Scheme:
        """The scheme over Z3 of packed factors."""
        return Scheme(target, "Z3", _unpacked(factors, target))

    def harvest(self, pool: Pool, count: int) -> Pool:
        """As of `Z2`."""
        return Z2().harvest(pool, count)


Ring = Z2 | Z3 | Ternary


def _packed(matrices: Factors) -> UInt64[np.ndarray, "rows=4 rank"]:
    """Factors of coefficients -1, 0, 1 and the signs of the terms."""
    ones, minus_ones = (
        np.stack([(matrix == entry).astype(U).T @ _bits(matrix.shape[0]) for matrix in matrices]) for entry in (1, -1)
    )
    factors, negatives = ones | minus_ones << HALF, minus_ones | ones << HALF
    signs = np.bitwise_xor.reduce((negatives < factors).astype(U))
    return np.vstack([np.minimum(factors, negatives), signs])[:, factors.all(axis=0)]


def _unpacked(factors: UInt64[np.ndarray, "rows=4 rank"], target: Target) -> Factors:
    """The inverse of `_packed`."""
    halves = (_entries(factors, target, shift) for shift in (ZERO, HALF))
    u, v, w = (np.subtract(*pair, dtype=np.int64) for pair in zip(*halves, strict=True))
    return Factors(u, v, np.where(factors[3] == 1, -w, w))


def _bits(length: int) -> UInt64[np.ndarray, " length"]:
    return ONE << np.arange(length, dtype=U)


def _entries(factors: UInt64[np.ndarray, "rows rank"], target: Target, shift: np.uint64) -> list[np.ndarray]:
    """The bits from `shift` on of the three modes, as matrices of booleans."""
    return [
        (mode >> shift)[None, :] & _bits(length)[:, None] != 0
        for mode, length in zip(factors[:3], target.modes, strict=True)
    ]
