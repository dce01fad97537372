"""The distribution of the demonstrations, their canonical signs, and the file: bytes and bounded memory."""

from pathlib import Path

import jax
import numpy as np
import pytest

from stages.contract import tables
from stages.contract.rows.agents import DEMONSTRATIONS
from stages.demonstrations.draw import draw, write_demonstrations
from stages.demonstrations.spans import draw_in_spans
from stages.game.rules import Rules
from stages.params.agents import Demonstrations
from tests.agents import agent

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
    player = agent("Z2", "2x2x2")

    def rows(name, count, seed=0):
        settings = Demonstrations(count=count, distribution=DISTRIBUTIONS["Z2"])
        write_demonstrations(
            tmp_path / name, player.model_copy(update={"demonstrations": settings, "seed": seed}), name
        )
        return tables.read_columns(tmp_path / name, DEMONSTRATIONS)

    short, again, longer, other = rows("a", 700), rows("b", 700), rows("c", 1100), rows("d", 700, seed=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert short.num_rows == again.num_rows == 700
    assert longer.slice(0, 700).equals(short)
    assert not other.equals(short)


@pytest.mark.parametrize("is_cyclic", [False, True])
def test_moves_in_spans(is_cyclic):
    rules = Rules("Z2", 9, 27)
    numbers, terms = draw_in_spans(jax.random.key(0), 4096, rules, is_cyclic)
    is_move = np.arange(27) < numbers[:, None]
    assert terms.shape == (4096, 27, 3, 9)
    assert not terms[~is_move].any()
    assert terms[is_move].any(axis=-1).all()
    assert terms.max() == 1
    is_cube = (terms == terms[:, :, :1]).all(axis=(2, 3)) & is_move
    cost = np.where(is_cube, 1, 3 if is_cyclic else 1) * is_move
    # Dimensions 9, 9, 9: at most 729 // 25 + 1 = 30, cut at 27; the last orbit may cost two more than is drawn.
    assert cost.sum(axis=1).max() <= 27 + 2 * is_cyclic
    assert numbers.min() == 1
    assert is_cube[is_move].mean() > 0.2 if is_cyclic else is_cube[is_move].mean() < 0.2
    # Half of the demonstrations have few distinct vectors in a mode.
    long = numbers >= 8
    distinct = np.array([len(np.unique(moves[:8, 1], axis=0)) for moves in terms[long]])
    assert 0.1 < (distinct <= 5).mean() < 0.7
    _, same = draw_in_spans(jax.random.key(0), 4096, rules, is_cyclic)
    np.testing.assert_array_equal(same, terms)
