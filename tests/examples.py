"""Schemes that tests share, with answers known by hand. The package itself holds none but the standard algorithm."""

from __future__ import annotations

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size


def strassen() -> Scheme:
    """Strassen's seven products, in the project's convention (w indexes C transposed: rows c11, c21, c12, c22)."""
    products = [  # a11 a12 a21 a22 | b11 b12 b21 b22
        ([1, 0, 0, 1], [1, 0, 0, 1]),  # m1 = (a11 + a22)(b11 + b22)
        ([0, 0, 1, 1], [1, 0, 0, 0]),  # m2 = (a21 + a22) b11
        ([1, 0, 0, 0], [0, 1, 0, -1]),  # m3 = a11 (b12 - b22)
        ([0, 0, 0, 1], [-1, 0, 1, 0]),  # m4 = a22 (b21 - b11)
        ([1, 1, 0, 0], [0, 0, 0, 1]),  # m5 = (a11 + a12) b22
        ([-1, 0, 1, 0], [1, 1, 0, 0]),  # m6 = (a21 - a11)(b11 + b12)
        ([0, 1, 0, -1], [0, 0, 1, 1]),  # m7 = (a12 - a22)(b21 + b22)
    ]
    c = [
        [1, 0, 0, 1, -1, 0, 1],  # c11 = m1 + m4 - m5 + m7
        [0, 1, 0, 1, 0, 0, 0],  # c21 = m2 + m4
        [0, 0, 1, 0, 1, 0, 0],  # c12 = m3 + m5
        [1, -1, 1, 0, 0, 1, 0],  # c22 = m1 - m2 + m3 + m6
    ]
    u, v = (np.array(side).T for side in zip(*products, strict=True))
    return Scheme(Size(2, 2, 2).target, "Z", Factors(u, v, np.array(c)))


def strassen_in_another_basis() -> Scheme:
    """Rows of A added: b1 -> b1 + b2, so another hash than Strassen's."""
    u, v, w = strassen().factors
    change, inverse = np.array([[1, 1], [0, 1]]), np.array([[1, -1], [0, 1]])
    rows = (inverse.T @ u.reshape(2, 2, -1).transpose(2, 0, 1)).transpose(1, 2, 0).reshape(4, -1)
    columns = (w.reshape(2, 2, -1).transpose(2, 0, 1) @ change.T).transpose(1, 2, 0).reshape(4, -1)
    return Scheme(strassen().target, "Z", Factors(rows, v, columns))


def winograd() -> Scheme:
    """Winograd's variant: 15 additions once its sums are shared (24 without)."""
    u = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, -1, -1], [0, 0, 0, 1], [0, 0, 1, 1], [-1, 0, 1, 1], [1, 0, -1, 0]]
    v = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, -1, -1, 1], [-1, 1, 0, 0], [1, -1, 0, 1], [0, -1, 0, 1]]
    c = [  # c11, c21, c12, c22
        [1, 1, 0, 0, 0, 0, 0],
        [1, 0, 0, -1, 0, 1, 1],
        [1, 0, 1, 0, 1, 1, 0],
        [1, 0, 0, 0, 1, 1, 1],
    ]
    return Scheme(Size(2, 2, 2).target, "Z", Factors(np.array(u).T, np.array(v).T, np.array(c)))


def halves() -> Scheme:
    """Strassen over Q: the first factor doubled, so that the terms sum to twice the product."""
    scheme = strassen()
    u, v, w = scheme.factors
    return Scheme(scheme.target, "Q", Factors(2 * u, v, w), denominator=2)


def modulo_two() -> Scheme:
    """A scheme that holds over Z2 and not over Z: Strassen without its signs."""
    return Scheme(Size(2, 2, 2).target, "Z2", Factors(*(matrix % 2 for matrix in strassen().factors)))


def product(outer: Scheme, inner: Scheme) -> Scheme:
    """The Kronecker product: blocks by `outer`, within each block by `inner`; ranks multiply."""
    (n, m, p), (i, j, k) = outer.size, inner.size
    shapes = (((n, m), (i, j)), ((m, p), (j, k)), ((p, n), (k, i)))
    factors = []
    for one, two, (rows, cols) in zip(outer.factors, inner.factors, shapes, strict=True):
        nested = np.einsum("abr,cds->acbdrs", one.reshape(*rows, -1), two.reshape(*cols, -1))
        factors.append(nested.reshape(one.shape[0] * two.shape[0], -1))
    return Scheme(Size(n * i, m * j, p * k).target, outer.ring, Factors(*factors))
