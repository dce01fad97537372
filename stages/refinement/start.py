"""What a walk begins from: the standard algorithm, or the schemes of an agent or a walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.rings import PRIMES
from stages.contract import candidates, scheme_files
from stages.contract.named_targets import read_target
from stages.errors import SchemeError
from stages.refinement.packed import Ring, Ternary


def read_start(path: Path) -> list[Scheme]:
    """The schemes a walk may start from: the standard algorithm (JSON), or what an agent or a walk has left.

    Those over Q are left out: the moves carry no denominators.

    Raises:
      SchemeError, TableError: not readable, a JSON scheme that others found, or one that is wrong.
    """
    if path.suffix == ".json":
        scheme = scheme_files.read(path)
        if scheme.hash != standard(scheme.target).hash:
            raise SchemeError(
                f"{path}: expected the standard algorithm of {scheme.target.name} over Z, got another scheme of rank "
                f"{scheme.rank} over {scheme.ring} ({scheme.hash}); a walk begins from nothing that others found"
            )
        return [scheme]
    given = [candidate.scheme for candidate in candidates.read(path) if candidate.scheme.ring != "Q"]
    for scheme in given:
        wrong = check(scheme)
        if wrong is not None:
            raise SchemeError(f"{path}: scheme {scheme.hash} is not a product {scheme.target.name}: {wrong}")
    return given


def read_target_start(path: Path, ring: Ring) -> list[Scheme]:
    """The standard algorithm of a target that is no matrix product.

    Raises:
      SchemeError: not readable, or the moves cannot carry it.
    """
    target = read_target(path)
    values = target.entries[:, 3]
    if max(target.modes) > ring.longest:
        raise SchemeError(f"{path}: expected modes of at most {ring.longest} entries, got {list(target.modes)}")
    if isinstance(ring, Ternary) and np.abs(values).max() > 1:
        raise SchemeError(f"{path}: expected values -1 and 1 in mode ternary, got {np.abs(values).max()}")
    prime = PRIMES[ring.residues]
    if not (values % prime).any():
        raise SchemeError(f"{path}: expected a value not divisible by {prime}: over {ring.residues} nothing is left")
    return [standard(target)]
