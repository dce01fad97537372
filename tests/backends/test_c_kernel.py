import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fastmm.binding import ISAS, UNFUSED, Kernel
from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size
from stages.backends.c import build
from stages.backends.c.binding import load
from stages.backends.c.emitter import emit
from stages.backends.kernel import c_text, try_c
from stages.errors import KernelError
from stages.program.program import Program, from_scheme
from tests.examples import halves, modulo_two, product, strassen

LONG = product(strassen(), standard(Size(1, 1, 2).target))  # 2x2x4
# Levels in memory, and fused ones by the same numbers; with SANITIZED many orientations, Q in both places, and schemes
# without a single sum of blocks too.
OUTER = (strassen(), standard(Size(2, 1, 3).target), halves())
INNER = (strassen(), halves(), oriented(standard(Size(1, 2, 3).target), PERMUTATIONS[3]))
SANITIZED = {
    "address,undefined": ([oriented(LONG, PERMUTATIONS[4])], [halves()]),
    "thread": ([strassen()], [oriented(LONG, PERMUTATIONS[1])]),
}
FLOAT32 = np.dtype(np.float32)
SHAPES = [(48, 48, 48), (1, 1, 1), (37, 41, 83), (64, 7, 30), (13, 1100, 25), (5, 3, 200)]


def text(outer: Sequence[Scheme], inner: Sequence[Scheme]) -> str:
    return emit(*([(scheme.hash, from_scheme(scheme)) for scheme in schemes] for schemes in (outer, inner)))


@pytest.fixture(scope="module")
def kernel(as_for_users) -> Kernel:
    return load(text(OUTER, INNER))


def integers(rng: np.random.Generator, shape: tuple[int, int], dtype: type, layout: int) -> np.ndarray:
    """A matrix of small integers: by rows, by columns, strided both ways, backwards, or part of a larger one."""
    rows, cols = shape
    if layout == 0:
        return rng.integers(-3, 4, (rows, cols)).astype(dtype)
    if layout == 1:
        return rng.integers(-3, 4, (cols, rows)).astype(dtype).T
    if layout == 2:
        return rng.integers(-3, 4, (2 * rows, 3 * cols)).astype(dtype)[::2, ::3]
    if layout == 3:
        return rng.integers(-3, 4, (rows, cols)).astype(dtype)[::-1, ::-1]
    return rng.integers(-3, 4, (rows + 1, cols + 5)).astype(dtype)[1:, 3:-2]


@pytest.mark.parametrize("number", range(len(OUTER)))
def test_products_of_integers_are_exact(number, kernel):
    rng = np.random.default_rng(0)
    for count, shape in enumerate(SHAPES):
        n, m, p = shape
        for levels in ((), (number,), (number, (number + 1) % len(OUTER))):
            for fused in (UNFUSED, number):
                dtype = (np.float32, np.float64)[count % 2]
                a = integers(rng, (n, m), dtype, count % 5)
                b = integers(rng, (m, p), dtype, (count + len(levels)) % 5)
                out = integers(rng, (n, p), dtype, count % 5) if count % 3 else None
                isa = [name for name in ISAS if kernel.has(name)][count % 4 % sum(map(kernel.has, ISAS))]
                got = kernel.product(a, b, out, levels=levels, fused=fused, threads=1 + count % 2, isa=isa)
                assert got.dtype == dtype
                assert np.array_equal(got, a @ b), (shape, levels, fused, isa)
                count += 1
                assert out is None or got is out


def test_every_isa_gives_the_same_product_of_integers(kernel):
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        a, b = integers(rng, (150, 600), dtype, 0), integers(rng, (600, 230), dtype, 0)
        for isa in filter(kernel.has, ISAS):
            for threads in (1, 2, 3):
                got = kernel.product(a, b, levels=(0,), fused=0, threads=threads, isa=isa)
                assert np.array_equal(got, a @ b), (isa, threads)
    assert kernel.has("best")
    assert kernel.has("portable")


