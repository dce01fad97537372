"""Schemes over Z2 as machine words, one per factor, and back."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt64

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size


def encode(scheme: Scheme) -> UInt64[np.ndarray, "modes=3 rank"]:
    """Coefficients modulo 2, entry i of a factor in bit i. Terms that vanish modulo 2 are left out."""
    words = np.stack([(matrix % 2).astype(np.uint64).T @ _bits(matrix.shape[0]) for matrix in scheme.factors])
    return words[:, words.all(axis=0)]


def decode(words: UInt64[np.ndarray, "modes=3 rank"], size: Size) -> Scheme:
    """The scheme over Z2 of the words."""
    factors = ((mode[None, :] & _bits(length)[:, None]) != 0 for mode, length in zip(words, size.modes, strict=True))
    return Scheme(size, "Z2", Factors(*factors))


def _bits(length: int) -> UInt64[np.ndarray, " length"]:
    return np.uint64(1) << np.arange(length, dtype=np.uint64)
