"""The archive keeps what is distinct, in order, and comes back from what it saved."""

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.invariants import invariant
from stages.algebra.targets import Size
from stages.contract import archive as archive_lib
from stages.contract.archive import Archive
from tests import examples
from tests.contract.schemes import SCHEMES, candidate, same


def columns(*order: int) -> Scheme:
    """Terms over <1,1,2> that decompose nothing; the number of equal u tells their invariants apart."""
    eye = np.eye(2, dtype=np.int64)
    return Scheme(Size(1, 1, 2).target, "Z", Factors(np.ones((1, len(order)), int), eye[:, order], eye[:, order]))


def test_archive_keeps_the_first_of_each_invariant():
    archive = Archive(keep=2)
    first = candidate(examples.strassen())
    u, v, w = first.scheme.factors
    rotated = candidate(Scheme(Size(2, 2, 2).target, "Z", Factors(v, w, u)))
    assert archive.add(first)
    assert not archive.add(rotated)
    assert archive.add(candidate(columns(0, 0, 1)))
    assert archive.add(candidate(columns(0, 0, 0)))
    assert not archive.add(
        candidate(Scheme(Size(1, 1, 2).target, "Z", Factors(*(np.zeros((n, 3), int) for n in (1, 2, 2)))))
    )
    assert archive.is_full(Size(1, 1, 2).target, "Z", 3)
    assert not archive.is_full(Size(1, 1, 2).target, "Z2", 3)
    assert not archive.is_full(Size(2, 2, 2).target, "Z", 7)


def test_scheme_seen_before_costs_no_invariant(monkeypatch):
    computed = []
    monkeypatch.setattr(archive_lib, "invariant", lambda scheme: computed.append(scheme) or invariant(scheme))
    archive = Archive(keep=5)
    first, reordered, equivalent = columns(0, 0, 1), columns(1, 0, 0), columns(1, 1, 0)
    assert first.hash == reordered.hash != equivalent.hash
    assert archive.add(candidate(first))
    for clock, scheme in enumerate([reordered, equivalent, equivalent, reordered]):
        assert not archive.add(candidate(scheme, clock))
    assert computed == [first, equivalent]
    restored = Archive(keep=5)
    restored.restore(archive.to_array())
    assert not restored.add(candidate(first, 9))
    assert not restored.add(candidate(equivalent, 9))
    assert restored.add(candidate(columns(0, 0, 0), 9))
    assert [kept.clock for kept in restored.candidates()] == [5, 9]


def test_archive_is_sorted_and_knows_the_best_of_each_ring():
    archive = Archive(keep=5)
    schemes = [standard(Size(2, 2, 2).target), examples.strassen(), columns(0, 1), examples.modulo_two(), columns(0, 0)]
    for clock, scheme in enumerate(schemes):
        assert archive.add(candidate(scheme, clock))
    found = [(c.scheme.target.name, c.scheme.ring, c.scheme.rank, c.clock) for c in archive.candidates()]
    assert found == [
        ("1x1x2", "Z", 2, 2),
        ("1x1x2", "Z", 2, 4),  # in the order of arrival
        ("2x2x2", "Z", 7, 1),
        ("2x2x2", "Z", 8, 0),
        ("2x2x2", "Z2", 7, 3),
    ]
    assert archive.best(Size(2, 2, 2).target, "Z") == 7
    assert archive.best(Size(2, 2, 2).target, "Q") is None
    assert Archive(keep=1).best(Size(2, 2, 2).target, "Z") is None
    assert [scheme.rank for scheme in archive.schemes(Size(1, 1, 2).target, "Z", 2)] == [2, 2]
    archive.forget_above(Size(2, 2, 2).target, "Z", 7)
    left = [(c.scheme.target.name, c.scheme.ring, c.scheme.rank) for c in archive.candidates()]
    assert left == [("1x1x2", "Z", 2), ("1x1x2", "Z", 2), ("2x2x2", "Z", 7), ("2x2x2", "Z2", 7)]


@pytest.mark.parametrize("count", [0, len(SCHEMES)])
def test_archive_restores_what_it_saved(count):
    archive, restored = Archive(keep=3), Archive(keep=3)
    for scheme in list(SCHEMES.values())[:count]:
        archive.add(candidate(scheme))
    restored.restore(archive.to_array())
    np.testing.assert_array_equal(restored.to_array(), archive.to_array(), strict=True)
    assert len(restored.candidates()) == count
    for first, second in zip(restored.candidates(), archive.candidates(), strict=True):
        assert same(first.scheme, second.scheme)
        assert (first.origin, first.parent, first.seed, first.clock) == (
            second.origin,
            second.parent,
            second.seed,
            second.clock,
        )
