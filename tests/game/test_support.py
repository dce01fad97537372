"""Residuals in bases of their spans: known decompositions played, dimensions, and the way back."""

import numpy as np
import pytest

from stages.algebra.targets import parse_target
from stages.game.support import (
    add_term,
    bound_ranks,
    compress,
    coordinates,
    pack,
    pack_factors,
    restore,
    unpack_factors,
)
from tests.examples import strassen


def tensor_of(oriented, dims):
    """The tensor in the coordinates of its spans."""
    rows = oriented[2][:, :, None] >> np.arange(9, dtype=np.uint16) & 1
    return rows[: dims[0], : dims[1], : dims[2]].astype(int)


def compressed(tensor):
    """What `compress` gives of a tensor with entries 0 and 1."""
    oriented, dims, bases = np.zeros((3, 9, 9), np.uint16), np.zeros(3, np.int64), np.zeros((3, 9), np.uint16)
    compress(pack(tensor), oriented, dims, bases)
    return oriented, dims, bases


def test_strassens_terms_leave_nothing():
    residual = pack(parse_target("2x2x2").tensor)
    terms = pack_factors(np.stack([matrix.T for matrix in strassen().factors], axis=1))
    for u, v, w in terms:
        assert residual.any()
        add_term(residual, u, v, w)
    assert not residual.any()


@pytest.mark.parametrize("seed", range(4))
def test_a_tensor_of_few_dimensions_is_written_in_them_and_back(seed):
    rng = np.random.default_rng(seed)
    spans = [rng.integers(0, 2, (length, dims)) for length, dims in ((9, 3), (7, 4), (8, 2))]
    small = rng.integers(0, 2, (3, 4, 2))
    tensor = np.einsum("ia,jb,kc,abc->ijk", *spans, small) % 2
    oriented, dims, bases = compressed(tensor)
    for mode in range(3):
        unfolded = np.moveaxis(tensor, mode, 0).reshape(tensor.shape[mode], -1)
        assert 2 ** dims[mode] == len(np.unique((np.array([*np.ndindex(*[2] * len(unfolded))]) @ unfolded) % 2, axis=0))
    core = tensor_of(oriented, dims)
    vectors = [unpack_factors(bases[mode, : dims[mode]], tensor.shape[mode]).T.astype(int) for mode in range(3)]
    np.testing.assert_array_equal(np.einsum("ia,jb,kc,abc->ijk", *vectors, core) % 2, tensor)
    # Each mode in the bits: the same tensor.
    for mode in range(3):
        turned = oriented[mode][:, :, None] >> np.arange(9, dtype=np.uint16) & 1
        np.testing.assert_array_equal(
            np.moveaxis(turned, 2, 0)[: dims[mode], : dims[(mode + 1) % 3], : dims[(mode + 2) % 3]],
            core.transpose(mode, (mode + 1) % 3, (mode + 2) % 3),
        )
    inside = np.stack([rng.integers(0, 2 ** dims[mode], 5) for mode in range(3)], axis=1)[None]
    restored = restore(inside, bases[None])
    np.testing.assert_array_equal(coordinates(restored, bases[None]), inside)
    in_bits = unpack_factors(inside[0, :, 1].astype(np.uint16), int(dims[1]))
    np.testing.assert_array_equal(unpack_factors(restored[0, :, 1], 7), in_bits @ vectors[1].T % 2)


def test_equal_modes_get_equal_coordinates():
    rng = np.random.default_rng(0)
    terms = rng.integers(0, 2, (4, 3, 9))
    turned = [np.roll(terms, turn, axis=1) for turn in range(3)]
    tensor = sum(np.einsum("ri,rj,rk->ijk", *np.moveaxis(one, 1, 0)) for one in turned) % 2
    oriented, dims, bases = compressed(tensor)
    assert len(set(dims)) == 1
    np.testing.assert_array_equal(bases[0], bases[1])
    np.testing.assert_array_equal(bases[0], bases[2])
    np.testing.assert_array_equal(oriented[0], oriented[1])


def test_ranks_are_bounded_by_the_mode_whose_slices_are_simplest():
    sizes = ("1x1x1", "1x2x2", "2x2x2", "2x2x3", "3x3x3")
    assert bound_ranks(np.stack([pack(parse_target(size).tensor) for size in sizes])).tolist() == [1, 4, 8, 12, 27]
    # One slice of full rank in the first mode; in the others three slices of rank 1.
    tensor = np.zeros((3, 3, 3), int)
    tensor[0] = 1 - np.eye(3, dtype=int)  # of rank 2 modulo 2
    tensor[1, 0, 0] = 1
    assert bound_ranks(pack(np.stack([tensor, tensor.transpose(1, 2, 0), 0 * tensor]))).tolist() == [3, 3, 0]
