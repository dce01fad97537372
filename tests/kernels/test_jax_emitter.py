import jax
import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.kernels.emitter import emit
from stages.program.program import from_scheme
from tests.examples import halves, product, strassen

SCHEMES = [
    strassen(),
    halves(),
    standard(Size(2, 3, 4)),
    product(strassen(), standard(Size(1, 1, 2))),
    product(strassen(), strassen()),
]
SHAPES = [(4, 4, 4), (8, 9, 8), (5, 7, 3), (1, 1, 1), (1, 6, 2)]


def _emit(scheme) -> str:
    return emit(from_scheme(scheme), scheme.hash)


def _matmul(scheme):
    module: dict = {}
    exec(_emit(scheme), module)
    return module["matmul"]


def test_text_of_strassen():
    text = _emit(strassen())
    assert text.startswith('"""Matrix product by a bilinear algorithm with 7 block products instead of 8.')
    assert f"scheme {strassen().hash}, size 2x2x2, ring Z, 18 block additions" in text
    assert text.count(" = dot(") == 7
    assert "= dot(a0 + a3, b0 + b3)" in text
    assert text == _emit(strassen())


def test_header_counts_products_and_not_terms_that_vanish():
    padded = Factors(*(np.pad(matrix, ((0, 0), (0, 2))) for matrix in strassen().factors))
    text = _emit(Scheme(Size(2, 2, 2), "Z", padded))
    assert text.startswith('"""Matrix product by a bilinear algorithm with 7 block products instead of 8.')
    assert text.count(" = dot(") == 7


def test_text_imports_jax_alone():
    imports = [line for line in _emit(strassen()).splitlines() if line.startswith(("import", "from"))]
    assert imports == ["import jax.numpy as jnp"]


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: f"{scheme.size.name}-{scheme.ring}-{scheme.rank}")
def test_products_of_any_size_are_exact_on_small_integers(scheme):
    rng = np.random.default_rng(0)
    matmul = _matmul(scheme)
    for n, m, p in SHAPES:
        a, b = rng.integers(-3, 4, (n, m)).astype(np.float32), rng.integers(-3, 4, (m, p)).astype(np.float32)
        assert np.array_equal(matmul(jax.numpy.asarray(a), jax.numpy.asarray(b)), a @ b)


def test_jitted_products_of_integers_wrap_like_the_type():
    rng = np.random.default_rng(0)
    a, b = rng.integers(-(2**31), 2**31, (2, 6, 6), dtype=np.int32)
    with np.errstate(over="ignore"):
        assert np.array_equal(jax.jit(_matmul(strassen()))(a, b), a @ b)


@pytest.mark.parametrize(
    ("shapes", "dtypes", "error", "message"),
    [
        (((2, 3), (2, 2)), ("float32", "float32"), ValueError, r"expected shapes \[n, m\] and \[m, p\], got \[2, 3\]"),
        (((2,), (2, 2)), ("float32", "float32"), ValueError, r"got \[2\] and \[2, 2\]"),
        (((2, 2), (2, 2)), ("float32", "int32"), TypeError, "got float32 and int32"),
        (((2, 2), (2, 2)), ("bool", "bool"), TypeError, "got bool and bool"),
    ],
)
def test_wrong_operands_are_refused(shapes, dtypes, error, message):
    operands = (np.ones(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True))
    with pytest.raises(error, match=message):
        _matmul(strassen())(*operands)


def test_a_rational_kernel_refuses_integers():
    with pytest.raises(TypeError, match="floating-point type, got int32"):
        _matmul(halves())(np.ones((2, 2), np.int32), np.ones((2, 2), np.int32))
