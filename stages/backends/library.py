"""The C source of `fastmm`: a few schemes of our own in one text, each checked exactly before it is written.

Which schemes was decided by hand, from timings (docs/kernels.md). Levels in memory take the programs of fewest
additions; a fused one wants few non-zeros, which a low growth factor goes with.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.symmetry import orientation, oriented
from stages.algebra.targets import Size, parse_size
from stages.backends.c.emitter import Named, emit
from stages.backends.sandwiches import sparse
from stages.errors import KernelError
from stages.program.annealing import ADDITIONS, GROWTH, Annealing, anneal
from stages.program.program import Program, from_json, from_scheme

# Each in every orientation.
LEVELS = (
    "programs/2x2x2_Z_7.json",
    "programs/4x4x4_Z_49.json",
    "records/2x3x3_Z_15.json",
    "records/3x4x5_Z_47.json",
)
FUSED = ("records/2x2x2_Z_7.json", "records/2x3x3_Z_15.json")
_SETTLING = Annealing(20_000, 1.0, 0.01)
_LOWERING = Annealing(50_000, 1.0, 0.05)


def library(results: Path) -> str:
    """The text.

    Args:
      results: the folder with programs/ and records/ of the project.
    Raises:
      KernelError: a file that cannot be read, or that holds no scheme of its size, or none with coefficients -1, 0, 1;
        a program of unequal sides.
      SchemeError: a malformed program.
    """
    levels = [named for name in LEVELS for named in _levels(results / name)]
    fused = [named for name in FUSED for named in _fused(results / name)]
    return emit(levels, fused)


def _levels(path: Path) -> list[Named]:
    """A stored program as it is; of a certificate a scheme of few additions, in each orientation."""
    if path.parent.name == "programs":
        program = from_json(_text(path))
        if len(set(program.size)) > 1:  # its orientations have other programs, which nobody has made
            raise KernelError(f"{path}: expected a program of equal sides, got {program.size.name}")
        return [(_proved(_scheme(program), path), program)]
    return _oriented(_annealed(path, ADDITIONS, _LOWERING), path)


def _fused(path: Path) -> list[Named]:
    """Of a certificate a scheme of low growth, in each orientation."""
    return _oriented(_annealed(path, GROWTH, _SETTLING), path)


def _annealed(path: Path, aim: int, schedule: Annealing) -> Scheme:
    try:
        return anneal(sparse(_certified(path)), aim, schedule, seed=0)[0]
    except ValueError as error:  # coefficients beyond 1 that no sandwich has removed, or another ring
        raise KernelError(f"{path}: {error}") from None


def _oriented(scheme: Scheme, path: Path) -> list[Named]:
    sizes = sorted({Size(*sides) for sides in itertools.permutations(scheme.size)})
    turned = (oriented(scheme, orientation(scheme.size, size)) for size in sizes)
    return [(_proved(one, path), from_scheme(one)) for one in turned]


def _certified(path: Path) -> Scheme:
    given = json.loads(_text(path))
    factors = Factors(*(np.array(given[name]) for name in "uvw"))
    return Scheme(parse_size(given["size"]).target, given["ring"], factors, given["denominator"])


def _scheme(program: Program) -> Scheme:
    u, v, w = program.matrices
    n, _, p = program.size
    by_cols = w.reshape(n, p, -1).transpose(1, 0, 2).reshape(n * p, -1)  # C's blocks, as schemes have them
    return Scheme(program.size.target, program.ring, Factors(u.T, v.T, by_cols), program.denominator)


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
