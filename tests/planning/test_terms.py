"""Terms are drawn as the network in JAX says, by which it learns."""

import numpy as np
import pytest

from stages.game.support import compress_all, coordinates, pack
from stages.planning.spans import propose
from stages.planning.terms import pick
from tests.agents import span_agent, untrained
from tests.spans import policy

CANDIDATES = 16


def test_draws_follow_the_distribution():
    shares = np.array([0.5, 0.25, 0.0, 0.75], np.float32)
    assert [pick(shares, 4, np.float32(each)) for each in (0.1, 0.3, 0.9, 0.9999999)] == [1, 3, 3, 3]
    assert pick(shares, 2, np.float32(0.9)) == 1


@pytest.mark.parametrize(("symmetry", "dims"), [("none", (4, 3, 4)), ("none", (6, 7, 5)), ("cyclic", (7, 7, 7))])
def test_terms_are_those_of_the_network_that_learns(symmetry, dims):
    rng = np.random.default_rng(1)
    network = untrained(span_agent("2x2x2", symmetry=symmetry))
    terms = [rng.integers(0, 2, (9, each)) for each in dims]
    if symmetry == "cyclic":
        terms = [np.concatenate(terms[turn:] + terms[:turn]) for turn in range(3)]
    tensor = np.einsum("ri,rj,rk->ijk", *terms) % 2
    found, bases = compress_all(pack(tensor)[None])
    assert found[0].tolist() == list(dims)
    numbers = np.random.default_rng(2).random((2, CANDIDATES, 4), np.float32)[1:]
    # After a state of more dimensions, whose tables must leave no trace.
    larger = np.einsum("ri,rj,rk->ijk", *[np.roll(np.eye(9, dtype=int), 3, axis=0)] * 3)
    proposed = propose(network, np.stack([pack(larger), pack(tensor)]), np.random.default_rng(2), CANDIDATES)
    drawn = coordinates(proposed[1:], bases)[0].tolist()
    assert len({tuple(term) for term in drawn}) > CANDIDATES / 2
    of_u = (np.arange(CANDIDATES) + numbers[0, 0, 0]) / CANDIDATES
    cubes = 0
    for candidate, (u, v, w) in enumerate(drawn):
        log_shares = policy(network, tensor, u, v)
        if symmetry == "cyclic" and numbers[0, candidate, 3] < np.exp(log_shares[5]):
            uniform, cubes = [of_u[CANDIDATES - 1 - candidate]], cubes + 1
            assert u == v == w
            shares = [log_shares[4]]
        else:
            uniform, shares = [of_u[candidate], *numbers[0, candidate, 1:3]], log_shares[:3]
        for vector, one, logs in zip((u, v, w), uniform, shares, strict=False):
            assert np.exp(logs[:vector]).sum() < one + 1e-4
            assert np.exp(logs[: vector + 1]).sum() > one - 1e-4
    assert bool(cubes) == (symmetry == "cyclic")
