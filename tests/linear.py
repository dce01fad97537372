"""Plain linear algebra over Z2 and the Jacobian written out, for tests of what is packed."""

from __future__ import annotations

import numpy as np


def independent(vectors: np.ndarray) -> list[int]:
    """Numbers of the vectors that are no sum of earlier ones, with Python's integers as vectors."""
    leads: dict[int, int] = {}
    chosen = []
    for place, vector in enumerate(vectors):
        number = int("".join(map(str, vector.tolist())) or "0", 2)
        while number and number.bit_length() in leads:
            number ^= leads[number.bit_length()]
        if number:
            leads[number.bit_length()] = number
            chosen.append(place)
    return chosen


def is_sum(vector: np.ndarray, vectors: np.ndarray) -> bool:
    """Whether a vector is a sum of some of the others."""
    return len(vectors) not in independent(np.concatenate([vectors, vector[None]]))


def slopes(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The Jacobian modulo 2, [unknowns, equations]; unknowns in order of a, b and c, each row by row."""
    a, b, c = (matrix.astype(int) for matrix in (a, b, c))
    blocks = [
        np.einsum("xl,jr,kr->lrxjk", np.eye(len(a), dtype=int), b, c),
        np.einsum("ir,yl,kr->lriyk", a, np.eye(len(b), dtype=int), c),
        np.einsum("ir,jr,zl->lrijz", a, b, np.eye(len(c), dtype=int)),
    ]
    return np.concatenate([block.reshape(-1, len(a) * len(b) * len(c)) for block in blocks]) % 2
