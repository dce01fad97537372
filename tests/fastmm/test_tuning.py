"""What is measured, what is kept of it, and what is made of it."""

import errno
import json
import math
import os
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import fastmm
from fastmm import __main__ as shell
from fastmm import blas, cache, dispatch, library, product, tuning
from fastmm.binding import UNFUSED, Kernel
from fastmm.dispatch import CLASSICAL, RATES, THREE_PRODUCTS, Model, Rates, Ratios, Shape, Variant, plan
from tests.fastmm.conftest import FUSED, TWO, integers

FLOAT32 = np.dtype(np.float32)
GOOD = [[1024, 1024, 1024], [[[], 0, 1.2]]]
WRONG = [  # what no `tune` has kept
    "",
    "{",
    "[]",
    json.dumps({"quiet": 3, "crowded": []}),
    json.dumps({"quiet": [GOOD]}),
    json.dumps({"quiet": [], "crowded": []}),
    json.dumps({"quiet": [[[1024, 1024], [[[], 0, 1.2]]]], "crowded": []}),
    json.dumps({"quiet": [[[1024] * 3, [[[99], 0, 1.2]]]], "crowded": []}),
    json.dumps({"quiet": [[[1024] * 3, [[[], -7, 1.2]]]], "crowded": []}),
    json.dumps({"quiet": [[[1024] * 3, [[[], 0, math.nan]]]], "crowded": []}),
    json.dumps({"quiet": [[[1024] * 3, [[[], 0, 1e308]]]], "crowded": []}),
    json.dumps({"quiet": [[[1024, 0, 1024], [[[], 0, 1.2]]]], "crowded": []}),
]


@pytest.fixture
def small(monkeypatch):
    """Small products, so that all are timed."""
    monkeypatch.setattr(tuning, "ANCHORS", ((160, 160, 160), (200, 180, 160)))
    monkeypatch.setattr(dispatch, "LEAST_BLOCK", 40)
    monkeypatch.setattr(product, "LEAST", 150)


@pytest.mark.parametrize("name", ["float32", "complex64"])
def test_tune_keeps_what_matmul_goes_by(kernel, small, name, capsys):
    was = blas.is_shared()
    fastmm.tune(10, (name,))
    assert blas.is_shared() == was
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert told[0] == f"fastmm: {name} on {blas.threads()} threads, 10 seconds"
    assert told[1].startswith(f"fastmm: {name}, 1/2, 160x160x160: ")
    path = cache.path(np.dtype(name), blas.threads())
    measured = cache.read(path, kernel)
    assert set(measured["quiet"]) == set(tuning.ANCHORS)
    a = integers(name, 160, 160)
    assert "not tuned" not in fastmm.explain(a, a).reason
    assert np.array_equal(fastmm.matmul(a, a), a @ a)
    shell.info()
    assert f"{name}, {blas.threads()} threads: {path}" in capsys.readouterr().out


@pytest.mark.parametrize(("core", "has_avx512", "is_told"), [("Haswell", 1, 1), ("SkylakeX", 1, 0), ("Haswell", 0, 0)])
def test_older_kernels_of_openblas_are_told(core, has_avx512, is_told, kernel, monkeypatch, capsys):
    found = SimpleNamespace(core=core, config="OpenBLAS", threads=lambda: 1, setter=None)
    monkeypatch.setattr(blas, "openblas", lambda: found)
    monkeypatch.setattr(kernel, "has", lambda isa: isa != "avx512" or bool(has_avx512))
    monkeypatch.setattr(tuning, "ANCHORS", ())
    shell.info()
    fastmm.tune(1, ("float32",))
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert (f"NumPy's OpenBLAS takes its kernels for {core}, without the AVX-512" in text) == bool(is_told)


@pytest.mark.skipif(blas.openblas() is None, reason="NumPy uses another library")
def test_openblas_says_of_which_processor_its_kernels_are():
    assert blas.openblas().core in blas.openblas().config


