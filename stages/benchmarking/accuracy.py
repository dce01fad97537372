"""The error of a product, and how large it may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Float64

from stages.algebra.targets import parse_size


def relative_error(got: Float[np.ndarray, "n p"], exact: Float64[np.ndarray, "n p"]) -> float:
    """Frobenius norm of the difference over that of the float64 product. NaN where `got` holds one."""
    return float(np.linalg.norm(got.astype(np.float64) - exact) / np.linalg.norm(exact))


def error_bound(kernel: Mapping, inner: int, dtype: np.dtype) -> float:
    """What the relative error of a right kernel stays below when A and B are normal random matrices.

    eps * emax * sqrt(k), k the roundings on the way to one entry: the rounding errors of k operations add up like a
    random walk (Higham and Mary, 2019, «A new approach to probabilistic rounding error analysis»), and a scheme lets
    them grow by its emax (`program.costs`). Right kernels lie one or two orders below; a wrong coefficient gives
    about 1.

    Args:
      kernel: row of `tables.KERNELS`.
      inner: m of the product.
    """
    size = parse_size(kernel["size"])
    roundings = -(-inner // size.m) + kernel["additions"]
    return float(np.finfo(dtype).eps * kernel["emax"] * np.sqrt(roundings))
