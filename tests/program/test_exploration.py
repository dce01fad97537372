"""Classes over Z2, what is a move away from them, and the programs that their minima become over Z."""

from itertools import islice, repeat

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.invariants import class_of
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size
from stages.program import costs
from stages.program.classes import class_number, excursion, lookup, neighbours
from stages.program.equivalent import bases_of, written
from stages.program.exact import prove
from stages.program.exploration import explore, program_over_z
from stages.program.interpreter import multiply
from tests.examples import modulo_two

CUBE = Size(3, 3, 3)


def words_of(scheme: Scheme) -> np.ndarray:
    return np.array([(1 << np.arange(len(factor))) @ factor for factor in scheme.factors])


def scheme_of(words: np.ndarray, size: Size) -> Scheme:
    factors = (row >> np.arange(length)[:, None] & 1 for row, length in zip(words, size.modes, strict=True))
    return Scheme(size.target, "Z2", Factors(*factors))


@pytest.fixture(scope="module")
def words(cube: Scheme) -> np.ndarray:
    return words_of(cube)


def sandwiched(words: np.ndarray, size: Size, rng: np.random.Generator) -> np.ndarray:
    bases = bases_of(size)
    ends = [int(rng.integers(len(rows))) for rows in bases.rows]
    return np.array([written(words[mode], mode, ends[mode], ends[(mode + 1) % 3], bases) for mode in range(3)])


def test_equivalent_schemes_share_a_number(words):
    rng = np.random.default_rng(0)
    known = lookup(CUBE)
    for permutation in PERMUTATIONS:
        changed = sandwiched(words, CUBE, rng)[:, rng.permutation(words.shape[1])]
        scheme = oriented(scheme_of(changed, CUBE), permutation)
        assert check(scheme) is None
        assert scheme.hash != scheme_of(words, CUBE).hash
        assert class_number(words_of(scheme), known) == class_number(words, known)


def test_moves_lead_to_schemes_of_other_classes(words):
    state, known = np.zeros(1, np.uint64), lookup(CUBE)
    near = [*neighbours(words), *(found for _ in range(100) if (found := excursion(words, state)).any())]
    assert len(near) > 50
    for found in near:
        assert check(scheme_of(found, CUBE)) is None
    numbers = {class_number(found, known) for found in [words, *near]}
    assert len(numbers) == len({class_of(scheme_of(found, CUBE)) for found in [words, *near]}) > 5


def test_programs_of_minima_are_exact_and_of_fewest_additions(words):
    classes = list(islice(explore(CUBE, iter([words] * 64), seed=0), 150))
    found = [additions for one in classes if (additions := int(one.minimum.additions.sum()))]
    assert min(found) < found[0]
    for one in sorted(classes, key=lambda one: one.minimum.additions.sum())[:3]:
        scheme, program = program_over_z(CUBE, one)
        assert check(scheme) is None
        outputs = words.shape[1] - 9  # more additions than those of the columns of w (Tellegen's theorem)
        assert costs.additions(program) == one.minimum.additions.sum() + outputs
        a, b = np.random.default_rng(0).integers(-9, 9, (2, 6, 6))
        assert np.array_equal(multiply(program, a, b), a @ b)
        assert prove(scheme).bound == costs.additions(program)


def test_equal_seeds_explore_alike(words):
    runs = [[one.words.tobytes() for one in islice(explore(CUBE, iter([words] * 64), 1), 20)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_two_by_two_has_one_class_and_fifteen_additions():
    size = Size(2, 2, 2)
    (only,) = explore(size, repeat(words_of(modulo_two())), seed=0)  # ends, for nothing new is found
    assert only.minimum.additions.tolist() == [4, 4, 4]
    _, program = program_over_z(size, only)
    assert costs.additions(program) == 15  # optimal (Probert 1976)
