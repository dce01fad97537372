"""The best scheme of each size and ring, with all that the page shows of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.contract.candidates import scheme_of
from stages.contract.rows.schemes import VerifiedRow
from stages.exchange import certificate
from stages.exchange.formats import equations
from stages.exchange.formats.expressions import spelled, sum_text
from stages.program.program import Program, from_json
from stages.program.sums import Sums
from stages.summary.ranks import rings_of
from stages.summary.seconds import SecondsRow, finder
from stages.summary.speedups import SpeedupRow


@dataclass(frozen=True)
class Detail:
    """One scheme.

    Attributes:
      name: size, ring and rank: «3x4x5_Z_47».
      row: its facts.
      finder: kind and name of who found it, as in `SecondsRow`.
      cpu_s: CPU seconds of the whole run of the finder.
      orders, symmetry: orders of the three lengths that keep the size, and how many of these keep the set of terms.
      equations, program: as text, nothing shared and common sums shared.
      certificate: the file, in base 64.
      speeds: of kernels of this size and rank.
    """

    name: str
    row: VerifiedRow
    finder: tuple[str, str]
    cpu_s: float
    orders: int
    symmetry: int
    equations: str
    program: str
    certificate: str
    speeds: Sequence[SpeedupRow]


def best_schemes(schemes: Sequence[VerifiedRow]) -> dict[tuple[str, str], VerifiedRow]:
    """Of each size and ring this project's scheme of lowest rank, then one that holds over Z, of fewest additions."""
    found: dict[tuple[str, str], VerifiedRow] = {}
    for row in sorted(schemes, key=lambda row: (row.rank, row.ring != "Z", row.additions, row.hash)):
        if not row.origin.is_imported:
            for ring in rings_of(row.ring):
                found.setdefault((row.target, ring), row)
    return found


def name_of(row: VerifiedRow) -> str:
    return f"{row.target}_{row.ring}_{row.rank}"


def detail(row: VerifiedRow, seconds: Sequence[SecondsRow], speeds: Sequence[SpeedupRow]) -> Detail:
    scheme = scheme_of(row)
    found_by = finder(row.origin)
    turned = [oriented(scheme, each).hash for each in PERMUTATIONS if _keeps_size(scheme, each)]
    return Detail(
        name=name_of(row),
        row=row,
        finder=found_by,
        cpu_s=next(each.cpu_s for each in seconds if (each.kind, each.name) == found_by),
        orders=len(turned),
        symmetry=turned.count(scheme.hash),
        equations=equations.write(scheme).decode(),
        program=program_text(from_json(row.program)),
        certificate=base64.b64encode(certificate.write(scheme)).decode(),
        speeds=[each for each in speeds if each.kernel.startswith(f"{row.target}:{row.rank} ")],
    )


def _keeps_size(scheme: Scheme, permutation: Sequence[int]) -> bool:
    return tuple(scheme.size[axis] for axis in permutation) == tuple(scheme.size)


def program_text(program: Program) -> str:
    """A straight-line program: shared sums of A and of B, products, shared sums of products, entries of C."""
    n, m, p = program.size
    products = [f"m{number + 1}" for number in range(program.products)]
    shared_a, left = _sums(program.left, _entries("a", n, m), "s")
    shared_b, right = _sums(program.right, _entries("b", m, p), "t")
    shared_c, output = _sums(program.output, products, "r")
    if program.denominator > 1:
        output = [f"({text})/{program.denominator}" for text in output]
    lines = [
        *shared_a,
        *shared_b,
        *(f"{name} = ({one})*({other})" for name, one, other in zip(products, left, right, strict=True)),
        *shared_c,
        *(f"{name} = {text}" for name, text in zip(_entries("c", n, p), output, strict=True)),
    ]
    return "\n".join(lines) + "\n"


def _sums(sums: Sums, inputs: Sequence[str], letter: str) -> tuple[list[str], list[str]]:
    """A line for each shared sum, and the texts of the outputs."""
    names = [*inputs, *(f"{letter}{number + 1}" for number in range(len(sums.temporaries)))]

    def text(combination: Sequence[tuple[int, int]]) -> str:
        return sum_text((coefficient, names[register]) for coefficient, register in combination)

    shared = [f"{name} = {text(each)}" for name, each in zip(names[len(inputs) :], sums.temporaries, strict=True)]
    return shared, [text(each) for each in sums.outputs]


def _entries(letter: str, rows: int, columns: int) -> list[str]:
    return [spelled(letter, row, column) for row in range(rows) for column in range(columns)]
