"""An equivalent scheme with few non-zeros."""

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.symmetry import as_matrices, from_matrices
from stages.algebra.targets import Size
from stages.backends.sandwiches import sparse
from tests.examples import strassen


def nonzeros(scheme: Scheme) -> int:
    return sum(int(np.count_nonzero(factor)) for factor in scheme.factors)


def sandwiched(scheme: Scheme) -> Scheme:
    """With twice a row of blocks of A, and of C, added to another: coefficients beyond 1, and more of them."""
    u, v, w = (matrix.astype(int) for matrix in as_matrices(scheme))
    u[0] += 2 * u[1]
    w[:, 1] -= 2 * w[:, 0]
    return Scheme(scheme.target, scheme.ring, from_matrices((u, v, w)), scheme.denominator)


def test_what_a_sandwich_has_filled_is_emptied_again():
    for scheme in (strassen(), standard(Size(2, 3, 1).target)):
        full = sandwiched(scheme)
        assert check(full) is None
        assert nonzeros(full) > nonzeros(scheme)
        found = sparse(full)
        assert check(found) is None
        assert nonzeros(found) <= nonzeros(scheme)
        assert max(int(np.abs(factor).max()) for factor in found.factors) == 1
        assert sparse(full).hash == found.hash
