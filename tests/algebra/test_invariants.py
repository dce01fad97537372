"""The invariant stays under every symmetry of the matrix product, and tells unlike schemes apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.basis import draw_unimodular
from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.invariants import MOST_TERMS, class_of, invariant
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size
from tests import examples

seeds = st.integers(0, 2**32 - 1)


def as_matrices(scheme: Scheme) -> list[np.ndarray]:
    """Terms as stacks of matrices [R, n, m], [R, m, p], [R, p, n]."""
    n, m, p = scheme.size
    shapes = ((n, m), (m, p), (p, n))
    return [matrix.T.reshape(-1, *shape) for matrix, shape in zip(scheme.factors, shapes, strict=True)]


def from_matrices(scheme: Scheme, stacks: list[np.ndarray]) -> Scheme:
    flat = [stack.reshape(len(stack), -1).T for stack in stacks]
    if scheme.ring == "Z2":
        flat = [matrix % 2 for matrix in flat]
    return Scheme(scheme.target, scheme.ring, Factors(*flat), scheme.denominator)


def sandwich(scheme: Scheme, rng: np.random.Generator) -> Scheme:
    """(X u Y^-1, Y v Z^-1, Z w X^-1): the factors of the same product, since the trace of a product is cyclic."""
    x, y, z = (draw_unimodular(rng, 1, length, scheme.ring, 0.5) for length in scheme.size)
    u, v, w = as_matrices(scheme)
    # The target pairs u with a, so u changes by the transposed inverse where a changes by the matrix.
    return from_matrices(scheme, [x[0] @ u @ y[1], y[0] @ v @ z[1], z[0] @ w @ x[1]])


def rotate(scheme: Scheme) -> Scheme:
    u, v, w = scheme.factors
    return Scheme(scheme.target, scheme.ring, Factors(v, w, u))


def transpose(scheme: Scheme) -> Scheme:
    """A B = C gives B^T A^T = C^T; then u and v change places, and each is transposed."""
    u, v, w = as_matrices(scheme)
    return from_matrices(scheme, [v.swapaxes(1, 2), u.swapaxes(1, 2), w.swapaxes(1, 2)])


def reorder(scheme: Scheme, rng: np.random.Generator) -> Scheme:
    order = rng.permutation(scheme.rank)
    return Scheme(scheme.target, scheme.ring, Factors(*(matrix[:, order] for matrix in scheme.factors)))


SCHEMES = {
    "strassen over Z": examples.strassen(),
    "strassen over Z2": examples.modulo_two(),
    "standard 2x3x4": standard(Size(2, 3, 4).target),
    "standard 2x3x4 over Z2": standard(Size(2, 3, 4).target, "Z2"),
}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_invariant_under_sandwiching_and_reordering(scheme, seed):
    rng = np.random.default_rng(seed)
    changed = reorder(sandwich(scheme, rng), rng)
    assert check(changed) is None
    assert invariant(changed) == invariant(scheme)
    assert class_of(changed) == class_of(scheme)


@pytest.mark.parametrize("ring", ["Z", "Z2"])
@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_invariant_under_the_symmetries_of_the_square(ring, seed):
    """Terms that decompose nothing have the same symmetries, and are less symmetric themselves."""
    rng = np.random.default_rng(seed)
    size = Size(3, 3, 3)
    entries = rng.integers(-1, 2, (3, 9, 6)) if ring == "Z" else rng.integers(0, 2, (3, 9, 6))
    scheme = Scheme(size.target, ring, Factors(*entries))
    for changed in (rotate(scheme), rotate(rotate(scheme)), transpose(scheme), sandwich(rotate(scheme), rng)):
        assert invariant(changed) == invariant(scheme)
        assert class_of(changed) == class_of(scheme)


@pytest.mark.parametrize("scheme", [examples.strassen(), examples.modulo_two()], ids=lambda scheme: scheme.ring)
def test_rotation_and_transposition_keep_strassen_right(scheme):
    for changed in (rotate(scheme), transpose(scheme), transpose(rotate(scheme))):
        assert check(changed) is None
        assert invariant(changed) == invariant(scheme)


def test_invariant_tells_schemes_apart():
    """Strassen and a zero term, a split term, the other ring: all of them unlike Strassen."""
    scheme = examples.strassen()
    zero = np.zeros((4, 1), np.int64)
    padded = Scheme(scheme.target, "Z", Factors(*(np.hstack([matrix, zero]) for matrix in scheme.factors)))
    # m1 u = (a11 + a22) in two terms, a11 and a22 alone.
    u, v, w = (np.array(matrix) for matrix in scheme.factors)
    split = Factors(np.hstack([u, np.array([[0], [0], [0], [1]])]), np.hstack([v, v[:, :1]]), np.hstack([w, w[:, :1]]))
    split = Factors(np.where(np.arange(8) == 0, np.array([[1], [0], [0], [0]]), split.u), split.v, split.w)
    split = Scheme(scheme.target, "Z", split)
    assert check(padded) is None
    assert check(split) is None
    found = {invariant(other) for other in (scheme, padded, split, examples.modulo_two(), standard(scheme.target))}
    assert len(found) == 5


def test_multiplicities_count_equal_factors_up_to_sign():
    """Equal ranks everywhere; once two terms share their u (one with a minus), once not."""
    row = np.eye(4, dtype=np.int64)
    shared = Scheme(Size(2, 2, 2).target, "Z", Factors(np.stack([row[0], -row[0]], 1), row[:, :2], row[:, :2]))
    apart = Scheme(Size(2, 2, 2).target, "Z", Factors(row[:, :2], row[:, :2], row[:, :2]))
    assert invariant(shared) != invariant(apart)


def test_no_term_has_an_invariant():
    empty = Scheme(Size(1, 2, 3).target, "Z", Factors(*(np.zeros((rows, 0), np.int64) for rows in (2, 6, 3))))
    assert len(invariant(empty)) == 16


@pytest.mark.parametrize("size", [Size(2, 2, 2), Size(2, 2, 3), Size(2, 3, 3), Size(2, 3, 4)])
@pytest.mark.parametrize("ring", ["Z", "Z2"])
def test_class_stays_in_every_orientation_that_keeps_the_size(size, ring):
    rng = np.random.default_rng(0)
    terms = (rng.integers(-1, 2, (rows, 7)) for rows in size.modes)
    scheme = Scheme(size.target, ring, Factors(*(term % 2 if ring == "Z2" else term for term in terms)))
    for permutation in PERMUTATIONS:
        turned = oriented(scheme, permutation)
        if turned.size == size:
            assert class_of(reorder(turned, rng)) == class_of(scheme)


def one_term_each(*triples: tuple[str, str, str]) -> Scheme:
    """Terms over 2x2x2 of matrix units, as in ("11", "12", "21")."""
    units = {"11": 0, "12": 1, "21": 2, "22": 3}
    columns = np.array([[np.eye(4, dtype=np.int64)[units[name]] for name in triple] for triple in triples])
    return Scheme(Size(2, 2, 2).target, "Z", Factors(*columns.transpose(1, 2, 0)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # P_r is a unit of trace 1, or zero.
        ([("11", "11", "11")], [("11", "22", "11")]),
        # Two P_r = E11 and a third zero or nilpotent; their products are E11, or vanish.
        ([("11", "11", "11"), ("12", "22", "21")], [("11", "11", "11"), ("22", "22", "22")]),
        # All P_r vanish; u1 v2 w1 u2 v1 w2 is a unit of trace 1, or zero.
        ([("11", "21", "21"), ("12", "12", "11")], [("11", "21", "21"), ("12", "12", "22")]),
        # All of these vanish; u1 v2 w2 is a unit of trace 1, or zero.
        ([("11", "22", "11"), ("22", "12", "21")], [("11", "22", "11"), ("22", "12", "12")]),
    ],
)
def test_class_tells_apart_what_ranks_do_not(one, other):
    first, second = one_term_each(*one), one_term_each(*other)
    assert invariant(first) == invariant(second)
    assert class_of(first) != class_of(second)


def test_class_is_of_the_terms_and_not_of_how_they_are_scaled():
    """Strassen over Q, and with one factor doubled over the denominator 2; a wrong denominator is another class."""
    scheme = Scheme(Size(2, 2, 2).target, "Q", examples.strassen().factors)
    assert class_of(examples.halves()) == class_of(scheme)
    assert class_of(Scheme(Size(2, 2, 2).target, "Q", scheme.factors, denominator=2)) != class_of(scheme)


def test_many_terms_have_a_class():
    size = Size(7, 7, 7)
    assert size.naive_rank > MOST_TERMS
    assert class_of(standard(size.target)) == class_of(rotate(standard(size.target)))
