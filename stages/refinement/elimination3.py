"""Linear systems over Z3 in two bit planes, one for 1 and one for -1. Compiled by Numba; `lift3` calls it.

Like `elimination`, outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled
from stages.refinement.elimination import ONE, U


@compiled
def eliminate(plus, minus, columns):
    """Brings the first columns to reduced row echelon form in place, but for signs of rows, which stay where they are.

    Returns the rows, those with a pivot first and in the order of their pivots, and the columns of the pivots.
    """
    order, pivots, count = np.arange(plus.shape[0]), np.empty(plus.shape[0], np.int64), 0
    for column in range(columns):
        word, bit = column >> 6, U(column & 63)
        pivot = count
        while pivot < order.size and not ((plus[order[pivot], word] | minus[order[pivot], word]) >> bit) & ONE:
            pivot += 1
        if pivot == order.size:
            continue
        order[count], order[pivot] = order[pivot], order[count]
        own = order[count]
        for other in range(order.size):
            if other == own or not ((plus[other, word] | minus[other, word]) >> bit) & ONE:
                continue
            is_same = ((plus[other, word] & plus[own, word] | minus[other, word] & minus[own, word]) >> bit) & ONE
            for i in range(plus.shape[1]):
                one, less = (minus[own, i], plus[own, i]) if is_same else (plus[own, i], minus[own, i])
                x, y = plus[other, i], minus[other, i]
                plus[other, i] = (x & ~(one | less)) | (one & ~(x | y)) | (y & less)
                minus[other, i] = (y & ~(one | less)) | (less & ~(x | y)) | (x & one)
        pivots[count] = column
        count += 1
        if count == order.size:
            break
    return order, pivots[:count]


def unpacked(plus: np.ndarray, minus: np.ndarray, rows: np.ndarray, columns: int) -> np.ndarray:
    """The entries -1, 0 and 1 of some rows, int64 [rows, columns]."""
    planes = (np.unpackbits(plane[rows].view(np.uint8), axis=1, bitorder="little") for plane in (plus, minus))
    return np.subtract(*planes, dtype=np.int64)[:, :columns]
