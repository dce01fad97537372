"""The distribution of the demonstrations, their canonical signs, and the file: bytes and bounded memory."""

from pathlib import Path

import jax
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.demonstrations.draw import draw, write_demonstrations
from stages.game.rules import Rules
from stages.params.agents import Demonstrations

DISTRIBUTIONS = {"Z2": (0.5, 0.5), "Z": (0.005, 0.195, 0.6, 0.195, 0.005)}


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_distribution_ranks_and_signs(ring):
    rules = Rules(ring, 4, 8)
    rank, terms = map(np.asarray, draw(jax.random.key(0), 4096, rules, DISTRIBUTIONS[ring]))
    np.testing.assert_allclose(np.bincount(rank, minlength=9)[1:] / 4096, 1 / 8, atol=0.03)
    is_term = np.arange(8) < rank[:, None]
    assert not terms[~is_term].any()
    factors = terms[is_term]  # [terms, 3, 4]
    assert factors.any(-1).all()
    values, counts = np.unique(factors, return_counts=True)
    assert set(values) <= set(rules.coefficients)
    first = np.take_along_axis(factors, (factors != 0).argmax(-1)[..., None], -1)[..., 0]
    assert (first[:, :2] > 0).all()
    if ring == "Z":
        assert abs((first[:, 2] > 0).mean() - 0.5) < 0.02  # w keeps both signs
    # P(entry = 0 | factor not zero) = (P0 - P0^4) / (1 - P0^4)
    blank = DISTRIBUTIONS[ring][rules.coefficients.index(0)]
    expected = (blank - blank**4) / (1 - blank**4)
    assert dict(zip(values.tolist(), counts / counts.sum(), strict=True))[0] == pytest.approx(expected, abs=0.01)


def test_the_file_is_the_same_twice_and_a_longer_one_begins_alike(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP", 512)
    rules = Rules("Z2", 4, 8)

    def rows(name, count, seed=0):
        write_demonstrations(
            tmp_path / name, Demonstrations(count=count, distribution=DISTRIBUTIONS["Z2"]), rules, seed, name
        )
        return tables.read_columns(tmp_path / name, DEMONSTRATIONS)

    short, again, longer, other = rows("a", 700), rows("b", 700), rows("c", 1100), rows("d", 700, seed=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert short.num_rows == again.num_rows == 700
    assert longer.slice(0, 700).equals(short)
    assert not other.equals(short)
