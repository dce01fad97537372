"""What is measured, what is kept of it, and what is made of it."""

import errno
import json
import math
import os
import sys

import numpy as np
import pytest

import fastmm
from fastmm import __main__ as shell
from fastmm import blas, cache, dispatch, product, tuning
from fastmm.binding import UNFUSED
from fastmm.dispatch import CLASSICAL, RATES, THREE_PRODUCTS, Rates, Variant, plan
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


def test_tune_ends_in_its_time(kernel, monkeypatch, capsys):
    """The clock runs a hundred times as fast as it does: what is left decides, not what is wanted."""
    start = tuning.time.monotonic()
    clock = tuning.time.monotonic
    monkeypatch.setattr(tuning.time, "monotonic", lambda: start + 100 * (clock() - start))
    monkeypatch.setattr(tuning, "ANCHORS", ((420, 420, 420), (4096, 4096, 4096), (440, 440, 440)))
    fastmm.tune(20, ("float32",))
    assert "4096" not in capsys.readouterr().err


def test_what_there_is_no_time_or_memory_for_is_told(kernel, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "MOST_OF_MEMORY", 1e-9)
    fastmm.tune(1, ("float32",))
    told = capsys.readouterr().err.splitlines()
    assert told[1:] == ["fastmm: float32: no product was timed, so nothing is kept"]
    assert not cache.path(FLOAT32, blas.threads()).exists()


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


def test_a_product_goes_by_what_its_neighbours_promise(kernel):
    ratios = {(1024,) * 3: {FUSED: 1.1}, (4096,) * 3: {TWO: 1.3, FUSED: 1.2}, (8192, 1024, 8192): {FUSED: 1.01}}
    assert plan(ratios, RATES, (1100, 1000, 1200), kernel).variant == FUSED
    assert plan(ratios, RATES, (3000, 3500, 4000), kernel).variant == TWO
    assert plan(ratios, RATES, (2500, 2500, 1590), kernel).variant == FUSED  # an eighth of 1590 is too small a block
    here = plan(ratios, RATES, (4096, 4096, 4096), kernel)
    assert here.speed == pytest.approx(1.3)
    assert here.reason == "by what was measured at 4096x4096x4096, 4x4x4:49, 2x2x2:7 fused has 1.30 of the plain speed"
    for shape, reason in [
        ((8192, 1024, 8192), "by what was measured at 8192x1024x8192, 2x2x2:7 fused has 1.01 of the plain speed"),
        ((8000, 390, 8000), "no variant that was measured at the nearest shapes suits"),
        ((900, 900, 900), "effective size 900 is below all that were measured"),
    ]:
        found = plan(ratios, RATES, shape, kernel)
        assert found.variant is None
        assert reason in found.reason


def test_speed_is_carried_over_by_the_model_and_doubted(kernel):
    """A classical product gains as much everywhere; two levels gain less on smaller blocks."""
    ratios = {(4096,) * 3: {CLASSICAL: 1.2, TWO: 1.3}}
    near, far = (plan(ratios, RATES, (side, side, side), kernel) for side in (4096, 16384))
    assert near.variant == TWO
    assert far.speed > near.speed
    kept = plan(ratios, RATES, (8192,) * 3, kernel, most_growth=1)
    assert (kept.variant, kept.method, kept.error_growth) == (CLASSICAL, "classical", 1)
    doubt = math.exp(-dispatch.DOUBT * math.log(2) * 3**0.5)
    assert kept.speed == pytest.approx(1.2 * doubt)


def test_a_far_larger_product_takes_one_level_more(kernel):
    ratios = {(1024,) * 3: {FUSED: 1.1}, (2048,) * 3: {Variant((0,), 0): 1.2, CLASSICAL: 1.0}}
    assert plan(ratios, RATES, (2500,) * 3, kernel).variant == Variant((0,), 0)
    far = plan(ratios, RATES, (8192,) * 3, kernel)
    assert far.variant.levels[-1] == 0
    assert len(far.variant.levels) == 2
    assert far.variant.fused == 0
    assert 1.2 < far.speed < 1.5
    assert plan(ratios, RATES, (8192,) * 3, kernel, most_growth=1).method == "plain"


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
    assert tuple(found) == pytest.approx(rates, rel=0.1)
    assert tuple(dispatch.fitted({}, kernel)) == pytest.approx(RATES)


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
    assert dispatch.work(CLASSICAL, (10, 20, 30), kernel) == (2 * 10 * 20 * 30, 0, 0)


def test_strips_are_counted_by_hand(kernel):
    """Of 2047, two levels of 2x2x2 and a fused one cover 2040, as blocks of memory are multiples of what is below."""
    variant = Variant((0, 0), 0)
    even, odd = (dispatch.work(variant, (side,) * 3, kernel) for side in (2040, 2047))
    assert odd[0] - even[0] == 2 * (2047**3 - 2040**3)
    assert odd[1] - even[1] == 2 * 2040**2  # once more over C
    assert odd[2] == even[2]
    even, narrow = (dispatch.work(FUSED, (2048, 2048, cols), kernel) for cols in (2048, 2049))
    assert narrow == (even[0] + 2 * 2048**2, *even[1:])


def test_a_strip_costs_what_it_adds(kernel):
    variant = Variant((0, 0), 0)
    ratios = {(2048,) * 3: {variant: 1.2}}
    even, odd = (plan(ratios, RATES, (side,) * 3, kernel) for side in (2048, 2047))
    assert even.variant == odd.variant == variant
    strips = 1 / dispatch.modelled(variant, (2047,) * 3, kernel, RATES)
    strips -= 1 / dispatch.modelled(variant, (2040,) * 3, kernel, RATES)
    assert 0.002 < strips < 0.01  # of the time of the plain product: of the strips what is not gained, and a pass
    assert even.speed - odd.speed == pytest.approx(strips * 1.2**2, rel=0.2)


def test_error_factors_by_hand(kernel):
    shape = (1000, 1000, 1000)
    assert dispatch.error_factor(CLASSICAL, shape, kernel) == 1000**2
    assert (
        dispatch.error_factor(FUSED, shape, kernel) == 500 * (500 + kernel.fused[0].roundings) * 12
    )  # Strassen's emax
