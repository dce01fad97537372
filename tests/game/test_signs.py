"""Moves over Z that are known modulo 2: no other signs fit better, and what is left is what the factors leave."""

import itertools

import numpy as np

from stages.game.signs import play_signed
from stages.game.support import pack_factors


def test_no_other_signs_leave_less():
    rng = np.random.default_rng(0)
    residuals = rng.integers(-2, 3, (6, 3, 3, 3)).astype(np.int8)
    moves = rng.integers(1, 8, (6, 4, 3))
    after, factors = play_signed(residuals, moves, rng)
    np.testing.assert_array_equal(pack_factors(factors), moves)
    signs = np.array([*itertools.product((-1, 1), repeat=9)]).reshape(-1, 3, 3)
    for state, candidate in np.ndindex(6, 4):
        u, v, w = np.moveaxis(signs * np.abs(factors[state, candidate]), 1, 0)
        every = residuals[state].astype(int) - np.einsum("ni,nj,nk->nijk", u, v, w)
        left = after[state, candidate].astype(int)
        assert (left**2).sum() == (every**2).sum(axis=(1, 2, 3)).min()
        assert (every == left).all(axis=(1, 2, 3)).any()


def test_chance_decides_between_signs_that_fit_equally():
    nothing = np.zeros((1, 2, 2, 2), np.int8)
    _, factors = play_signed(nothing, np.full((1, 256, 3), 3), np.random.default_rng(0))
    assert len(np.unique(factors[0], axis=0)) == 2 * 2 * 4  # u and v begin with 1
