"""Starts: every way makes an exact scheme, all ways are taken, and what does not lift builds nothing over Z."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import Size, parse_target
from stages.contract.origin import Origin
from stages.refinement.archive import WalkArchive
from stages.refinement.curriculum import draw_start, neighbours
from stages.refinement.packed import Z2
from tests.examples import modulo_two, strassen

DRAWS = 60


def _archive(*given: Scheme) -> WalkArchive:
    return WalkArchive(Origin("refinement", "test"), 0, 4, given, Z2())


def _starts(size: str, archive: WalkArchive) -> list[tuple[Scheme, str]]:
    return [draw_start(parse_target(size), archive, np.random.default_rng(seed)) for seed in range(DRAWS)]


@pytest.mark.parametrize("size", ["1x1x2", "2x2x2", "2x2x3", "3x3x3", "2x3x5", "4x4x4"])
def test_every_start_is_exact(size):
    held = [strassen(), standard(parse_target("2x3x6")), standard(parse_target("3x3x4"), "Z2")]
    for scheme, parent in _starts(size, _archive(*held)):
        assert (scheme.target, check(scheme)) == (parse_target(size), None)
        assert parent


def test_ways_into_a_size_are_all_taken():
    """4x4x4 from Strassen's scheme: its square; beside itself along an axis; and the standard algorithm."""
    ranks = {scheme.rank for scheme, _ in _starts("4x4x4", _archive(strassen()))}
    assert ranks == {49, 64}  # neither 2x4x4 nor 3x4x4 is held, so what stands side by side is standard
    assert {scheme.rank for scheme, _ in _starts("2x2x4", _archive(strassen()))} == {14, 16}


def test_a_larger_scheme_is_cut():
    """2x2x4 of rank 14 less a column leaves Strassen's scheme and a slab."""
    pair = next(scheme for scheme, _ in _starts("2x2x4", _archive(strassen())) if scheme.rank == 14)
    starts = _starts("2x2x3", _archive(pair))
    assert min(scheme.rank for scheme, _ in starts) == 11
    assert {parent for scheme, parent in starts if scheme.rank == 11} == {pair.hash}


def test_own_scheme_is_a_start():
    starts = _starts("2x2x2", _archive(strassen()))
    assert {scheme.rank for scheme, _ in starts} == {7, 8}
    assert {parent for scheme, parent in starts if scheme.rank == 7} == {strassen().hash}


def test_over_z_only_what_holds_over_z():
    starts = _starts("2x2x3", _archive(modulo_two()))
    assert {scheme.ring for scheme, _ in starts} == {"Z", "Z2"}
    assert {scheme.rank for scheme, _ in starts if scheme.ring == "Z"} == {12}
    assert 11 in {scheme.rank for scheme, _ in starts if scheme.ring == "Z2"}


def test_start_depends_on_the_stream_alone():
    archive = _archive(strassen(), modulo_two())
    assert [(scheme.hash, parent) for scheme, parent in _starts("2x2x3", archive)] == [
        (scheme.hash, parent) for scheme, parent in _starts("2x2x3", archive)
    ]


def test_lowest_rank_of_what_is_given_and_found():
    archive = _archive(modulo_two(), standard(Size(2, 2, 2).target))
    assert [scheme.rank for scheme in archive.lowest(Size(2, 2, 2).target, "Z2")] == [7]
    assert [scheme.rank for scheme in archive.lowest(Size(2, 2, 2).target, "Z")] == [8]
    archive.offer(modulo_two(), "", 1)
    assert [(scheme.ring, scheme.rank) for scheme in archive.lowest(Size(2, 2, 2).target, "Z")] == [("Z", 7)]
    assert archive.lowest(Size(2, 2, 3).target, "Z2") == []


def test_neighbours_are_what_starts_are_made_of():
    """By hand for 2x2x4; for 3x4x4 no start has another parent."""
    assert {target.name for target in neighbours(parse_target("2x2x4"))} == {"2x2x2", "2x2x3", "2x2x5", "2x3x4"}
    around = [*neighbours(parse_target("3x4x4")), parse_target("3x4x4")]
    archive = _archive(*(standard(target) for target in around))
    parents = {parent for _, parent in _starts("3x4x4", archive)}
    assert len(parents) > 3
    assert parents <= {standard(target).hash for target in around}
