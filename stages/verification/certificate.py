"""Certificates: one JSON file that says what a scheme is, with all that `check_certificate.py` needs to prove it.

That script has no dependency and imports nothing of ours; whoever doubts reads it and runs it. Equal schemes in equal
order of terms give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import math

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.errors import SchemeError

FORMAT = "matrix product certificate 1"
CLAIM = "sum over r of u[i][r] * v[j][r] * w[k][r] = denominator * T[i][j][k] over the ring, for all i, j, k"
TARGET = "size n x m x p; T[a*m + b][b*p + c][c*n + a] = 1, else 0"


def write(scheme: Scheme) -> bytes:
    """The certificate of a scheme.

    Raises:
      SchemeError: it does not hold; there is no certificate of what is wrong.
    """
    if wrong := check(scheme):
        raise SchemeError(f"{scheme.size.name} over {scheme.ring}: {wrong}")
    u, v, w = (factor.tolist() for factor in scheme.factors)
    body = {
        "format": FORMAT,
        "target": TARGET,
        "claim": CLAIM,
        "size": scheme.size.name,
        "ring": scheme.ring,
        "denominator": scheme.denominator,
        "rank": scheme.rank,
        "equations": math.prod(scheme.size.modes),
        "u": u,
        "v": v,
        "w": w,
    }
    text = json.dumps(body)
    return (json.dumps(body | {"sha256": hashlib.sha256(text.encode()).hexdigest()}) + "\n").encode()
