"""Moves between sizes: exact over their ring for every axis, index and orientation, with the rank they must have."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.basis import draw_unimodular
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.moves import Cut, best_cuts, cut_of_index, merge, product, project, reduced
from stages.algebra.symmetry import MODE_AXES, PERMUTATIONS, as_matrices, from_matrices, oriented
from stages.algebra.targets import Size, parse_size
from stages.refinement.lift import lift
from tests import examples
from tests.walks import walked

SIZES = [Size(*size) for size in itertools.combinations_with_replacement(range(1, 4), 3)]


@functools.cache
def _pool() -> dict[str, list[Scheme]]:
    """Schemes of each ring: standard algorithms, Strassen, and what walks hold and lift to; none is wrong."""
    pool = {"Z2": [examples.modulo_two()], "Z": [examples.strassen()]}
    for name in ("1x1x1", "1x2x3", "2x2x3", "2x3x3", "3x3x3"):
        for ring, schemes in pool.items():
            schemes.append(standard(parse_size(name).target, ring))
        found = walked(name, 200_000)[:2]
        pool["Z2"] += found
        pool["Z"] += [lifted for scheme in found if (lifted := lift(scheme)) is not None]
    return pool


@functools.cache
def _oriented() -> dict[str, list[Scheme]]:
    """The pool in all orientations, made ahead: Hypothesis refuses what draws from `random`, as type checks do."""
    return {
        ring: [oriented(scheme, permutation) for scheme in schemes for permutation in PERMUTATIONS]
        for ring, schemes in _pool().items()
    }


def schemes(ring: str) -> st.SearchStrategy[Scheme]:
    """One of the pool in any orientation."""
    return st.sampled_from(_oriented()[ring])


rings = st.sampled_from(["Z2", "Z"])
checked = settings(deadline=None, max_examples=60)


def _assert_exact(scheme: Scheme, lengths: tuple[int, ...], ring: str) -> None:
    assert scheme.size == tuple(sorted(lengths))
    assert scheme.ring == ring
    assert check(scheme) is None


@checked
@given(st.data(), rings)
def test_projection_of_every_axis(data, ring):
    scheme = data.draw(schemes(ring).filter(lambda scheme: max(scheme.size) > 1))
    axis = data.draw(st.sampled_from([axis for axis in range(3) if scheme.size[axis] > 1]))
    projected = project(scheme, cut_of_index(scheme.size, axis, data.draw(st.integers(0, scheme.size[axis] - 1))))
    _assert_exact(projected, _without_one(scheme.size, axis), ring)
    assert projected.rank <= scheme.rank
    if scheme.hash == standard(scheme.target, ring).hash:
        assert projected.hash == standard(projected.target, ring).hash


@checked
@given(st.data(), rings)
def test_projection_by_every_best_cut(data, ring):
    """It leaves out at least what the best row or column leaves out."""
    scheme = data.draw(schemes(ring).filter(lambda scheme: max(scheme.size) > 1))
    axis = data.draw(st.sampled_from([axis for axis in range(3) if scheme.size[axis] > 1]))
    cuts, indices = best_cuts(scheme, axis), [cut_of_index(scheme.size, axis, i) for i in range(scheme.size[axis])]
    vanishing = {_num_vanishing(scheme, cut) for cut in cuts}
    assert vanishing == {max(_num_vanishing(scheme, cut) for cut in cuts + indices)}
    projected = project(scheme, data.draw(st.sampled_from(cuts)))
    _assert_exact(projected, _without_one(scheme.size, axis), ring)
    assert projected.rank <= scheme.rank - vanishing.pop()


@checked
@given(st.data(), rings, st.sampled_from(range(3)), st.integers(0, 2**32 - 1))
def test_a_slab_is_found_in_any_basis(data, ring, axis, seed):
    """Cuts know no basis: what was put beside a scheme is cut off again after the axis was mixed."""
    scheme = data.draw(schemes(ring))
    slab = Size(*(1 if place == axis else length for place, length in enumerate(scheme.size)))
    larger = merge(scheme, standard(slab.target, ring), axis)
    lengthened = [place for place in range(3) if larger.size[place] == scheme.size[axis] + 1]  # one is that of the slab
    place = lengthened[0]
    (change,), (inverse,) = draw_unimodular(np.random.default_rng(seed), 1, larger.size[place], ring, 0.2)
    maps = iter((change.T, inverse))
    mixed = [
        np.moveaxis(np.tensordot(next(maps), matrix, (1, axes.index(place))), 0, axes.index(place))
        if place in axes
        else matrix
        for matrix, axes in zip(as_matrices(larger), MODE_AXES, strict=True)
    ]
    u, v, w = (matrix % 2 if ring == "Z2" else matrix for matrix in mixed)
    larger = Scheme(larger.target, ring, from_matrices((u, v, w)))
    assert check(larger) is None
    ranks = [project(larger, cut).rank for place in lengthened for cut in best_cuts(larger, place)]
    small = all(np.abs(vector).max() <= 1 for vector in (change, inverse))
    assert min(ranks) <= scheme.rank or not small


def _without_one(size: Size, axis: int) -> tuple[int, ...]:
    return tuple(length - (place == axis) for place, length in enumerate(size))


def _num_vanishing(scheme: Scheme, cut: Cut) -> int:
    """Terms with a factor that is zero on the kernel of the form, or nothing but the direction, by exact ranks."""
    vectors, gone = iter((cut.form, cut.direction)), np.zeros(scheme.rank, bool)
    for matrix, axes in zip(as_matrices(scheme), MODE_AXES, strict=True):
        if cut.axis in axes:
            vector = next(vectors)
            for term, one in enumerate(np.moveaxis(matrix, axes.index(cut.axis), 0).transpose(2, 1, 0)):
                multiples = (np.array_equal(column, k * vector) for column in one for k in (-2, -1, 0, 1, 2))
                gone[term] |= sum(multiples) == len(one)
    return int(gone.sum())


def test_projection_of_strassen_by_hand():
    # Without row 2 of A and of C the first factors of m2 and m4 vanish, and m6 has no output left. The others stay, and
    # none agree in two modes: m1 = a11 (b11 + b22), m3 = a11 (b12 - b22), m5 = (a11 + a12) b22, m7 = a12 (b21 + b22).
    assert project(examples.strassen(), cut_of_index(Size(2, 2, 2), 0, 1)).rank == 4


@checked
@given(st.data(), rings, st.sampled_from(range(3)))
def test_projection_undoes_extension(data, ring, axis):
    """A slab beside a scheme holds only its own products."""
    scheme = standard(data.draw(st.sampled_from(SIZES)).target, ring)
    slab = Size(*(1 if place == axis else length for place, length in enumerate(scheme.size)))
    larger = merge(scheme, standard(slab.target, ring), axis)
    place = larger.size.index(scheme.size[axis] + 1) if larger.size != scheme.size else axis
    assert project(larger, cut_of_index(larger.size, place, larger.size[place] - 1)).hash == scheme.hash


@pytest.mark.parametrize("index", [2, -1])
def test_cut_of_an_index_that_is_not_there_is_refused(index):
    with pytest.raises(ValueError, match=f"cut of 2x2x3: expected an index of axis 1, got {index}"):
        cut_of_index(Size(2, 2, 3), 1, index)


@pytest.mark.parametrize(
    ("name", "axis", "form", "direction"),
    [("1x2x2", 0, [1], [1]), ("2x2x2", 1, [1, 0], [0, 1]), ("2x2x2", 1, [1, 1], [1, 1]), ("2x2x2", 2, [2, 3], [-1, 1])],
    ids=["nothing would be left", "direction in the kernel", "two has no inverse", "no entry of the form has one"],
)
def test_projection_by_what_is_no_cut_is_refused(name, axis, form, direction):
    with pytest.raises(ValueError, match=rf"projection of {name}: no cut of axis {axis} by "):
        project(standard(parse_size(name).target), Cut(axis, np.array(form), np.array(direction)))


@checked
@given(st.data(), rings, st.sampled_from(range(3)))
def test_merge_along_every_axis(data, ring, axis):
    first = data.draw(schemes(ring))
    kept = sorted(first.size[:axis] + first.size[axis + 1 :])
    fitting = [
        scheme
        for scheme in _pool()[ring]
        if any(sorted(scheme.size[:end] + scheme.size[end + 1 :]) == kept for end in range(3))
    ] or [first]
    second = oriented(data.draw(st.sampled_from(fitting)), data.draw(st.sampled_from(PERMUTATIONS)))
    merged = merge(first, second, axis)
    added = sum(second.size) - sum(kept)
    _assert_exact(merged, tuple(length + (place == axis) * added for place, length in enumerate(first.size)), ring)
    assert merged.rank == first.rank + second.rank


def test_merge_of_sizes_that_do_not_agree_is_refused():
    with pytest.raises(ValueError, match="2x2x3 does not stand beside 2x3x3 along axis 0"):
        merge(standard(Size(2, 3, 3).target), standard(Size(2, 2, 3).target), 0)


@checked
@given(st.data(), rings)
def test_product_of_any_orientations(data, ring):
    first, second = data.draw(schemes(ring)), data.draw(schemes(ring))
    nested = product(first, second)
    _assert_exact(nested, tuple(one * other for one, other in zip(first.size, second.size, strict=True)), ring)
    assert nested.rank == first.rank * second.rank


def test_orientation_of_a_product_counts():
    scheme = standard(Size(2, 2, 3).target)
    assert product(scheme, scheme).size == Size(4, 4, 9)
    assert product(scheme, oriented(scheme, (1, 2, 0))).size == Size(4, 6, 6)


def test_product_of_strassen_is_the_known_one():
    known = examples.product(examples.strassen(), examples.strassen())
    assert product(examples.strassen(), examples.strassen()).hash == known.hash


def test_terms_that_agree_in_two_modes_are_added_up():
    a, b, c, d = np.eye(4, dtype=int)
    # a b c + a b d = a b (c + d); -a c d + (-a)(-c) d = 0; b c d stays alone.
    factors = Factors(*(np.array(mode).T for mode in ([a, a, -a, -a, b], [b, b, c, -c, c], [c, d, d, d, d])))
    u, v, w = (matrix.T.tolist() for matrix in reduced(factors, "Z"))
    assert u == [a.tolist(), b.tolist()]
    assert v == [b.tolist(), c.tolist()]
    assert w == [(c + d).tolist(), d.tolist()]


def test_reduction_goes_on_after_a_sum():
    a, b, c, d = np.eye(4, dtype=int)
    # a b c + a b d = a b (c + d), which agrees with d b (c + d) in two modes: (a + d) b (c + d).
    factors = Factors(*(np.array(mode).T for mode in ([a, a, d], [b, b, b], [c, d, c + d])))
    u, v, w = (matrix.T.tolist() for matrix in reduced(factors, "Z2"))
    assert (u, v, w) == ([(a + d).tolist()], [b.tolist()], [(c + d).tolist()])


def test_other_rings_are_refused():
    with pytest.raises(ValueError, match="expected schemes over Z2, Z3 or Z, got Z, Z2"):
        product(examples.strassen(), examples.modulo_two())
    with pytest.raises(ValueError, match="expected schemes over Z2, Z3 or Z, got Q"):
        project(examples.halves(), cut_of_index(Size(2, 2, 2), 0, 0))
