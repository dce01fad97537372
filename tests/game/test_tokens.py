"""Tokens: every action survives the round trip, and exactly the canonical actions can be spelled."""

from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.game import tokens as token_lib
from stages.game.rules import Rules
from stages.game.tokens import Alphabet

ALPHABETS = [Alphabet(Rules(ring, 4, 8), entries) for ring in ("Z2", "Z") for entries in (1, 2, 4)]


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_round_trip(alphabet):
    rng = np.random.default_rng(0)
    actions = rng.choice(np.array(alphabet.rules.coefficients), (500, 3, 4))
    tokens = jax.vmap(partial(token_lib.encode, alphabet=alphabet))(jnp.asarray(actions))
    assert tokens.shape == (500, alphabet.num_tokens)
    assert int(tokens.min()) >= 0
    assert int(tokens.max()) < alphabet.num_symbols
    np.testing.assert_array_equal(jax.vmap(partial(token_lib.decode, alphabet=alphabet))(tokens), actions)


@pytest.mark.parametrize("alphabet", [a for a in ALPHABETS if a.entries < 4])
def test_the_masks_spell_exactly_the_canonical_factors(alphabet):
    zero = token_lib.leading(alphabet) == 0
    for factor, needs_sign in ((0, True), (2, False)):
        spelled = set()
        first = factor * alphabet.per_factor
        frontier = [((), True)]
        for position in range(first, first + alphabet.per_factor):
            following = []
            for prefix, is_blank in frontier:
                keep = np.asarray(token_lib.allowed(position, jnp.array(is_blank), alphabet))
                following += [((*prefix, s), is_blank and bool(zero[s])) for s in np.flatnonzero(keep)]
            frontier = following
        table = token_lib.symbols(alphabet)
        spelled = {tuple(np.concatenate([table[s] for s in prefix])) for prefix, _ in frontier}
        every = product(alphabet.rules.coefficients, repeat=4)
        leading = {entries: next((e for e in entries if e), 0) for entries in every}
        assert spelled == {e for e, sign in leading.items() if (sign > 0 if needs_sign else sign != 0)}
