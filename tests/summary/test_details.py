"""The best schemes and what the page says of them."""

import base64
from dataclasses import replace

import numpy as np
import pytest

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.contract.candidates import scheme_of
from stages.exchange import check_certificate
from stages.program.program import from_scheme, to_json
from stages.summary.details import best_schemes, detail, program_text
from stages.summary.seconds import SecondsRow
from tests import examples
from tests.rows import verified_row

SECONDS = [SecondsRow("agent", "z", 12.5), SecondsRow("walk", "plain", 3.5), SecondsRow("stage", "recombination", 0.5)]


def described(scheme, origin="refinement:plain"):
    return detail(verified_row(scheme, origin, program=to_json(from_scheme(scheme))), SECONDS, [])


def test_best_is_of_lowest_rank_then_over_z_then_of_fewest_additions():
    over_z = verified_row(examples.strassen(), "refinement:plain", additions=18)
    rows = [
        verified_row(standard(Size(2, 2, 2).target), additions=0),
        verified_row(examples.modulo_two(), additions=1),
        over_z,
        verified_row(examples.strassen(), "imported:x.json", additions=2),
        replace(over_z, additions=17),
    ]
    assert best_schemes(rows) == {("2x2x2", "Z2"): rows[-1], ("2x2x2", "Z"): rows[-1]}
    assert best_schemes(rows[:2]) == {("2x2x2", "Z2"): rows[1], ("2x2x2", "Z"): rows[0]}


@pytest.mark.parametrize(
    ("origin", "finder", "cpu_s"),
    [
        ("search:z:window", ("agent", "z"), 12.5),
        ("refinement:plain", ("walk", "plain"), 3.5),
        ("recombination", ("stage", "recombination"), 0.5),
    ],
)
def test_finder_and_what_it_cost(origin, finder, cpu_s):
    found = described(examples.strassen(), origin)
    assert (found.finder, found.cpu_s) == (finder, cpu_s)


def test_certificate_is_whole():
    assert "2x2x2" in check_certificate.prove(base64.b64decode(described(examples.strassen()).certificate).decode())


@pytest.mark.parametrize("size", [(2, 2, 2), (2, 2, 3), (2, 3, 4)])
def test_standard_algorithm_has_every_symmetry(size):
    found = described(standard(Size(*size).target))
    orders = {3: 1, 2: 2, 1: 6}[len(set(size))]  # of three lengths: those that give the same size
    assert (found.orders, found.symmetry) == (orders, orders)


def test_terms_that_are_moved_are_no_symmetry():
    scheme = examples.strassen()
    u, v, w = (factor.copy() for factor in scheme.factors)
    # Rows of A added up, and taken away from those of C: another scheme, in which A is no longer like B.
    u = u.reshape(2, 2, -1)
    u[0] += u[1]
    w = w.reshape(2, 2, -1)
    w[:, 1] -= w[:, 0]
    moved = replace(scheme, factors=type(scheme.factors)(u.reshape(4, -1), v, w.reshape(4, -1)))
    assert described(moved).symmetry < described(scheme).symmetry


@pytest.mark.parametrize("scheme", [examples.strassen(), examples.halves(), standard(Size(2, 3, 4).target)])
def test_program_computes_the_product(scheme):
    n, m, p = scheme.size
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 9, (n, m)), rng.integers(-9, 9, (m, p))
    values = {f"a{i + 1}{j + 1}": int(a[i, j]) for i in range(n) for j in range(m)}
    values |= {f"b{i + 1}{j + 1}": int(b[i, j]) for i in range(m) for j in range(p)}
    exec(program_text(from_scheme(scheme)), {}, values)
    assert [values[f"c{i + 1}{j + 1}"] for i in range(n) for j in range(p)] == (a @ b).ravel().tolist()


def test_facts_are_of_the_scheme():
    found = described(examples.strassen())
    assert found.name == "2x2x2_Z_7"
    assert scheme_of(found.row).hash in found.equations
    assert found.equations.count("\nm") == 7
