import numpy as np
import pytest

from stages.algebra.basis import draw_unimodular
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.errors import KernelError
from stages.program.exact import prove
from stages.program.interpreter import bound, multiply
from stages.program.program import from_scheme
from tests.examples import halves, modulo_two, product, strassen

SCHEMES = [
    strassen(),
    halves(),
    standard(Size(2, 3, 4).target),
    standard(Size(1, 1, 3).target),
    product(strassen(), standard(Size(1, 2, 3).target)),
    product(standard(Size(1, 2, 2).target), strassen()),
    product(strassen(), strassen()),
]


def _operands(size: Size, seed: int = 0, block: tuple[int, int, int] = (2, 3, 1)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, m, p = (blocks * length for blocks, length in zip(size, block, strict=True))
    return rng.integers(-9, 10, (n, m)), rng.integers(-9, 10, (m, p))


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: f"{scheme.size.name}-{scheme.ring}-{scheme.rank}")
def test_product_is_exact(scheme):
    a, b = _operands(scheme.size)
    got = multiply(from_scheme(scheme), a, b)
    assert got.dtype == np.int64
    assert np.array_equal(got, a @ b)


@pytest.mark.parametrize("seed", range(5))
def test_sandwiched_strassen_is_exact(seed):
    # (X A Y)(Y^-1 B Z) = X (AB) Z: the terms of another basis of the same product.
    rng = np.random.default_rng(seed)
    matrices, inverses = draw_unimodular(rng, 3, 2, "Z", 0.8)
    x, y, z = matrices
    x_inverse, y_inverse, z_inverse = inverses
    u, v, w = (factor.T.reshape(7, 2, 2) for factor in strassen().factors)
    # u_r is a linear form of A: <u_r, A>. Replacing A by X A Y gives <X^T u_r Y^T, A>. w_r holds C^T.
    u = np.einsum("ai,rab,jb->rij", x, u, y)
    v = np.einsum("ai,rab,jb->rij", y_inverse, v, z)
    w = np.einsum("ia,rab,bj->rij", z_inverse.T, w, x_inverse.T)
    scheme = Scheme(Size(2, 2, 2).target, "Z", Factors(*(factor.reshape(7, 4).T for factor in (u, v, w))))
    a, b = _operands(scheme.size, seed)
    assert np.array_equal(multiply(from_scheme(scheme), a, b), a @ b)


def test_modulo_two():
    a, b = _operands(Size(2, 2, 2))
    assert np.array_equal(multiply(from_scheme(modulo_two()), a, b), (a @ b) % 2)


def test_python_integers_beyond_int64():
    a, b = (matrix.astype(object) * 10**30 for matrix in _operands(Size(2, 2, 2)))
    got = multiply(from_scheme(strassen()), a, b)
    assert (got == a.dot(b)).all()


def test_int64_that_would_overflow_is_computed_in_python_integers():
    a, b = (matrix * 2**40 for matrix in _operands(Size(2, 2, 2)))
    got = multiply(from_scheme(strassen()), a, b)
    assert got.dtype == object
    assert (got == a.astype(object).dot(b.astype(object))).all()


def test_bound_of_strassen():
    # (a11 + a22)(b11 + b22) with entries up to 3, one column per block: 6 * 6 = 36; c11 and c22 sum 12 * 3 * 3 = 108.
    assert bound(from_scheme(strassen()), 1, 3, 3) == 108


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(KernelError, match=r"cannot multiply \[3, 2\] and \[2, 2\]"):
        multiply(from_scheme(strassen()), np.ones((3, 2), int), np.ones((2, 2), int))


def test_a_wrong_denominator_is_noticed():
    wrong = Scheme(Size(2, 2, 2).target, "Q", strassen().factors, denominator=2)
    with pytest.raises(KernelError, match="remainder"):
        multiply(from_scheme(wrong), *_operands(Size(2, 2, 2)))


def test_a_program_over_z3_multiplies_modulo_3():
    """Strassen's with 3 added to each coefficient of a factor: it holds nowhere else."""
    u, v, w = strassen().factors
    program, _ = prove(Scheme(strassen().target, "Z3", Factors(u + 3, v, w)))
    a, b = _operands(program.size)
    assert (program.ring, program.products) == ("Z3", 7)
    assert not ((multiply(program, a, b) - a @ b) % 3).any()
