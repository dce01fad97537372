"""The scheme that a person names for a kernel: by a file of any format, or by its hash. It needs no run.

Nothing of a file is trusted: the exchange checks all Brent equations, and `export` proves them again by a certificate.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from stages.algebra.factors import Scheme
from stages.backends.kernel import read_program, refusal
from stages.contract.rows.schemes import VERIFIED
from stages.errors import KernelError, SchemeError
from stages.exchange.check import verdict
from stages.exchange.findings import Finding, examine
from stages.exchange.held import by_hash, verified
from stages.exchange.limits import bounded_memory
from stages.program.exact import prove
from stages.program.program import Program


class Choice(NamedTuple):
    """A scheme that a kernel can be made of, and the program that the kernel runs."""

    scheme: Scheme
    program: Program


def choose(name: str, table: Path, imported: Path) -> Choice:
    """Finds a scheme; one that verification has not seen gets the program that verification would give it.

    Args:
      name: of a file with one scheme, or the first digits of the hash of a verified or an imported scheme.
      table: of verified schemes; it need not exist.
      imported: folder of imported schemes.
    Raises:
      SchemeError: no such file and no hash, or a file that cannot be read, is wrong, or holds several schemes.
      KernelError: the scheme becomes no kernel.
    """
    if Path(name).is_file():
        scheme = _in_file(Path(name))
        program = prove(scheme).program
    elif re.fullmatch("[0-9a-f]{0,16}", name):
        rows = verified(table, VERIFIED)
        scheme = by_hash(name, rows, imported)
        row = next((row for row in rows if row.hash == scheme.hash), None)
        program = read_program(row) if row else prove(scheme).program
    else:
        raise SchemeError(f"{name}: expected a file with a scheme or the first digits of a hash, got neither")
    if reason := refusal(program):
        raise KernelError(f"scheme {scheme.hash}: {reason}")
    return Choice(scheme, program)


def _in_file(path: Path) -> Scheme:
    """The one scheme of a file, over Z where it holds there, else over Q, else over Z2."""
    with bounded_memory():
        found = examine(path)
        finding, others = next(found), next(found, None)
    if others is not None:
        raise SchemeError(f"{path}: expected one scheme, got several; import the file, then name one by its hash")
    holds, line = verdict(path, finding, None)
    schemes = finding.schemes() if holds and isinstance(finding, Finding) else []
    if not schemes:
        raise SchemeError(line)
    return schemes[-1]