def test_real_products_are_near(kernel):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 300, 300))
    exact = a @ b
    assert np.abs(kernel.product(a, b, levels=(0, 0), fused=0) - exact).max() < 1e-11
    got = kernel.product(a.astype(np.float32), b.astype(np.float32), levels=(0, 0), fused=0)
    assert np.abs(got - exact).max() < 1e-2


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_that_multiply_alone_write_all_rows_and_nothing_else(kernel, threads, order):
    rng = np.random.default_rng(0)
    a, b = integers(rng, (901, 300), np.float32, 0), integers(rng, (300, 903), np.float32, 0)
    for levels, fused in (((), 0), ((0,), 0), ((0, 0), -1)):
        guarded = np.full((903, 905), 77, np.float32, order=order)
        kernel.product(a, b, guarded[1:-1, 1:-1], levels=levels, fused=fused, threads=threads)
        assert np.array_equal(guarded[1:-1, 1:-1], a @ b)
        guarded[1:-1, 1:-1] = 77
        assert (guarded == 77).all()


def test_bits_do_not_depend_on_the_number_of_threads_of_a_team(kernel):
    a, b = np.random.default_rng(0).standard_normal((2, 257, 257)).astype(np.float32)
    one, two = (kernel.product(a, b, levels=(0,), fused=0, threads=threads) for threads in (1, 2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_rows_columns_and_panels_of_several_parts(kernel, threads):
    rng = np.random.default_rng(0)
    a, b = integers(rng, (6200, 1040), np.float32, 0), integers(rng, (1040, 100), np.float32, 0)
    assert np.array_equal(kernel.product(a, b, fused=0, threads=threads), a @ b)  # of blocks of 3100 x 520
    assert np.array_equal(kernel.product(b.T, a.T, threads=threads), b.T @ a.T)


def test_empty_products_are_zeros(kernel):
    ones = np.ones((3, 4), np.float32)
    assert np.array_equal(kernel.product(ones[:, :0], ones[:0], levels=(0,), fused=0), np.zeros((3, 4)))
    assert kernel.product(ones[:0], ones.T, threads=2).shape == (0, 3)
    assert kernel.product(ones, ones.T[:, :0]).shape == (3, 0)


def test_out_may_be_an_operand(kernel):
    a, b = np.random.default_rng(0).integers(-3, 4, (2, 50, 50)).astype(np.float64)
    expected = a @ b
    assert kernel.product(a, b, a, levels=(0,), fused=0) is a
    assert np.array_equal(a, expected)


def test_operands_that_no_stride_in_elements_describes(kernel):
    records = np.zeros((6, 6), [("tag", "u1"), ("value", "f8")])
    records["value"] = np.arange(36).reshape(6, 6)
    value = records["value"]
    assert np.array_equal(kernel.product(value, value, fused=0), value @ value)
    out = np.zeros((6, 6), records.dtype)["value"]
    assert kernel.product(value, value, out) is out
    assert np.array_equal(out, value @ value)


def test_python_threads_may_call_at_the_same_time(kernel):
    rng = np.random.default_rng(0)
    pairs = [rng.integers(-3, 4, (2, 90 + k, 90 + k)).astype(np.float32) for k in range(8)]
    with ThreadPoolExecutor(4) as pool:
        got = pool.map(lambda pair: kernel.product(*pair, levels=(0,), fused=0, threads=2), pairs)
        assert all(np.array_equal(c, a @ b) for c, (a, b) in zip(got, pairs, strict=True))


def test_a_given_workspace_is_used_and_no_more_of_it_than_said(kernel):
    a, b = np.random.default_rng(0).integers(-3, 4, (2, 61, 61)).astype(np.float32)
    needed = kernel.workspace(61, 61, 61, FLOAT32, levels=(0, 0))
    workspace = np.full(needed + 64, 77, np.uint8)
    got = kernel.product(a, b, levels=(0, 0), fused=0, workspace=workspace[:needed])
    assert np.array_equal(got, a @ b)
    assert (workspace[:needed] != 77).any()
    assert (workspace[needed:] == 77).all()
    with pytest.raises(ValueError, match=f"workspace of {needed} bytes side by side, got {needed - 1}"):
        kernel.product(a, b, levels=(0, 0), fused=0, workspace=workspace[: needed - 1])
    assert needed < kernel.workspace(61, 61, 61, np.dtype(np.float64), levels=(0, 0))
    assert kernel.workspace(500, 500, 500, FLOAT32) < kernel.workspace(500, 500, 500, FLOAT32, threads=2)


ONES = np.ones((2, 3), np.float32)
PASSED = "#include <stddef.h>\nint fmm_self_test(char *first, size_t length) { return 0; }"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((ONES, ONES), {}, ValueError, r"matmul: expected shapes \[n, m\] and \[m, p\], got \[2, 3\] and \[2, 3\]"),
        ((ONES, ONES[0]), {}, ValueError, r"got \[2, 3\] and \[3\]"),
        ((ONES, ONES.T.astype(np.float64)), {}, TypeError, "one type, float32 or float64, got float32 and float64"),
        ((ONES.astype(int), ONES.T.astype(int)), {}, TypeError, "float32 or float64, got int64 and int64"),
        ((ONES, ONES.T, np.empty((2, 2))), {}, TypeError, "got float32 and float32 and float64"),
        ((ONES, ONES.T, np.empty((2, 3), np.float32)), {}, ValueError, r"out of shape \[2, 2\], got \[2, 3\]"),
        ((ONES, ONES.T, np.broadcast_to(ONES[0, 0], (2, 2))), {}, ValueError, "output array is read-only"),
        (
            (ONES, ONES.T),
            {"levels": (0, 3)},
            ValueError,
            r"levels of \[0, 1, 2\], fused of \[-1, 0, 1, 2\] .* got \[0, 3\], -1 and 1",
        ),
        ((ONES, ONES.T), {"fused": 3}, ValueError, r"got \[\], 3 and 1"),
        ((ONES, ONES.T), {"threads": 0}, ValueError, r"threads >= 1, got \[\], -1 and 0"),
    ],
)
def test_wrong_calls_are_refused(kernel, arguments, options, error, message):
    with pytest.raises(error, match=message):
        kernel.product(*arguments, **options)


