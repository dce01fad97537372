"""What sandwiching, cyclic permutation, transposition and reordering leave unchanged (AlphaTensor, Methods).

Two schemes with different invariants are inequivalent; equal invariants prove nothing. Used to keep schemes of one
rank distinct and to spread a pool over many classes.
"""

from __future__ import annotations

import hashlib

import numpy as np

from stages.algebra.factors import Scheme, canonical, leading_signs
from stages.algebra.rings import rank_prime, ranks_modulo


def invariant(scheme: Scheme) -> str:
    """16 hex digits of: size, ring, the multiset of sorted term ranks, and how often equal factors occur in each mode.

    The rank of term r is the triple of matrix ranks of u_r (n x m), v_r (m x p) and w_r (p x n), sorted, because a
    permutation of the modes permutes it. The multiplicities are sorted within and then across modes likewise.
    """
    n, m, p = scheme.size
    prime = rank_prime(scheme.ring)
    # For counting equal factors each mode's own sign is fixed.
    modes = [matrix * leading_signs(matrix) for matrix in canonical(scheme.factors, scheme.ring)]
    shapes = ((n, m), (m, p), (p, n))
    ranks = np.stack(
        [ranks_modulo(mode.T.reshape(-1, *shape), prime) for mode, shape in zip(modes, shapes, strict=True)], axis=1
    )  # [R, 3]
    patterns = sorted(map(tuple, np.sort(ranks, axis=1).tolist()))
    counts = sorted(sorted(np.unique(mode, axis=1, return_counts=True)[1].tolist()) for mode in modes)
    text = repr((scheme.size.name, scheme.ring, patterns, counts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
