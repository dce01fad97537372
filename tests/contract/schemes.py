"""Candidates that the tests of this room share."""

from __future__ import annotations

import numpy as np

from stages.algebra.factors import COEFFICIENT_LIMIT, Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from tests import examples

SCHEMES = {
    "strassen": examples.strassen(),
    "over Z2": examples.modulo_two(),
    "over Q": examples.halves(),
    "oblong": standard(Size(1, 2, 3).target),
    "no term": Scheme(Size(2, 2, 2).target, "Z", Factors(*(np.zeros((4, 0), np.int64),) * 3)),
    "int32": Scheme(Size(1, 1, 1).target, "Z", Factors(*(np.array([[COEFFICIENT_LIMIT, -COEFFICIENT_LIMIT]]),) * 3)),
}


def candidate(scheme: Scheme, clock: int = 5) -> Candidate:
    return Candidate(scheme, Origin("search", "z", "game"), "abc", 2**31 - 1, clock)


def same(first: Scheme, second: Scheme) -> bool:
    """Equal in every part, the order of the terms included."""
    facts = [(scheme.target, scheme.ring, scheme.denominator, scheme.hash) for scheme in (first, second)]
    return facts[0] == facts[1] and all(map(np.array_equal, first.factors, second.factors))
