import re
import tracemalloc

import numpy as np
import pytest

from stages.algebra.factors import Scheme, standard
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size
from stages.backends.numpy_emitter import emit
from stages.program.program import from_scheme
from tests.examples import halves, product, strassen, winograd

LONG = product(strassen(), standard(Size(1, 2, 3).target))
SCHEMES = [
    *(strassen(), winograd(), halves(), standard(Size(2, 3, 4).target), product(strassen(), strassen())),
    *(oriented(LONG, permutation) for permutation in PERMUTATIONS),
]
SHAPES = [(8, 8, 8), (5, 7, 3), (1, 1, 1), (1, 6, 2), (13, 29, 31), (3, 0, 2), (0, 3, 2)]


def _emit(scheme: Scheme) -> str:
    return emit(from_scheme(scheme), scheme.hash)


def _module(scheme: Scheme) -> dict:
    module: dict = {}
    exec(_emit(scheme), module)
    return module


def _integers(shape: tuple[int, int], seed: int = 0, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(dtype)


def test_text_of_strassen():
    text = _emit(strassen())
    assert text.startswith('"""Matrix product in NumPy by a bilinear algorithm.')
    facts = "size 2x2x2, ring Z, 7 products instead of 8, 18 block additions, growth 14.8"
    assert f"scheme {strassen().hash}: {facts}" in text
    assert len(re.findall(r"m\d = product\(", text)) == 7
    assert "product(a0 + a3, b0 + b3, levels)" in text
    assert [line for line in text.splitlines() if line.startswith(("import", "from"))] == ["import numpy as np"]
    assert text == _emit(strassen())


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: f"{scheme.size.name}-{scheme.ring}-{scheme.rank}")
def test_products_of_any_size_are_exact_on_small_integers(scheme):
    matmul = _module(scheme)["matmul"]
    for n, m, p in SHAPES:
        a, b = _integers((n, m)), _integers((m, p), 1)
        for levels in range(3):
            got = matmul(a, b, levels=levels)
            assert got.dtype == a.dtype
            assert np.array_equal(got, a @ b), (n, m, p, levels)


def test_any_strides():
    matmul = _module(strassen())["matmul"]
    wide, tall = _integers((14, 18)), _integers((18, 22), 1)
    for a, b in ((wide, tall), (tall.T, wide.T), (wide[::2, ::-3], tall[::-3, ::2]), (wide[1:, 2:-3], tall[4:-1])):
        assert np.array_equal(matmul(a, b, levels=2), a @ b)
        out = np.zeros((3 * a.shape[0], 2 * b.shape[1]))
        for view in (out[::3, ::2], out.reshape(b.shape[1], -1)[:, : a.shape[0]].T):
            assert matmul(a, b, levels=2, out=view) is view
            assert np.array_equal(view, a @ b)


def test_out_may_be_an_operand():
    matmul = _module(strassen())["matmul"]
    a, b = _integers((6, 6)), _integers((6, 6), 1)
    expected = a @ b
    assert matmul(a, b, out=b) is b
    assert np.array_equal(b, expected)
    square = a @ a
    assert np.array_equal(matmul(a, a, out=a.T), square)


def test_integers_wrap_like_their_type():
    rng = np.random.default_rng(0)
    for dtype in (np.int32, np.uint8):
        info = np.iinfo(dtype)
        a, b = rng.integers(info.min, info.max, (2, 7, 7), dtype=dtype)
        assert np.array_equal(_module(strassen())["matmul"](a, b, levels=2), a @ b)


def test_levels_are_used():
    """Products of the smallest blocks: 8 for the plain product in blocks of a level, 7 for each level of Strassen."""
    module = _module(strassen())
    counts = []
    for levels in (0, 1, 2, 9):
        shapes = []
        module["np"] = _Counting(shapes)
        module["matmul"](np.ones((8, 8)), np.ones((8, 8)), levels=levels)
        counts.append(sum(shape != 0 for shape in shapes))
    assert counts == [1, 7, 49, 343]


class _Counting:
    """NumPy that notes how many elements each product has."""

    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def __getattr__(self, name: str):
        return getattr(np, name)

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        self._sizes.append(out.size)
        np.matmul(a, b, out=out)


@pytest.mark.parametrize("scheme", [strassen(), winograd(), halves(), product(strassen(), winograd())], ids=str)
def test_workspace_is_what_the_head_says(scheme):
    text = _emit(scheme)
    counts = re.search(r"Workspace .*: (\d+) nm/(\d+) \+ (\d+) mp/(\d+) \+ (\d+) np/(\d+) elements at most", text)
    left, nm, right, mp, products, np_ = map(int, counts.groups())
    n, m, p = 400, 320, 240
    elements = left * n * m / nm + right * m * p / mp + products * n * p / np_
    matmul = _module(scheme)["matmul"]
    a, b, out = np.ones((n, m)), np.ones((m, p)), np.empty((n, p))
    tracemalloc.start()
    try:
        matmul(a, b, out=out)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 * elements < peak / 8 < elements + 2000


ONES = np.ones((2, 3))


@pytest.mark.parametrize(
    ("operands", "options", "error", "message"),
    [
        ((ONES, ONES), {}, ValueError, r"expected shapes \[n, m\] and \[m, p\], got \[2, 3\] and \[2, 3\]"),
        ((ONES[0], ONES), {}, ValueError, r"got \[3\] and \[2, 3\]"),
        ((ONES, ONES.T.astype(int)), {}, TypeError, "one numeric type, got float64 and int64"),
        ((ONES > 0, ONES.T > 0), {}, TypeError, "got bool and bool"),
        ((ONES.astype(object), ONES.T.astype(object)), {}, TypeError, "got object and object"),
        ((ONES, ONES.T), {"levels": -1}, ValueError, "expected levels >= 0, got -1"),
        ((ONES, ONES.T), {"out": ONES}, ValueError, r"out of shape \[2, 2\] of float64, got \[2, 3\] of float64"),
        ((ONES, ONES.T), {"out": np.ones((2, 2), int)}, ValueError, r"of float64, got \[2, 2\] of int64"),
    ],
)
def test_wrong_calls_are_refused(operands, options, error, message):
    with pytest.raises(error, match=message):
        _module(strassen())["matmul"](*operands, **options)


def test_a_rational_kernel_refuses_integers():
    with pytest.raises(TypeError, match="floating-point type, got int64"):
        _module(halves())["matmul"](np.ones((2, 2), int), np.ones((2, 2), int))


@pytest.mark.parametrize("scheme", [strassen(), halves(), standard(Size(1, 2, 3).target)], ids=str)
def test_check_finds_a_wrong_text(scheme):
    _module(scheme)["check"]()
    wrong: dict = {}
    exec(_emit(scheme).replace("c0[...] = ", "c0[...] = -").replace("np.add(m", "np.add(-m"), wrong)
    with pytest.raises(AssertionError, match=r"wrong product \d+ x \d+ x \d+, levels 1"):
        wrong["check"]()