def test_tune_ends_in_its_time(kernel, monkeypatch, capsys):
    """The clocks run a hundred times as fast as they do: what is left decides, not what is wanted."""
    for name in ("monotonic", "perf_counter"):
        clock = getattr(tuning.time, name)
        monkeypatch.setattr(tuning.time, name, lambda clock=clock: 100 * clock())
    monkeypatch.setattr(tuning, "ANCHORS", ((420, 420, 420), (4096, 4096, 4096), (440, 440, 440)))
    fastmm.tune(20, ("float32",))
    told = capsys.readouterr().err
    assert "4096" not in told
    assert told.endswith(" of 3 products were timed; more seconds have time for more\n")


def test_what_there_is_no_time_or_memory_for_is_told(kernel, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "MOST_OF_MEMORY", 1e-9)
    fastmm.tune(1, ("float32",))
    told = capsys.readouterr().err.splitlines()
    assert told[1:] == ["fastmm: float32: no product was timed, so nothing is kept"]
    assert not cache.path(FLOAT32, blas.threads()).exists()


def test_products_that_memory_has_no_room_for_need_no_more_seconds(kernel, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "ANCHORS", ((200, 200, 200), (4096, 4096, 4096)))
    monkeypatch.setattr(tuning, "_memory", lambda: 10**7)
    fastmm.tune(20, ("float32",))
    told = capsys.readouterr().err
    assert told.endswith("float32: 1 of 2 products were timed; memory has no room for the others\n")


@pytest.mark.parametrize(("given", "message"), [((0,), "seconds above 0"), ((1, ("int8",)), "got int8")])
def test_tune_refuses(kernel, given, message):
    with pytest.raises(ValueError, match=message):
        fastmm.tune(*given)


def test_a_full_disk_keeps_what_was_there(kernel, monkeypatch):
    path, ratios = cache.path(FLOAT32, 1), {(512,) * 3: {CLASSICAL: 1.5}}
    cache.write(path, {"quiet": ratios, "crowded": ratios})

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.json, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        cache.write(path, {"quiet": {}, "crowded": {}})
    assert os.listdir(path.parent) == [path.name]
    assert cache.read(path, kernel)["quiet"] == ratios


