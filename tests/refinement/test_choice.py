"""Which target comes next: all in turn at first, then by size and by what is lacking beside the neighbours."""

import math

import pytest

from stages.algebra.factors import Scheme, standard
from stages.algebra.moves import merge
from stages.algebra.targets import Target, parse_target
from stages.contract.origin import Origin
from stages.refinement.archive import WalkArchive
from stages.refinement.choice import lack, next_target
from stages.refinement.packed import Z2
from tests.examples import modulo_two, strassen

TARGETS = [parse_target(name) for name in ("2x2x2", "2x2x3", "2x2x4", "3x3x3")]


def _archive(*given: Scheme) -> WalkArchive:
    return WalkArchive(Origin("refinement", "test"), 0, 4, given, Z2())


def _in_turn(archive: WalkArchive, count: int) -> list[str]:
    under_way: list[Target] = []
    for _ in range(count):
        under_way.append(next_target(TARGETS, archive, under_way))
    return [target.name for target in under_way]


def test_every_target_comes_once_before_any_comes_again():
    assert _in_turn(_archive(strassen()), 4) == [target.name for target in TARGETS]


def test_attempts_go_with_the_naive_rank_where_nothing_is_known():
    """3x3x3 has 27 of 63 products of all targets."""
    names = _in_turn(_archive(), 630)
    assert [names.count(target.name) for target in TARGETS] == pytest.approx([80, 120, 160, 270], abs=1)


def test_what_is_lacking_is_told_by_the_best_neighbour():
    archive = _archive(strassen())
    as_good_as_strassen = 12 ** (math.log(7) / math.log(8))
    assert lack(parse_target("2x2x3"), archive.lowest_rank, "Z") == pytest.approx(12 - as_good_as_strassen)
    assert lack(parse_target("2x2x2"), archive.lowest_rank, "Z") == 0  # no neighbour is better
    assert lack(parse_target("3x3x3"), archive.lowest_rank, "Z") == 0  # 2x2x2 is no neighbour
    archive.offer(merge(strassen(), standard(parse_target("1x2x2")), 0), "", 1)
    assert lack(parse_target("2x2x3"), archive.lowest_rank, "Z") == pytest.approx(11 - as_good_as_strassen)
    assert lack(parse_target("2x3x3"), archive.lowest_rank, "Z") == pytest.approx(
        18 - 18 ** (math.log(11) / math.log(12))
    )


def test_over_z_only_what_holds_over_z_is_a_neighbour():
    archive = _archive(modulo_two())
    assert lack(parse_target("2x2x3"), archive.lowest_rank, "Z") == 0
    assert lack(parse_target("2x2x3"), archive.lowest_rank, "Z2") > 1


def test_what_lacks_something_comes_more_often():
    """Half of the attempts go to what Strassen's scheme lets expect of the sizes around it."""
    archive = _archive(strassen())
    names = _in_turn(archive, 1000)
    lacks = [lack(target, archive.lowest_rank, "Z") for target in TARGETS]
    assert [number > 0 for number in lacks] == [False, True, True, False]
    expected = [500 * (t.naive_rank / 63 + number / sum(lacks)) for t, number in zip(TARGETS, lacks, strict=True)]
    assert [names.count(target.name) for target in TARGETS] == pytest.approx(expected, abs=2)


def test_attempts_that_have_ended_count():
    archive = _archive()
    archive.attempts["2x2x2", 7] += 3
    archive.attempts["2x2x2", 8] += 2
    assert "2x2x2" not in _in_turn(archive, 11)


def test_where_no_attempt_falls_short_fewer_follow():
    """Of 2x2x3 the half that goes by lack is left to others, once all of its attempts have ended at the lowest rank."""
    following = []
    for rank in (11, 12):
        archive = _archive(strassen(), merge(strassen(), standard(parse_target("1x2x2")), 0))
        archive.attempts["2x2x3", rank] += 100
        following.append(_in_turn(archive, 2000).count("2x2x3"))
    assert following[0] < 0.5 * following[1]
