"""The known answer, for tests only: Strassen 1969 written by hand."""

import numpy as np

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size

# Strassen 1969, one product per column; a and b as a11 a12 a21 a22, and C transposed as c11 c21 c12 c22.
#   m1 = (a11 + a22)(b11 + b22)   m2 = (a21 + a22) b11   m3 = a11 (b12 - b22)   m4 = a22 (b21 - b11)
#   m5 = (a11 + a12) b22   m6 = (a21 - a11)(b11 + b12)   m7 = (a12 - a22)(b21 + b22)
#   c11 = m1 + m4 - m5 + m7   c21 = m2 + m4   c12 = m3 + m5   c22 = m1 - m2 + m3 + m6
STRASSEN = (
    [[1, 0, 1, 0, 1, -1, 0], [0, 0, 0, 0, 1, 0, 1], [0, 1, 0, 0, 0, 1, 0], [1, 1, 0, 1, 0, 0, -1]],
    [[1, 1, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 1], [1, 0, -1, 0, 1, 0, 1]],
    [[1, 0, 0, 1, -1, 0, 1], [0, 1, 0, 1, 0, 0, 0], [0, 0, 1, 0, 1, 0, 0], [1, -1, 1, 0, 0, 1, 0]],
)


def strassen(ring: str = "Z", denominator: int = 1, **changed) -> Scheme:
    """Strassen's scheme, with some of u, v, w in place of its own."""
    factors = dict(zip("uvw", map(np.array, STRASSEN), strict=True)) | changed
    return Scheme(Size(2, 2, 2), ring, Factors(**factors), denominator)
