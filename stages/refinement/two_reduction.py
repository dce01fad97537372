"""One term less where the products of two factors of all terms are linearly dependent: a «2-reduction».

Flips and reductions look at two terms at a time. Here, if sum_r c_r u_r (x) v_r = 0 with c_t = 1 or -1, term t goes
into the others, w_r - c_t c_r w_t, and likewise for the other two pairs of factors. (Kauers and Moosbauer 2022 ask this
of terms that share a factor.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int, UInt64

from stages.algebra.factors import Factors, Scheme
from stages.algebra.moves import reduced
from stages.algebra.rings import reduced_to
from stages.refinement import elimination, elimination3

One, Other = Int[np.ndarray, "rows rank"], Int[np.ndarray, "cols rank"]  # two factors of all terms


def two_reduced(scheme: Scheme) -> Scheme:
    """A scheme of the same sum in which no such products are dependent; `scheme` itself if none are.

    Args:
      scheme: over Z2, Z3 or Z. Over Z only dependences with coefficients -1, 0 and 1 are found.
    """
    for third in range(3):
        matrices = list(scheme.factors)
        coefficients = _dependence(scheme, third)
        if coefficients is not None:
            term = int(np.abs(coefficients).argmax())
            moved = matrices[third][:, term] * coefficients[term]
            matrices[third] = matrices[third] - np.outer(moved, coefficients)  # of the term itself nothing is left
            return two_reduced(Scheme(scheme.target, scheme.ring, reduced(Factors(*matrices), scheme.ring)))
    return scheme


def _dependence(scheme: Scheme, third: int) -> Int[np.ndarray, " rank"] | None:
    """Coefficients -1, 0 and 1, not all zero, by which the products of the other two factors sum to zero.

    What is dependent over Z is so modulo 3.
    """
    one, other = (matrix for mode, matrix in enumerate(scheme.factors) if mode != third)
    for coefficients in (_kernel2 if scheme.ring == "Z2" else _kernel3)(one, other):
        if not reduced_to(one * coefficients @ other.T, scheme.ring).any():
            return coefficients
    return None


def _kernel2(one: One, other: Other) -> Iterator[Int[np.ndarray, " rank"]]:
    """A basis of the coefficients modulo 2 by which the products of two factors sum to zero."""
    rank = one.shape[1]
    echelon = elimination.eliminate(_both(elimination.pack(one & 1), elimination.pack(other & 1)), rank)
    if echelon.pivots.size < rank:
        vectors, count = elimination.null_space(echelon, rank)
        for place in range(count):
            yield (vectors[:, place >> 6] >> np.uint64(place & 63) & elimination.ONE).astype(np.int64)


def _kernel3(one: One, other: Other) -> Iterator[Int[np.ndarray, " rank"]]:
    """The same modulo 3."""
    rank = one.shape[1]
    (plus, minus), (its_plus, its_minus) = ([elimination.pack(x % 3 == y) for y in (1, 2)] for x in (one, other))
    same = _both(plus, its_plus) | _both(minus, its_minus)
    opposite = _both(plus, its_minus) | _both(minus, its_plus)
    order, pivots = elimination3.eliminate(same, opposite, rank)
    if pivots.size < rank:
        rows = elimination3.unpacked(same, opposite, order[: pivots.size], rank)
        signs = rows[np.arange(pivots.size), pivots]
        for column in np.setdiff1d(np.arange(rank), pivots):
            coefficients = np.zeros(rank, np.int64)
            coefficients[column], coefficients[pivots] = 1, -signs * rows[:, column]
            yield coefficients


def _both(
    one: UInt64[np.ndarray, "rows words"], other: UInt64[np.ndarray, "cols words"]
) -> UInt64[np.ndarray, "pairs words"]:
    """For each row of one and each of the other the bits that are set in both."""
    return (one[:, None] & other).reshape(-1, one.shape[1])
