"""Elimination over Z2, and lifting from Z2 to Z. Schemes come from the walk."""

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import matmul_target, parse_size
from stages.refinement import elimination, flips
from stages.refinement.lift import lift
from stages.refinement.words import decode, encode


def _walked(name: str, moves: int, stream: int = 0) -> list[Scheme]:
    """Schemes of the best rank that a walk from the standard algorithm holds."""
    walker = flips.begin(encode(standard(parse_size(name))), 8, 6, stream)
    while moves:
        moves -= int(flips.advance(walker, flips.policy((50, 5000), (2, 6)), np.uint64(moves)))
    return [decode(terms, parse_size(name)) for terms in flips.pooled_terms(walker)]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 130])
def test_pack_puts_entry_0_in_the_lowest_bit(length):
    bits = np.random.default_rng(0).integers(0, 2, (3, length))
    words = elimination.pack(bits)
    assert words.shape == (3, -(-length // 64))
    for row, packed in zip(bits, words, strict=True):
        assert [(int(packed[i // 64]) >> (i % 64)) & 1 for i in range(length)] == row.tolist()


@pytest.mark.parametrize(("equations", "variables"), [(5, 9), (70, 70), (130, 40), (40, 130)])
def test_solve_satisfies_or_refuses(equations, variables):
    rng = np.random.default_rng(equations)
    matrix = rng.integers(0, 2, (equations, variables))
    matrix[:, -1] = matrix[:, 0]  # dependent columns
    echelon = elimination.eliminate(elimination.pack(matrix.T))
    for _ in range(20):
        right = matrix @ rng.integers(0, 2, variables) % 2
        is_solved, packed = elimination.solve(elimination.pack(right), *echelon)
        solution = np.unpackbits(packed.view(np.uint8), bitorder="little")[:variables]
        assert is_solved
        assert np.array_equal(matrix @ solution % 2, right)
    rank = len(echelon[0])
    random = rng.integers(0, 2, (200, equations))
    solved = sum(elimination.solve(elimination.pack(right), *echelon)[0] for right in random)
    # A random right-hand side is in the column space with probability 2^(rank - equations).
    assert solved == 200 if rank == equations else solved < 200


@pytest.mark.parametrize(("name", "rank"), [("2x2x2", 7), ("2x2x3", 11), ("2x3x3", 15), ("3x3x3", 23)])
def test_walked_schemes_lift_to_z(name, rank):
    schemes = _walked(name, 1_000_000)
    lifted = [(scheme, lift(scheme)) for scheme in schemes]
    assert any(over_z is not None for _, over_z in lifted)
    for scheme, over_z in lifted:
        if over_z is None:
            continue
        assert (over_z.ring, over_z.rank) == ("Z", rank)
        assert check(over_z) is None
        for odd, matrix in zip(scheme.factors, over_z.factors, strict=True):
            assert np.array_equal(odd, matrix % 2)


def test_lift_needs_signs():
    """Strassen's scheme holds over Z only with minus signs: the walk's 0/1 factors do not."""
    scheme = _walked("2x2x2", 100_000)[0]
    assert scheme.rank == 7
    assert check(Scheme(scheme.size, "Z", scheme.factors)) is not None
    over_z = lift(scheme)
    assert over_z is not None
    assert min(int(matrix.min()) for matrix in over_z.factors) < 0


def test_standard_algorithm_is_its_own_lift():
    scheme = standard(parse_size("2x3x4"), "Z2")
    over_z = lift(scheme)
    assert over_z is not None
    assert over_z.hash == standard(parse_size("2x3x4")).hash


def test_scheme_without_a_solution_modulo_4_is_refused():
    """A walk to rank 29 of 3x3x4 ends in schemes of Z2 alone; the ranks of J and of (J, defect) prove it."""
    scheme = next(each for each in _walked("3x3x4", 6_000_000, 3) if lift(each) is None)
    assert check(scheme) is None
    u, v, w = scheme.factors
    columns = [
        np.einsum("xl,jr,kr->lrxjk", np.eye(len(u), dtype=int), v, w),
        np.einsum("ir,yl,kr->lriyk", u, np.eye(len(v), dtype=int), w),
        np.einsum("ir,jr,zl->lrijz", u, v, np.eye(len(w), dtype=int)),
    ]
    jacobian = np.concatenate([block.reshape(-1, u.shape[0] * v.shape[0] * w.shape[0]) for block in columns])
    defect = (matmul_target(scheme.size) - np.einsum("ir,jr,kr->ijk", u, v, w)).ravel() // 2
    # Factors + 2 x solve the equations modulo 4 exactly if J x = defect modulo 2.
    assert _rank([*jacobian, defect]) == _rank([*jacobian]) + 1


def _rank(vectors: list[np.ndarray]) -> int:
    """Rank modulo 2, with Python's integers as vectors."""
    leads: dict[int, int] = {}
    for vector in vectors:
        number = int("".join(map(str, vector % 2)), 2)
        while number and number.bit_length() in leads:
            number ^= leads[number.bit_length()]
        if number:
            leads[number.bit_length()] = number
    return len(leads)
