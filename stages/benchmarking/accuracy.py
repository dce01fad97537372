"""The error of a product, and how large it may be."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Shaped


def exact_rows(
    a: Float[np.ndarray, "n m"], b: Float[np.ndarray, "m p"], most: int, seed: int
) -> tuple[np.ndarray, Shaped[np.ndarray, "rows p"]]:
    """Some rows of a @ b in a wider type: float64 for float32, the long double of the machine for float64.

    A whole product in a wider type would take longer than all timings.

    Args:
      most: number of rows, unless the product has fewer.
    Returns:
      Indices of the rows, and the rows. The first and the last are among them: what blocks leave over at
      the edges goes another way than the rest.
    """
    inside = 1 + np.random.default_rng(seed).permutation(max(len(a) - 2, 0))[: most - 2]
    chosen = np.unique([0, *inside, len(a) - 1])
    wide = np.float64 if a.dtype == np.float32 else np.longdouble
    return chosen, a[chosen].astype(wide) @ b.astype(wide)


def relative_error(got: Float[np.ndarray, "rows p"], exact: Shaped[np.ndarray, "rows p"]) -> float:
    """Frobenius norm of the difference over that of the exact product. NaN where `got` holds one."""
    difference = got.astype(exact.dtype) - exact
    return float(np.sqrt((difference**2).sum()) / np.sqrt((exact**2).sum()))


def error_bound(emax: float, additions: int, inner: int, dtype: np.dtype) -> float:
    """What the relative error of a right kernel stays below when A and B are normal random matrices.

    eps * emax * sqrt(k), k at least the roundings on the way to one entry: the rounding errors of k operations add up
    like a random walk (Higham and Mary, 2019, «A new approach to probabilistic rounding error analysis»), and a scheme
    lets them grow by its emax (`program.costs`). Right kernels lie one or two orders below; a wrong coefficient gives
    about 1.

    Args:
      emax: of all levels together, their product.
      additions: of all levels together.
      inner: m of the product.
    """
    return float(np.finfo(dtype).eps * emax * np.sqrt(inner + additions))
