"""The C source of `fastmm`: a few schemes of our own in one text, each checked exactly before it is written.

Which schemes was decided by measurement (docs/kernels.md). Levels in memory take the programs of fewest additions; a
fused one wants few non-zeros, which a low growth factor goes with.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import parse_size
from stages.backends.c.emitter import Named, emit
from stages.errors import KernelError
from stages.program.annealing import GROWTH, Annealing, anneal
from stages.program.program import from_json, from_scheme

LEVELS = ("programs/2x2x2_Z_7.json", "programs/4x4x4_Z_49.json")
FUSED = ("records/2x2x2_Z_7.json",)
_SETTLING = Annealing(20_000, 1.0, 0.01)


def library(results: Path) -> str:
    """The text.

    Args:
      results: the folder with programs/ and records/ of the project.
    Raises:
      KernelError: a file that cannot be read, or that holds no scheme of its size.
    """
    levels = [_program(results / name) for name in LEVELS]
    fused = [_sparse(results / name) for name in FUSED]
    return emit(levels, fused)


def _program(path: Path) -> Named:
    program = from_json(_text(path))
    u, v, w = program.matrices
    n, _, p = program.size
    transposed = (
        w.reshape(n, p, -1).transpose(1, 0, 2).reshape(n * p, -1)
    )  # C's blocks by columns, as schemes have them
    scheme = Scheme(program.size.target, program.ring, Factors(u.T, v.T, transposed), program.denominator)
    return _proved(scheme, path), program


def _sparse(path: Path) -> Named:
    """Of an equivalent scheme of a certificate."""
    given = json.loads(_text(path))
    factors = Factors(*(np.array(given[name]) for name in "uvw"))
    scheme = Scheme(parse_size(given["size"]).target, given["ring"], factors, given["denominator"])
    sparse, _ = anneal(scheme, GROWTH, _SETTLING, seed=0)
    return _proved(sparse, path), from_scheme(sparse)


def _proved(scheme: Scheme, path: Path) -> str:
    """The hash of a scheme that holds."""
    if (wrong := check(scheme)) is not None:
        raise KernelError(f"{path}: expected a scheme of {scheme.target.name} over {scheme.ring}, {wrong}")
    return scheme.hash


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise KernelError(f"{path}: {error.strerror}") from None
