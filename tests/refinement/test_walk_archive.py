"""What a walk keeps of what it is offered: nothing that it was given, and what that lifts to."""

import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, modulo, standard
from stages.algebra.moves import product
from stages.algebra.targets import parse_target
from stages.refinement import archive as archive_lib
from stages.refinement.archive import WalkArchive
from tests.examples import halves, modulo_two, strassen, strassen_in_another_basis
from tests.walks import ORIGIN, RINGS, rows


def test_a_wrong_scheme_of_the_walk_is_a_bug():
    right = standard(parse_target("2x2x2"), "Z2")
    wrong = Scheme(right.target, "Z2", Factors(*(matrix[:, :-1] for matrix in right.factors)))
    with pytest.raises(RuntimeError, match="left the target 2x2x2: entry"):
        WalkArchive(ORIGIN, 0, 4, [], RINGS["flips"]).offer(wrong, "", 0)


@pytest.mark.parametrize(
    ("given", "rings"),
    [([], ["Z", "Z2"]), ([modulo_two()], ["Z"]), ([strassen()], []), ([strassen(), modulo_two()], [])],
    ids=["nothing", "over Z2", "over Z", "both"],
)
def test_what_was_given_is_not_found_but_a_lift_of_it_is(given, rings):
    archive = WalkArchive(ORIGIN, 0, 4, given, RINGS["flips"])
    archive.offer(modulo_two(), "", 0)
    assert sorted(row["ring"] for row in rows(archive)) == sorted(row.ring for row in archive.curve) == rings


def test_a_lift_to_q_is_kept_until_one_to_z_is_as_low(monkeypatch):
    archive = WalkArchive(ORIGIN, 0, 4, [], RINGS["flips"])
    monkeypatch.setattr(archive_lib, "lift", lambda scheme: halves())
    archive.offer(modulo_two(), "", 0)
    assert [row.ring for row in archive.curve] == ["Z2", "Q"]
    assert sorted(row["ring"] for row in rows(archive)) == ["Q", "Z2"]
    assert archive.lowest(parse_target("2x2x2"), "Z") == []  # nothing is made of it
    monkeypatch.undo()
    other = strassen_in_another_basis()
    archive.offer(modulo(other, "Z2"), "", 1)
    assert [row.ring for row in archive.curve] == ["Z2", "Q", "Z"]
    assert {row["ring"] for row in rows(archive)} == {"Z", "Z2"}
    monkeypatch.setattr(archive_lib, "lift", lambda scheme: halves())
    archive.offer(modulo_two(), "", 2)
    assert {row["ring"] for row in rows(archive)} == {"Z", "Z2"}


def test_another_scheme_of_the_rank_given_is_a_find():
    other = strassen_in_another_basis()
    assert check(other) is None
    archive = WalkArchive(ORIGIN, 0, 4, [strassen()], RINGS["flips"])
    archive.offer(modulo(other, "Z2"), "", 0)
    assert [(row["ring"], row["rank"]) for row in rows(archive)] == [("Z", 7), ("Z2", 7)]


def test_what_was_given_may_be_larger_than_a_machine_word():
    """8x8x16 has factors of 128 entries."""
    eight = product(product(strassen(), strassen()), strassen())
    large = product(eight, standard(parse_target("1x1x2")))
    archive = WalkArchive(ORIGIN, 0, 4, [large], RINGS["flips"])
    over_z2 = Scheme(large.target, "Z2", Factors(*(matrix % 2 for matrix in large.factors)))
    archive.offer(over_z2, "", 0)
    assert rows(archive) == []
