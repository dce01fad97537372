from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.backends.jax_emitter import emit
from stages.program.program import from_scheme
from tests.examples import halves, product, strassen

SCHEMES = [
    strassen(),
    halves(),
    standard(Size(2, 3, 4).target),
    product(strassen(), standard(Size(1, 1, 2).target)),
    product(strassen(), strassen()),
]
SHAPES = [(8, 12, 8), (5, 7, 3), (1, 1, 1), (3, 0, 2)]


def _emit(scheme) -> str:
    return emit(from_scheme(scheme), scheme.hash)


def _module(scheme) -> dict:
    module: dict = {}
    exec(_emit(scheme), module)
    return module


def _matmul(scheme):
    return _module(scheme)["matmul"]


def _integers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(np.float32)


def test_text_of_strassen():
    text = _emit(strassen())
    assert text.startswith('"""Matrix product in JAX by a bilinear algorithm.')
    facts = "size 2x2x2, ring Z, 7 products instead of 8, 18 block additions, growth 14.8"
    assert f"scheme {strassen().hash}: {facts}" in text
    assert "with `batched` holds 7 (nm/4 + mp/4 + np/4) elements" in text
    assert "        a0 + a3,\n" in text
    assert text == _emit(strassen())


def test_header_counts_products_and_not_terms_that_vanish():
    padded = Factors(*(np.pad(matrix, ((0, 0), (0, 2))) for matrix in strassen().factors))
    text = _emit(Scheme(Size(2, 2, 2).target, "Z", padded))
    assert "7 products instead of 8" in text
    assert "rank 7: right" in text


def test_text_imports_nothing_of_this_project():
    imports = [line for line in _emit(strassen()).splitlines() if line.startswith(("import", "from"))]
    assert imports == [
        *("from functools import partial", "import jax", "import jax.numpy as jnp", "import numpy as np"),
    ]


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: f"{scheme.size.name}-{scheme.ring}-{scheme.rank}")
@pytest.mark.parametrize("batched", [False, True])
def test_products_of_any_size_are_exact_on_small_integers(scheme, batched):
    matmul = _matmul(scheme)
    for n, m, p in SHAPES:
        for levels in (0, 1, 2) if scheme.rank == 7 else (1,):
            a, b = _integers((n, m)), _integers((m, p), 1)
            got = matmul(a, b, levels=levels, batched=batched)
            assert got.dtype == a.dtype
            assert np.array_equal(got, a @ b), (n, m, p, levels)


@pytest.mark.parametrize("batched", [False, True])
def test_products_of_integers_wrap_like_the_type(batched):
    rng = np.random.default_rng(0)
    for dtype in (np.int32, np.uint8):
        info = np.iinfo(dtype)
        a, b = rng.integers(info.min, info.max, (2, 6, 6), dtype=dtype)
        with np.errstate(over="ignore"):
            assert np.array_equal(_matmul(strassen())(a, b, levels=2, batched=batched), a @ b)


def test_jitted_products_are_the_same():
    matmul = jax.jit(_matmul(strassen()), static_argnames=("levels", "batched", "precision"))
    a, b = _integers((5, 6)), _integers((6, 3), 1)
    for batched in (False, True):
        assert np.array_equal(matmul(a, b, levels=2 if batched else 1, batched=batched), a @ b)


def test_levels_and_batches_are_used():
    """Strassen's level has 7 products; all of a level are one where they are batched, after its two combinations."""
    matmul = _matmul(strassen())
    x = jnp.ones((8, 8))
    for options, dots in (
        ({"levels": 0}, 1),
        ({"levels": 1}, 7),
        ({"levels": 2}, 49),
        ({"levels": 1, "batched": True}, 4),
        ({"levels": 2, "batched": True}, 7),
    ):
        assert _dots(partial(matmul, **options), x, x) == dots, options


def _dots(function, *operands: jax.Array) -> int:
    """Products in what XLA is given of a function: JAX has dropped those that nobody needs."""
    return jax.jit(function).lower(*operands).as_text().count("dot_general")


def test_the_gradient_is_fast_products_too_and_keeps_the_operands_alone():
    matmul = partial(_matmul(strassen()), levels=1)
    a, b, weights = (_integers((8, 8), seed) for seed in range(3))

    def weighted(a, b):
        return (matmul(a, b) * weights).sum()

    got = jax.grad(weighted, argnums=(0, 1))(a, b)
    assert np.array_equal(got[0], weights @ b.T)
    assert np.array_equal(got[1], a.T @ weights)
    assert _dots(jax.grad(weighted), a, b) == 7
    assert _dots(jax.grad(weighted, argnums=(0, 1)), a, b) == 14
    assert _dots(jax.value_and_grad(weighted, argnums=(0, 1)), a, b) == 21
    _, backward = jax.vjp(matmul, jnp.asarray(a), jnp.asarray(b))
    kept = [leaf for leaf in jax.tree.leaves(backward) if isinstance(leaf, jax.Array)]
    assert sorted(leaf.shape for leaf in kept) == [(8, 8), (8, 8)]


@pytest.mark.parametrize("batched", [False, True])
def test_higher_derivatives_and_forward_mode(batched):
    matmul = partial(_matmul(strassen()), batched=batched)
    a, b, da, db = (_integers((5, 5), seed) for seed in range(4))
    _, tangent = jax.jvp(matmul, (a, b), (da, db))
    assert np.array_equal(tangent, da @ b + a @ db)

    second = []
    for product_fn in (matmul, jnp.matmul):
        gradient = jax.grad(lambda x, product_fn=product_fn: (product_fn(x, x) ** 2).sum())
        second.append(jax.jvp(gradient, (jnp.asarray(a),), (jnp.asarray(da),))[1])
    assert np.array_equal(*second)


@pytest.mark.parametrize("batched", [False, True])
def test_vmap(batched):
    a, b = _integers((3, 5, 4)), _integers((3, 4, 6), 1)
    matmul = partial(_matmul(halves()), batched=batched)
    assert np.array_equal(jax.vmap(matmul)(a, b), a @ b)
    assert np.array_equal(jax.vmap(matmul, (0, None))(a, b[0]), a @ b[0])


def test_precision_reaches_the_products_and_not_the_sums():
    matmul = _matmul(strassen())
    x = jnp.ones((4, 4))
    text = str(jax.make_jaxpr(partial(matmul, batched=True, precision="default"))(x, x))
    assert text.count("(Precision.DEFAULT, Precision.DEFAULT)") == 1
    assert text.count("(Precision.HIGHEST, Precision.HIGHEST)") == 3


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


def test_a_negative_level_is_refused():
    with pytest.raises(ValueError, match="expected levels >= 0, got -1"):
        _matmul(strassen())(np.ones((2, 2)), np.ones((2, 2)), levels=-1)


def test_a_rational_kernel_refuses_integers():
    with pytest.raises(TypeError, match="floating-point type, got int32"):
        _matmul(halves())(np.ones((2, 2), np.int32), np.ones((2, 2), np.int32))


def test_check_finds_a_wrong_text():
    module = _module(strassen())
    module["check"]()
    wrong: dict = {}
    exec(_emit(strassen()).replace("a0 + a3,", "a0 - a3,"), wrong)
    with pytest.raises(AssertionError, match="wrong product 4 x 4 x 4, levels 1, batched False"):
        wrong["check"]()