def test_without_a_home_products_are_plain_and_tune_says_so(kernel, monkeypatch):
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name)

    def nobody(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    a = np.ones((900, 900), np.float32)
    assert "not tuned" in fastmm.explain(a, a).reason
    assert np.array_equal(fastmm.matmul(a, a), a @ a)
    monkeypatch.setattr(tuning, "_Measured", None)  # whoever measures fails otherwise
    for command in ("info", "tune"):
        monkeypatch.setattr(sys, "argv", ["fastmm", command])
        with pytest.raises(SystemExit, match=r"^error: expected HOME or XDG_CACHE_HOME to name .* got ~/.cache$"):
            shell.main()


def test_beside_threads_that_run_the_crowded_ratios_count(kernel, monkeypatch):
    quiet, crowded = ({(1024,) * 3: {FUSED: speed}} for speed in (1.2, 0.9))
    monkeypatch.setattr(blas, "threads", lambda: 2)
    cache.write(cache.path(FLOAT32, 2), {"quiet": quiet, "crowded": crowded})
    a = np.ones((1024, 1024), np.float32)
    for is_crowded, variant in ((False, FUSED), (True, None)):
        monkeypatch.setattr(blas, "is_crowded", lambda is_crowded=is_crowded: is_crowded)
        assert fastmm.explain(a, a).variant == variant


@pytest.mark.parametrize("text", WRONG)
def test_what_makes_no_sense_is_not_tuned(kernel, text):
    path = cache.path(FLOAT32, blas.threads())
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert cache.read(path, kernel) is None
    a = np.ones((1024, 1024), np.float32)
    assert "not tuned" in fastmm.explain(a, a).reason


def test_a_home_that_cannot_be_written_is_one_line(kernel, small, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(sys, "argv", ["fastmm", "tune", "--seconds", "1", "--types", "float32"])
    with pytest.raises(SystemExit, match=r"error: .*Not a directory"):
        shell.main()
    assert os.listdir(tmp_path) == ["file"]
    a = np.ones((900, 900), np.float32)
    assert "not tuned" in fastmm.explain(a, a).reason


def model_of(ratios: Ratios, kernel: Kernel) -> Model:
    """Of a machine that has the rates the model begins with, and whose times are certain."""
    return dispatch.fitted(ratios, kernel)._replace(rates=RATES, spread=0.0)


def as_modelled(kernel: Kernel, *found: tuple[Shape, Variant], gain: float = 1.0) -> Ratios:
    """What the model says, times a gain."""
    ratios = {shape: {} for shape, _ in found}
    for shape, variant in found:
        ratios[shape][variant] = gain * dispatch.modelled(variant, shape, kernel, RATES)
    return ratios


def test_a_product_goes_by_what_its_neighbours_promise(kernel):
    ratios = {(1024,) * 3: {FUSED: 1.1}, (4096,) * 3: {TWO: 1.3, FUSED: 1.2}, (8192, 1024, 8192): {FUSED: 1.01}}
    model = dispatch.fitted(ratios, kernel)
    here = plan(model, (4096, 4096, 4096), kernel)
    assert here.variant == TWO
    assert here.speed == pytest.approx(1.3, rel=0.02)
    assert here.reason == (
        f"by what was measured, next to it at 4096x4096x4096, 4x4x4:49, 2x2x2:7 fused has {here.speed:.2f} of the "
        "plain speed"
    )
    assert plan(model, (1100, 1000, 1200), kernel).variant == FUSED
    assert plan(model, (3900, 3900, 1590), kernel).variant in (FUSED, None)  # an eighth of 1590 is too small a block
    for shape, reason in [
        ((8192, 1024, 8192), "of the plain speed"),
        ((8000, 390, 8000), "no variant that was measured suits"),
        ((900, 900, 900), "effective size 900 is below all that were measured"),
    ]:
        found = plan(model, shape, kernel)
        assert found.variant is None
        assert reason in found.reason


def test_what_the_model_leaves_unexplained_counts_nearby(kernel):
    """At its anchor nearly whole, far away hardly."""
    anchor = (2048,) * 3
    model = dispatch.fitted(as_modelled(kernel, (anchor, FUSED), gain=1.2), kernel)._replace(rates=RATES, spread=0.0)
    model = model._replace(residuals={FUSED: {anchor: math.log(1.2)}})

    def gain(side: int) -> float:
        shape = (side,) * 3
        return dispatch.promised(model, FUSED, shape, kernel) / dispatch.modelled(FUSED, shape, kernel, RATES)

    assert gain(2048) == pytest.approx(1.2 ** (100 / 101))
    assert gain(2048) > gain(2200) > gain(4096) > 1
    assert gain(32768) < 1.02


def test_rows_of_whole_lines_and_others_are_apart(kernel):
    """What 2048 has says little of 2047, and more of 2064."""
    assert dispatch.distance((2048,) * 3, (2047,) * 3) == pytest.approx(dispatch.APART * 2**0.5, rel=0.01)
    assert dispatch.distance((2048,) * 3, (2047, 2048, 2048)) < 0.001  # the rows are as long
    assert dispatch.distance((2048,) * 3, (2064,) * 3) < 0.02
    anchor = (2048,) * 3
    model = model_of({anchor: {FUSED: 1.0}}, kernel)._replace(residuals={FUSED: {anchor: math.log(1.2)}})
    near, odd = (
        dispatch.promised(model, FUSED, shape, kernel) / dispatch.modelled(FUSED, shape, kernel, RATES)
        for shape in ((2064,) * 3, (2047,) * 3)
    )
    assert near > 1.18
    assert odd < 1.13


def test_a_promise_is_doubted_the_more_the_less_is_known(kernel):
    ratios = as_modelled(kernel, ((1024,) * 3, FUSED), ((2048,) * 3, FUSED))
    certain = model_of(ratios, kernel)
    doubtful = certain._replace(spread=0.1)

    def doubt(side: int) -> float:
        shape = (side,) * 3
        return dispatch.promised(doubtful, FUSED, shape, kernel) / dispatch.promised(certain, FUSED, shape, kernel)

    assert 0.985 < doubt(2048) < 1
    assert doubt(2048) > doubt(1448) > doubt(8192) > math.exp(-0.1)
    unknown = dispatch.promised(doubtful, TWO, (2048,) * 3, kernel)
    assert unknown == pytest.approx(dispatch.modelled(TWO, (2048,) * 3, kernel, RATES) * math.exp(-0.1))


def test_the_spread_is_that_of_what_was_measured(kernel):
    """Half of the ratios 10 % above the model and half 10 % below leave about a tenth unexplained."""
    shapes = [(side,) * 3 for side in range(1024, 4096, 64)]
    ratios = {
        shape: {FUSED: dispatch.modelled(FUSED, shape, kernel, RATES) * math.exp(0.1 * (-1) ** place)}
        for place, shape in enumerate(shapes)
    }
    assert dispatch.fitted(ratios, kernel).spread == pytest.approx(0.1, rel=0.1)
    assert dispatch.fitted({}, kernel).spread == pytest.approx(dispatch.SPREAD)


def test_the_error_may_rule_variants_out(kernel):
    model = dispatch.fitted({(4096,) * 3: {CLASSICAL: 1.2, TWO: 1.3}}, kernel)
    assert plan(model, (4096,) * 3, kernel).variant == TWO
    kept = plan(model, (4096,) * 3, kernel, most_growth=1)
    assert (kept.variant, kept.method, kept.error_growth) == (CLASSICAL, "classical", 1)


def test_a_far_larger_product_takes_one_level_more(kernel):
    one = Variant((0,), 0)
    model = model_of(as_modelled(kernel, ((1024,) * 3, FUSED), ((2048,) * 3, one), ((2048,) * 3, CLASSICAL)), kernel)
    assert plan(model, (2500,) * 3, kernel).variant == one
    far = plan(model, (8192,) * 3, kernel)
    assert far.variant.levels[-1] == 0
    assert len(far.variant.levels) == 2
    assert far.variant.fused == 0
    assert 1.2 < far.speed < 1.5
    assert plan(model, (8192,) * 3, kernel, most_growth=1).method == "plain"


def test_rates_are_found_again(kernel):
    """Of ratios that the model itself gives, with other rates."""
    rates = Rates(0.9, 22.0, 5.0)
    shapes = [(1024,) * 3, (2048,) * 3, (2047,) * 3, (4096, 1024, 4096), (1500, 4096, 1500)]
    ratios = {
        shape: {
            variant: dispatch.modelled(variant, shape, kernel, rates) for variant in dispatch.variants(shape, kernel)
        }
        for shape in shapes
    }
    found = dispatch.fitted(ratios, kernel)
    assert tuple(found.rates) == pytest.approx(rates, rel=0.1)
    assert tuple(dispatch.fitted({}, kernel).rates) == pytest.approx(RATES)


def test_variants_have_blocks_of_sensible_sides(kernel):
    found = list(dispatch.variants((2048, 2048, 2048), kernel))
    assert len(set(found)) == len(found)
    assert Variant((0, 0), 0) in found
    assert Variant((1,), UNFUSED) in found
    assert found[0] == CLASSICAL
    for variant in found[1:]:
        assert dispatch.LEAST_BLOCK <= dispatch.smallest_side(variant, (2048,) * 3, kernel) <= dispatch.MOST_BLOCK
    assert len({variant.name(kernel) for variant in found}) == len(found)


def test_the_model_knows_what_pays(kernel):
    """At large sizes levels do; at small ones their traffic does not."""

    def speed(variant: Variant, side: int) -> float:
        return dispatch.modelled(variant, (side,) * 3, kernel, RATES)

    assert speed(Variant((0, 0), 0), 8192) > speed(Variant((0,), UNFUSED), 8192) > 1
    assert speed(Variant((0,), UNFUSED), 64) < 1
    assert speed(CLASSICAL, 64) == speed(THREE_PRODUCTS, 64) == 1
    assert dispatch.work(CLASSICAL, (10, 20, 30), kernel) == (2 * 12 * 20 * 32, 0, 0)  # in whole tiles


def test_strips_are_counted_by_hand(kernel):
    """Of 2055, two levels of 2x2x2 and a fused one cover 2048, as blocks of memory are multiples of what is below."""
    variant = Variant((0, 0), 0)
    even, odd = (dispatch.work(variant, (side,) * 3, kernel) for side in (2048, 2055))
    assert odd[0] - even[0] == 2 * (2048 * 7 * 2048 + 2048 * 2055 * 32 + 8 * 2055 * 2080)  # tiles of 4 x 32
    assert odd[1] - even[1] == 2 * 2048**2  # once more over C
    assert odd[2] == even[2]
    even, narrow = (dispatch.work(FUSED, (2048, 2048, cols), kernel) for cols in (2048, 2049))
    assert narrow == (even[0] + 2 * 2048**2 * 32, *even[1:])


def test_tiles_and_panels_are_those_of_the_kernels():
    """As the text says what AVX-512 has for float32, of which two vectors are 32."""
    text = (library.PATH.parent / "kernels.c").read_text()
    of_avx512 = text[text.index("#define FMM_ISA avx512") :]
    rows = int(re.search(r"#define FMM_MR (\d+)", of_avx512)[1])
    vector = int(re.search(r"#define FMM_BYTES (\d+)", of_avx512)[1]) // FLOAT32.itemsize
    assert (rows // 3, 2 * vector) == dispatch.TILE
    assert int(re.search(r"#define FMM_KC (\d+)", text)[1]) == dispatch.PANEL


@pytest.mark.parametrize(
    ("shape", "covered"),
    [
        ((2050, 2050, 2050), (2050, 2048, 2048)),  # half of 2050 is a panel and one, or 32 tiles and one
        ((2050, 2400, 2110), (2050, 2400, 2110)),  # 1055 columns leave the last tile nearly full
        ((2051, 2051, 2051), (2050, 2048, 2048)),
    ],
)
def test_blocks_end_with_a_panel_or_a_tile(kernel, shape, covered):
    sides = [dispatch._side(axis, length, (2,)) for axis, length in enumerate(shape)]
    assert [2 * side for side in sides] == list(covered)


def test_a_strip_costs_what_it_adds(kernel):
    variant = Variant((0, 0), 0)
    model = model_of(as_modelled(kernel, ((2048,) * 3, variant)), kernel)
    even, odd = (plan(model, (side,) * 3, kernel) for side in (2048, 2055))
    assert even.variant == odd.variant == variant
    times = {
        side: sum(map(float.__mul__, RATES, map(float, dispatch.work(variant, (side,) * 3, kernel))))
        for side in (2048, 2055)
    }
    assert even.speed / odd.speed == pytest.approx(times[2055] / times[2048] * (2048 / 2055) ** 3)
    assert 1.01 < even.speed / odd.speed < 1.05


def test_error_factors_by_hand(kernel):
    shape = (1000, 1000, 1000)
    assert dispatch.error_factor(CLASSICAL, shape, kernel) == 1000**2
    assert (
        dispatch.error_factor(FUSED, shape, kernel) == 500 * (500 + kernel.fused[0].roundings) * 12
    )  # Strassen's emax
