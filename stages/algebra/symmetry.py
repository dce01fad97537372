"""The six orientations of a scheme: cyclic permutation and transposition.

The target is the trace of A B D with D of p x n, which w indexes. A trace may be rotated and transposed: a scheme of
<n, m, p> is one of <m, p, n> with factors v, w, u, and one of <p, m, n> with every matrix transposed. Together these
reach every order of the three lengths. Files hold only n <= m <= p; `sorted_scheme` orients the others at the border.
"""

from __future__ import annotations

import itertools

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size

# Axes (rows, columns) of the matrices that u, v and w index; w indexes C transposed.
MODE_AXES = ((0, 1), (1, 2), (2, 0))
Permutation = tuple[int, int, int]
PERMUTATIONS: tuple[Permutation, ...] = tuple((a, b, c) for a, b, c in itertools.permutations(range(3)))


def as_matrices(scheme: Scheme) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors as stacks of matrices: u [n, m, R], v [m, p, R], w [p, n, R]."""
    size = scheme.size
    u, v, w = (
        factor.reshape(size[rows], size[cols], scheme.rank)
        for factor, (rows, cols) in zip(scheme.factors, MODE_AXES, strict=True)
    )
    return u, v, w


def from_matrices(matrices: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Factors:
    """The inverse of `as_matrices`."""
    return Factors(*(matrix.reshape(-1, matrix.shape[2]) for matrix in matrices))


def oriented(scheme: Scheme, permutation: Permutation) -> Scheme:
    """The scheme whose axis x is axis `permutation[x]` of the given one; of the same rank, ring and denominator.

    An even permutation rotates the factors; an odd one also transposes the matrix of every factor.
    """
    matrices = as_matrices(scheme)
    ordered: list[np.ndarray] = []
    for rows, cols in MODE_AXES:
        axes = permutation[rows], permutation[cols]
        if axes in MODE_AXES:
            ordered.append(matrices[MODE_AXES.index(axes)])
        else:
            ordered.append(matrices[MODE_AXES.index(axes[::-1])].transpose(1, 0, 2))
    size = Size(*(scheme.size[axis] for axis in permutation))
    u, v, w = ordered
    return Scheme(size.target, scheme.ring, from_matrices((u, v, w)), scheme.denominator)


def sorted_size(size: tuple[int, int, int]) -> Size:
    """The same lengths in the order n <= m <= p."""
    return Size(*sorted(size))


def orientation(size: Size, wanted: Size) -> Permutation:
    """The first permutation that orients a scheme of `size` as one of `wanted`.

    Raises:
      ValueError: the sizes hold different lengths.
    """
    for permutation in PERMUTATIONS:
        if tuple(size[axis] for axis in permutation) == wanted:
            return permutation
    raise ValueError(f"orientation: {size.name} cannot be oriented as {wanted.name}")


def sorted_scheme(scheme: Scheme) -> Scheme:
    """The scheme in the orientation n <= m <= p that every file holds."""
    return oriented(scheme, orientation(scheme.size, sorted_size(scheme.size)))
