"""Extension: a scheme becomes one of a larger size by standard products («adding slabs»).

Sizes are ordered n <= m <= p. If each axis of the smaller size fits into the same axis of the larger, no cyclic
permutation or transposition is needed; and sorted sizes fit in some order exactly if they fit in this one.
"""

from __future__ import annotations

import numpy as np

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size


def fits(small: Size, large: Size) -> bool:
    """Whether a scheme of size `small` can be extended to `large` (equal sizes too)."""
    return all(length <= limit for length, limit in zip(small, large, strict=True))


def extended_rank(scheme: Scheme, size: Size) -> int:
    """Rank of the scheme extended to `size`."""
    return scheme.rank + size.naive_rank - scheme.size.naive_rank


def extend(scheme: Scheme, size: Size) -> Scheme:
    """The scheme (over Z2 or Z) on the leading blocks of A and B, plus a standard product for each (i, j, k) beyond.

    Raises:
      ValueError: an axis of the scheme is longer than that of `size`.
    """
    if not fits(scheme.size, size):
        raise ValueError(f"extension: {scheme.size.name} does not fit into {size.name}")
    beyond = np.any(np.indices(size).reshape(3, -1) >= np.array(scheme.size)[:, None], axis=0)  # term order of standard
    products = standard(size, scheme.ring).factors
    n, m, p = range(3)
    padded = []
    for (row, col), matrix, product in zip(((n, m), (m, p), (p, n)), scheme.factors, products, strict=True):
        block = np.zeros((size[row], size[col], scheme.rank), np.int64)
        block[: scheme.size[row], : scheme.size[col]] = matrix.reshape(scheme.size[row], scheme.size[col], -1)
        padded.append(np.concatenate([block.reshape(-1, scheme.rank), product[:, beyond]], axis=1))
    return Scheme(size, scheme.ring, Factors(*padded))
