"""Extension by standard products: exact for every pair of sizes."""

import itertools

import pytest

from stages.algebra.check import check
from stages.algebra.factors import standard
from stages.algebra.targets import Size, parse_size
from stages.refinement.extension import extend, extended_rank, fits

SIZES = [Size(*size) for size in itertools.combinations_with_replacement(range(1, 4), 3)]


@pytest.mark.parametrize("ring", ["Z2", "Z"])
def test_every_size_extends_to_every_larger(ring):
    for small, large in itertools.product(SIZES, SIZES):
        if not fits(small, large):
            continue
        extended = extend(standard(small, ring), large)
        assert (extended.size, extended.ring, extended.rank) == (large, ring, large.naive_rank)
        assert check(extended) is None


def test_one_product_extends_to_the_standard_algorithm():
    size = parse_size("2x3x4")
    assert extend(standard(parse_size("1x1x1")), size).hash == standard(size).hash


def test_extended_rank_adds_the_products_beyond():
    small, large = parse_size("3x3x4"), parse_size("3x4x4")
    # 48 - 36 = 12 products hold the new row or column.
    assert extended_rank(standard(small), large) == 36 + 12


def test_smaller_size_is_refused():
    with pytest.raises(ValueError, match="2x2x3 does not fit into 2x2x2"):
        extend(standard(parse_size("2x2x3")), parse_size("2x2x2"))
