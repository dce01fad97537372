"""Change of basis: exact inverses, and what is found in any basis is right in the canonical one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.basis import LONGEST_AXIS, draw_unimodular, transform
from stages.algebra.check import first_wrong_entry
from stages.algebra.factors import Factors
from stages.algebra.targets import Size
from stages.errors import SchemeError
from tests import examples

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 16), st.sampled_from(["Z", "Z2"]), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_inverses_are_exact(seed, length, ring, density):
    matrices, inverses = draw_unimodular(np.random.default_rng(seed), 3, length, ring, density)
    product = matrices.astype(object) @ inverses.astype(object)  # Python integers
    assert ((product % 2 if ring == "Z2" else product) == np.eye(length, dtype=np.int64)).all()
    if ring == "Z2":
        assert set(np.unique(matrices)) | set(np.unique(inverses)) <= {0, 1}


@pytest.mark.parametrize(("length", "ring"), [(LONGEST_AXIS, "Z"), (LONGEST_AXIS, "Z2"), (100, "Z2")])
def test_inverses_of_the_longest_axes_are_exact(length, ring):
    """Density 1 makes the largest entries; over Z2 int64 wraps at length 100 and the parities stay right."""
    matrices, inverses = draw_unimodular(np.random.default_rng(0), 1, length, ring, 1.0)
    product = matrices[0].astype(object) @ inverses[0].astype(object)
    assert ((product % 2 if ring == "Z2" else product) == np.eye(length, dtype=np.int64)).all()


def test_largest_inverse_fits():
    """The worst unit triangular pair, by hand: U = I - N with N the strict upper ones, so U^-1[0, k] = 2**(k - 1)."""
    upper = np.eye(LONGEST_AXIS, dtype=object) - np.triu(np.ones((LONGEST_AXIS,) * 2, dtype=object), 1)
    inverse = np.array(
        [[2 ** max(k - i - 1, 0) if k >= i else 0 for k in range(LONGEST_AXIS)] for i in range(LONGEST_AXIS)], object
    )
    assert (upper @ inverse == np.eye(LONGEST_AXIS, dtype=np.int64)).all()
    assert (inverse @ inverse.T).max() < 2**63


def test_axis_beyond_the_proof_is_refused_over_z():
    with pytest.raises(SchemeError, match=f"at most {LONGEST_AXIS}, got {LONGEST_AXIS + 1}"):
        draw_unimodular(np.random.default_rng(0), 1, LONGEST_AXIS + 1, "Z", 0.0)


def test_density_is_alive():
    """At 0 there are permutations only; at 1 there is no zero off the diagonal of L and U."""
    matrices, inverses = draw_unimodular(np.random.default_rng(1), 50, 5, "Z", 0.0)
    np.testing.assert_array_equal(matrices.swapaxes(1, 2), inverses, strict=True)
    assert set(np.unique(matrices)) == {0, 1}
    assert len({matrix.tobytes() for matrix in matrices}) > 20
    nonzeros = [np.count_nonzero(draw_unimodular(np.random.default_rng(1), 50, 5, "Z", d)[0]) for d in (0.0, 0.3, 1.0)]
    assert nonzeros == sorted(set(nonzeros))


def test_every_invertible_matrix_over_z2_is_reached():
    """GL(2, Z2) has (4 - 1)(4 - 2) = 6 elements."""
    matrices, _ = draw_unimodular(np.random.default_rng(0), 400, 2, "Z2", 0.5)
    assert len({matrix.tobytes() for matrix in matrices}) == 6


@given(seeds, st.sampled_from(["Z", "Z2"]))
@settings(max_examples=30, deadline=None)
def test_transformed_factors_decompose_the_transformed_target(seed, ring):
    """Strassen's factors taken into a basis decompose T' there."""
    rng = np.random.default_rng(seed)
    factors = (examples.strassen() if ring == "Z" else examples.modulo_two()).factors
    drawn = [draw_unimodular(rng, 4, 4, ring, 0.5) for _ in "abc"]
    images = transform(Size(2, 2, 2).target.tensor, tuple(matrices for matrices, _ in drawn), ring)
    assert images.shape == (4, 4, 4, 4)
    for game in range(4):
        there = Factors(*(matrices[game] @ matrix for (matrices, _), matrix in zip(drawn, factors, strict=True)))
        if ring == "Z2":
            there = Factors(*(matrix % 2 for matrix in there))
        assert first_wrong_entry(images[game], there, ring) is None


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_transform_is_the_sum_over_three_axes(seed):
    rng = np.random.default_rng(seed)
    tensor = rng.integers(-3, 4, (2, 3, 4)).astype(np.int8)
    bases = tuple(rng.integers(-3, 4, (2, length, length)) for length in (2, 3, 4))
    expected = np.einsum("bxi,byj,bzk,ijk->bxyz", *bases, tensor.astype(np.int64))
    np.testing.assert_array_equal(transform(tensor, bases, "Z"), expected, strict=True)
    np.testing.assert_array_equal(transform(tensor, bases, "Z2"), expected % 2, strict=True)
