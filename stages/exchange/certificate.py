"""Certificates: one JSON file that says what a scheme is, with all that `check_certificate.py` needs to prove it.

That script has no dependency and imports nothing of ours; whoever doubts reads it and runs it. The stage writes
those of the best schemes, and the script, as one archive. Equal schemes in equal order of terms give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterable
from pathlib import Path

from stages.algebra.check import check
from stages.algebra.factors import Scheme
from stages.algebra.targets import parse_size
from stages.contract.candidates import scheme_of
from stages.contract.rows.schemes import VerifiedRow
from stages.errors import SchemeError
from stages.exchange import check_certificate

CHECKER = Path(check_certificate.__file__)  # imported, so that it is part of the code of who hands it out


def write(scheme: Scheme) -> bytes:
    """The certificate of a scheme.

    Raises:
      SchemeError: it does not hold; there is no certificate of what is wrong.
    """
    if wrong := check(scheme):
        raise SchemeError(f"{scheme.target.name} over {scheme.ring}: {wrong}")
    u, v, w = (factor.tolist() for factor in scheme.factors)
    target = scheme.target
    texts, facts = check_certificate.TEXTS, {}
    if not target.lengths:
        texts, facts = check_certificate.OTHER_TEXTS, {"modes": target.modes, "entries": target.entries.tolist()}
    body = {
        **texts,
        "size": target.name,
        **facts,
        "ring": scheme.ring,
        "denominator": scheme.denominator,
        "rank": scheme.rank,
        "equations": math.prod(target.modes),
        "u": u,
        "v": v,
        "w": w,
    }
    text = json.dumps(body)
    return (json.dumps(body | {"sha256": hashlib.sha256(text.encode()).hexdigest()}) + "\n").encode()


def file_name(scheme: Scheme) -> str:
    return f"{scheme.target.name}_{scheme.ring}_{scheme.rank}.json"


def best(rows: Iterable[VerifiedRow]) -> list[Scheme]:
    """Of each size and ring the scheme of lowest rank, then of fewest additions; by size, then ring.

    A scheme over Z holds over Z2 and Q too: these have one of their own only where it is of lower rank.
    """
    found: dict[tuple[str, str], VerifiedRow] = {}
    for row in sorted(rows, key=lambda row: (row.rank, row.additions, row.hash)):
        found.setdefault((row.target, row.ring), row)
    own = [
        row
        for (target, _), row in found.items()
        if row.ring == "Z" or (target, "Z") not in found or row.rank < found[target, "Z"].rank
    ]
    own.sort(key=lambda row: (parse_size(row.target), row.ring))
    return [scheme_of(row) for row in own]


def write_archive(schemes: Iterable[Scheme]) -> bytes:
    """A zip of the schemes' certificates and the script that proves them; equal schemes give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [(CHECKER.name, CHECKER.read_bytes()), *((file_name(one), write(one)) for one in schemes)]:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # dated 1980
    return file.getvalue()
