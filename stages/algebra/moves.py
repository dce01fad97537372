"""Moves between sizes (the meta flip graph: Kauers and Wood 2025): projection, merge, product.

A merge with a slab of the standard algorithm is what is called an extension.

They take schemes over Z2, Z3 or Z in any orientation and return one of a sorted size n <= m <= p, exact over the same
ring.
Nothing is drawn at random: a caller that wants another row, or another orientation of a product, says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from stages.algebra.factors import Factors, Scheme, leading_signs
from stages.algebra.rings import Ring, reduced_to
from stages.algebra.symmetry import (
    MODE_AXES,
    PERMUTATIONS,
    as_matrices,
    from_matrices,
    oriented,
    sorted_scheme,
)
from stages.algebra.targets import Size


class Cut(NamedTuple):
    """One dimension less on one axis, in any basis of it: what is left is the kernel of a form along a direction.

    Attributes:
      axis: 0, 1 or 2.
      form, direction: int64 [length]; over Z of coefficients -1, 0, 1. The form of the direction is 1 or -1.
    """

    axis: int
    form: np.ndarray
    direction: np.ndarray


def cut_of_index(size: Size, axis: int, index: int) -> Cut:
    """The cut that leaves out a row or column.

    Raises:
      ValueError: the axis has no such index.
    """
    if not 0 <= index < size[axis]:
        raise ValueError(f"cut of {size.name}: expected an index of axis {axis}, got {index}")
    unit = np.eye(size[axis], dtype=np.int64)[index]
    return Cut(axis, unit, unit)


def best_cuts(scheme: Scheme, axis: int) -> list[Cut]:
    """The cuts of an axis by which most terms vanish.

    A term vanishes if its factor in one of the two modes that hold the axis is a multiple of the form, or in the other
    one of the direction, times any vector of the other axis.
    """
    (forms, of_form), (directions, of_direction) = (
        _multiples(matrix if axes[0] == axis else matrix.transpose(1, 0, 2))
        for matrix, axes in zip(as_matrices(scheme), MODE_AXES, strict=True)
        if axis in axes
    )
    duals = forms @ directions.T
    fits = np.abs(reduced_to(duals, _ring(scheme))) == 1
    vanishing = of_form.sum(axis=1)[:, None] + of_direction.sum(axis=1) - of_form.astype(int) @ of_direction.T
    vanishing = np.where(fits, vanishing, -1)
    return [Cut(axis, forms[i], directions[j]) for i, j in np.argwhere(vanishing == vanishing.max())]


def project(scheme: Scheme, cut: Cut) -> Scheme:
    """The scheme on what a cut leaves; terms that vanish or now stand twice are taken together.

    Raises:
      ValueError: nothing of the axis would be left, or the form of the direction has no inverse.
    """
    ring, (axis, form, direction) = _ring(scheme), cut
    length, scale = scheme.size[axis], int(reduced_to(form[None] @ direction, ring)[0])
    pivots = np.flatnonzero(np.abs(form) == 1)
    if length == 1 or abs(scale) != 1 or not pivots.size:
        raise ValueError(f"projection of {scheme.size.name}: no cut of axis {axis} by {form} along {direction}")
    pivot, unit = pivots[0], np.eye(length, dtype=np.int64)
    kept = np.delete(unit - form[pivot] * np.outer(unit[pivot], form), pivot, axis=1)  # a basis of the kernel
    coordinates = np.delete(unit - scale * np.outer(direction, form), pivot, axis=0)  # of what lies in it
    maps, matrices = iter((kept.T, coordinates)), []
    for matrix, axes in zip(as_matrices(scheme), MODE_AXES, strict=True):
        if axis in axes:
            matrix = np.moveaxis(np.tensordot(next(maps), matrix, (1, axes.index(axis))), 0, axes.index(axis))
        matrices.append(matrix)
    size = Size(*(length - (place == axis) for place, length in enumerate(scheme.size)))
    u, v, w = matrices
    return sorted_scheme(Scheme(size.target, ring, reduced(from_matrices((u, v, w)), ring)))


def merge(first: Scheme, second: Scheme, axis: int) -> Scheme:
    """Two schemes side by side along one axis of the first; the second is turned so that the other two agree.

    Raises:
      ValueError: no orientation of the second agrees, or the rings differ.
    """
    ring = _ring(first, second)
    kept = [place for place in range(3) if place != axis]
    for permutation in PERMUTATIONS:
        if all(second.size[permutation[place]] == first.size[place] for place in kept):
            break
    else:
        raise ValueError(f"merge: {second.size.name} does not stand beside {first.size.name} along axis {axis}")
    second = oriented(second, permutation)
    size = Size(*(length + (place == axis) * second.size[axis] for place, length in enumerate(first.size)))
    merged = []
    for axes, one, other in zip(MODE_AXES, as_matrices(first), as_matrices(second), strict=True):
        matrix = np.zeros((size[axes[0]], size[axes[1]], first.rank + second.rank), np.int64)
        matrix[: one.shape[0], : one.shape[1], : first.rank] = one
        # The second stands behind the first along `axis`, on the same rows and columns elsewhere.
        matrix[matrix.shape[0] - other.shape[0] :, matrix.shape[1] - other.shape[1] :, first.rank :] = other
        merged.append(matrix)
    return sorted_scheme(Scheme(size.target, ring, from_matrices((merged[0], merged[1], merged[2]))))


def product(first: Scheme, second: Scheme) -> Scheme:
    """The Kronecker product: blocks multiplied by `first`, and within each of its products by `second`; ranks multiply.

    The orientations count: 2x2x3 with 2x2x3 gives 4x4x9, with its rotation 2x3x2 gives 4x6x6.

    Raises:
      ValueError: the rings differ.
    """
    ring = _ring(first, second)
    size = Size(*(one * other for one, other in zip(first.size, second.size, strict=True)))
    nested = (
        np.einsum("abr,cds->acbdrs", one, other).reshape(
            one.shape[0] * other.shape[0] * one.shape[1] * other.shape[1], -1
        )
        for one, other in zip(as_matrices(first), as_matrices(second), strict=True)
    )
    return sorted_scheme(Scheme(size.target, ring, Factors(*nested)))


def reduced(factors: Factors, ring: Ring) -> Factors:
    """Leaves out terms with a zero factor, and adds up terms whose factors agree in two modes, until there are none.

    Over Z and Z3 factors agree that are equal up to sign. The terms that stay keep their order.
    """
    terms = [reduced_to(matrix, ring) for matrix in factors]
    rank = -1
    while terms[0].shape[1] != rank:
        rank = terms[0].shape[1]
        for third in range(3):
            alive = np.logical_and.reduce([matrix.any(axis=0) for matrix in terms])
            terms = [matrix[:, alive] for matrix in terms]
            one, two = (mode for mode in range(3) if mode != third)
            signs = {mode: leading_signs(terms[mode]) for mode in (one, two)}
            for mode, sign in signs.items():
                terms[mode] = terms[mode] * sign
            terms[third] = terms[third] * signs[one] * signs[two]
            _, leaders, members = np.unique(
                np.concatenate([terms[one], terms[two]]), axis=1, return_index=True, return_inverse=True
            )
            if leaders.size < terms[0].shape[1]:
                sums = np.zeros((leaders.size, len(terms[third])), np.int64)
                np.add.at(sums, members.reshape(-1), terms[third].T)
                terms[third] = reduced_to(sums.T, ring)
                terms[one], terms[two] = terms[one][:, leaders], terms[two][:, leaders]
                order = np.argsort(leaders)
                terms = [matrix[:, order] for matrix in terms]
    return Factors(*terms)


def _multiples(
    matrices: Int[np.ndarray, "length other rank"],
) -> tuple[Int[np.ndarray, "vectors length"], Bool[np.ndarray, "vectors rank"]]:
    """The unit vectors and those of coefficients -1, 0, 1 that a matrix is a multiple of, and which are of each.

    A matrix is a multiple of a vector here if each of its columns is, by an integer.
    """
    length, _, rank = matrices.shape
    columns = (matrices != 0).any(axis=0).argmax(axis=0)
    vectors = matrices[:, columns, np.arange(rank)]
    vectors = vectors * leading_signs(vectors)
    scales = matrices[(vectors != 0).argmax(axis=0), :, np.arange(rank)].T
    is_one = (matrices == vectors[:, None, :] * scales).all(axis=(0, 1)) & (np.abs(vectors).max(axis=0) == 1)
    units = np.eye(length, dtype=np.int64)
    found, which = np.unique(np.vstack([units, vectors[:, is_one].T]), axis=0, return_inverse=True)
    of = np.zeros((len(found), rank), bool)
    of[which.reshape(-1)[length:], np.flatnonzero(is_one)] = True
    return found, of


def _ring(*schemes: Scheme) -> Ring:
    """The one ring of the schemes.

    Raises:
      ValueError: rings that differ, or Q, whose denominators these moves do not carry.
    """
    rings = {scheme.ring for scheme in schemes}
    if len(rings) > 1 or "Q" in rings:
        raise ValueError(f"moves between sizes: expected schemes over Z2, Z3 or Z, got {', '.join(sorted(rings))}")
    return rings.pop()