STORED = "FMM_NAME(store)(non_temporal, out[0] + j, "
WRONG = {  # and the first variant that shows it
    "level": (re.escape(STORED), f"{STORED}-", "plan 2: L1$"),
    "fused": (r"(fmm_fused0_left\[\] = \{\{\d+, )-?\d+", r"\g<1>2", "plan 1: L0F$"),
    "non-temporal": (r"FMM_STORE_NON_TEMPORAL\(\(V \*\)to, vector\);", "", "plan 2: L1$"),
}


def test_the_trial_finds_a_wrong_text(monkeypatch):
    """Compiled as it stands: a wrong text is wrong at every level of optimisation, and 0 takes a fifth of the time."""
    monkeypatch.setattr(build, "FLAGS", ("-O0", *build.FLAGS[1:]))
    right = text([strassen()], [strassen()])
    texts = {name: re.sub(found, instead, right, count=1) for name, (found, instead, _) in WRONG.items()}
    assert right not in texts.values()
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(failure, texts.values()))
    for message, (_, _, first) in zip(found, WRONG.values(), strict=True):
        assert message.startswith("schemes a with b: the self-test of the emitted C kernel failed (1): "), message
        assert re.search(first, message), message


def failure(source: str) -> str:
    """Why a text is refused."""
    with pytest.raises(KernelError) as refused:
        try_c(source, "a with b")
    return str(refused.value)


def test_text_is_the_same_every_time_and_says_what_it_is():
    one, two = (text([strassen()], [halves()]) for _ in range(2))
    assert one == two
    head = one[: one.index("*/")]
    assert (
        f"level 0 in memory: scheme {strassen().hash}, size 2x2x2, ring Z, 7 products instead of 8, 18 block additions"
        in head
    )
    assert (
        f"fused level 0: scheme {halves().hash}, size 2x2x2, ring Q, 7 products instead of 8, 18 block additions"
        in head
    )
    assert "growth 14.82" in head  # in the 2-norm, of the outer scheme
    assert "5 nm/4 + 5 mp/4 + 7 np/4" in head
    assert "/*@" not in one


def test_what_makes_no_kernel_is_refused():
    program = from_scheme(strassen())
    with pytest.raises(KernelError, match="program 2x2x2: holds only modulo 2"):
        emit([("a", program)], [("b", from_scheme(modulo_two()))])
    u, v, w = (np.full((length, 1), 2**31 - 1) for length in (1, 2, 2))
    huge: Program = from_scheme(Scheme(Size(1, 1, 2).target, "Z", Factors(u, v, w)))
    with pytest.raises(KernelError, match="program 1x1x2 of scheme b: coefficients too large"):
        c_text(program, huge, "a", "b")


