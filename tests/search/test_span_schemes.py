"""The schemes in play: what the standard algorithm is as moves, what it costs, and the energy of any scheme."""

import numpy as np
import pytest

from stages.search.span_schemes import cost, energy, standard_schemes
from tests.search.exactness import exact


def test_energy_counts_distinct_factors():
    rng = np.random.default_rng(0)
    terms = rng.integers(1, 9, (12, 3))
    for rank in (1, 5, 12):
        assert energy(terms, rank, False) == sum(len(np.unique(terms[:rank, mode])) for mode in range(3))
        assert energy(terms, rank, True) == len(np.unique(terms[:rank]))


@pytest.mark.parametrize(("name", "cubes", "orbits"), [("1x1x1", 1, 0), ("2x2x2", 2, 2), ("5x5x5", 5, 40)])
def test_the_standard_algorithm_as_moves(name, cubes, orbits):
    schemes = standard_schemes((name,), 1, "cyclic")
    assert schemes.rank.tolist() == [cubes + orbits]
    assert cost(schemes.terms[0], schemes.rank[0], True) == cubes + 3 * orbits
    assert exact(schemes.terms[0], schemes.rank[0], name, is_cyclic=True)
