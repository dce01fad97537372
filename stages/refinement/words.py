"""Schemes as machine words, one per factor, and back.

Over Z2 entry i of a factor is bit i. With coefficients -1, 0, 1 the low half of a word has a bit for each 1 and the
high half for each -1. Then a factor and its negative are one word, the lower of the two, and the term has the sign:
equal words are equal factors.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt64

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Target

HALF = 32  # bits of half a word


def encode(scheme: Scheme) -> UInt64[np.ndarray, "modes=3 rank"]:
    """Coefficients modulo 2, entry i of a factor in bit i. Terms that vanish modulo 2 are left out."""
    words = np.stack([(matrix % 2).astype(np.uint64).T @ _bits(matrix.shape[0]) for matrix in scheme.factors])
    return words[:, words.all(axis=0)]


def decode(words: UInt64[np.ndarray, "modes=3 rank"], target: Target) -> Scheme:
    """The scheme over Z2 of the words."""
    factors = ((mode[None, :] & _bits(length)[:, None]) != 0 for mode, length in zip(words, target.modes, strict=True))
    return Scheme(target, "Z2", Factors(*factors))


def fits_ternary(scheme: Scheme) -> bool:
    """Whether it is over Z with no coefficient but -1, 0 and 1."""
    return scheme.ring == "Z" and all(np.abs(matrix).max(initial=0) <= 1 for matrix in scheme.factors)


def encode_ternary(scheme: Scheme) -> UInt64[np.ndarray, "rows=4 rank"]:
    """One row of words per mode, and one of signs, 1 for minus. Terms that vanish are left out.

    Raises:
      ValueError: another coefficient than -1, 0 and 1, or a mode of more than 32 entries.
    """
    if not fits_ternary(scheme) or max(scheme.target.modes) > HALF:
        raise ValueError(f"expected coefficients -1, 0, 1 and modes of at most {HALF} entries, got {scheme.hash}")
    ones, minus_ones = (
        np.stack([(matrix == entry).astype(np.uint64).T @ _bits(matrix.shape[0]) for matrix in scheme.factors])
        for entry in (1, -1)
    )
    words, negatives = ones | minus_ones << np.uint64(HALF), minus_ones | ones << np.uint64(HALF)
    signs = np.bitwise_xor.reduce((negatives < words).astype(np.uint64))
    return np.vstack([np.minimum(words, negatives), signs])[:, words.all(axis=0)]


def decode_ternary(words: UInt64[np.ndarray, "rows=4 rank"], target: Target) -> Scheme:
    """The scheme over Z of the words."""
    shifts = (np.uint64(0), np.uint64(HALF))
    u, v, w = (
        np.subtract(*(((mode >> shift)[None, :] & _bits(length)[:, None] != 0).astype(np.int64) for shift in shifts))
        for mode, length in zip(words[:3], target.modes, strict=True)
    )
    return Scheme(target, "Z", Factors(u, v, np.where(words[3] == 1, -w, w)))


def _bits(length: int) -> UInt64[np.ndarray, " length"]:
    return np.uint64(1) << np.arange(length, dtype=np.uint64)