def test_no_compiler_is_told_with_a_hint(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match=r"expected a C compiler called cc on PATH, found none .*apt install gcc"):
        load(text([strassen()], [strassen()]))


def test_a_text_that_does_not_compile_shows_why_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(KernelError, match="no_such_thing"):
        load("int f(void) { return no_such_thing; }")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_was_compiled_is_found_again(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = build.build(f"{PASSED} int f(void) {{ return 1; }}")
    made = first.stat().st_ino
    assert build.build(f"{PASSED} int f(void) {{ return 1; }}") == first
    assert first.stat().st_ino == made
    assert build.build(f"{PASSED} int f(void) {{ return 2; }}") != first


@pytest.mark.parametrize("size", [0, 64, 8192, -1])
def test_a_library_that_was_cut_off_is_made_again(size, monkeypatch, tmp_path):
    """A map of such a file ends the process when it is read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    library = build.build(PASSED)
    whole = library.read_bytes()
    library.unlink()
    library.write_bytes(whole[:size])
    again = build.build(PASSED)
    assert len(again.read_bytes()) == len(whole) > 8192
    assert build.build(PASSED) == again


def test_a_library_that_nobody_asks_for_goes_when_another_is_made(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked, left = (build.build(f"{PASSED} int f(void) {{ return {number}; }}") for number in (1, 2))
    for library in (asked, left):
        os.utime(library, (0, 0))
    assert build.build(f"{PASSED} int f(void) {{ return 1; }}") == asked
    made = build.build(f"{PASSED} int f(void) {{ return 3; }}")
    assert {*build.cache_folder().glob("*.so")} == {asked, made}


def test_a_library_whose_test_fails_is_not_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(
        KernelError, match=r"the self-test of the emitted C kernel failed \(1\): 3 products are wrong, that one$"
    ):
        build.build(
            "#include <string.h>\n"
            'int fmm_self_test(char *first, size_t length) { strncpy(first, "that one", length); return 3; }'
        )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("sanitizer", SANITIZED)
def test_self_test_under_sanitizers(sanitizer, kernel, tmp_path: Path):
    """Of the memory; of the pool and the barrier: no two threads touch a value without order between them.

    Nothing is optimised: every access of the text is there to be watched, and compiling takes a fourth of the time.
    """
    flags = ["-O0", *build.FLAGS[1:], f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]
    (tmp_path / "none.c").write_text("int main(void) { return 0; }")
    trivial = subprocess.run([build.compiler(), *flags, "-o", "none", "none.c"], cwd=tmp_path, capture_output=True)
    if trivial.returncode or subprocess.run([tmp_path / "none"], capture_output=True).returncode:
        pytest.skip(f"this compiler or system has no sanitizer «{sanitizer}»")
    (tmp_path / "kernel.c").write_text(text(*SANITIZED[sanitizer]))
    flags += ["-Wall", "-Wextra", "-Werror", "-DFMM_SELF_TEST"]
    subprocess.run([build.compiler(), *flags, "-o", "self_test", "kernel.c"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "self_test"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    *isas, count, _, wrong, _ = done.stdout.split()  # such as «portable avx2 648 products, 0 wrong»
    assert isas == [isa for isa in ISAS[1:] if kernel.has(isa)]
    assert int(count) > 200 * len(isas)
    assert wrong == "0"


FORK = """
import os, signal, sys
from pathlib import Path
import numpy as np
from stages.backends.c import binding
kernel = binding.load(Path(sys.argv[1]).read_text())
a = np.arange(8100.0).reshape(90, 90) % 7
expected = kernel.product(a, a, threads=2)
child = os.fork()
if child == 0:
    signal.alarm(20)  # threads of the parent would never come
    os._exit(0 if np.array_equal(kernel.product(a, a, threads=2), expected) else 1)
sys.exit(os.waitpid(child, 0)[1] != 0)
"""


def test_a_forked_process_makes_its_own_threads(tmp_path):
    (tmp_path / "kernel.c").write_text(text([strassen()], [strassen()]))
    command = [sys.executable, "-c", FORK, str(tmp_path / "kernel.c")]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == 0
