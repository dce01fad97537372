"""What is measured, what is kept of it, and what is made of it."""

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
from fastmm.dispatch import Variant, plan
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
    assert len(told) == 2
    assert told[0].startswith(f"fastmm: {name}, 1/2, 160x160x160: ")
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


@pytest.mark.parametrize(("given", "message"), [((0,), "seconds above 0"), ((1, ("int8",)), "got int8")])
def test_tune_refuses(kernel, given, message):
    with pytest.raises(ValueError, match=message):
        fastmm.tune(*given)


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


def test_a_product_goes_by_its_nearest_anchor(kernel):
    ratios = {(1024,) * 3: {FUSED: 1.1}, (4096,) * 3: {TWO: 1.3, FUSED: 1.2}, (8192, 1024, 8192): {FUSED: 1.01}}
    assert plan(ratios, (1100, 1000, 1200), kernel).variant == FUSED
    assert plan(ratios, (3000, 3500, 4000), kernel).variant == TWO
    assert plan(ratios, (20000, 20000, 20000), kernel).speed == 1.3
    assert plan(ratios, (2500, 2500, 1590), kernel).variant == FUSED  # an eighth of 1590 is too small a block
    for shape, reason in [
        ((6000, 900, 7000), "at 8192x1024x8192, 2x2x2:7 fused has 1.01 of the plain speed"),
        ((1000, 9000, 1000), "nothing of such proportions was measured; the nearest is"),
        ((900, 900, 900), "effective size 900 is below all that were measured"),
    ]:
        found = plan(ratios, shape, kernel)
        assert found.variant is None
        assert reason in found.reason


def test_variants_have_blocks_of_sensible_sides(kernel):
    found = list(dispatch.variants((2048, 2048, 2048), kernel))
    assert len(set(found)) == len(found)
    assert Variant((0, 0), 0) in found
    assert Variant((1,), UNFUSED) in found
    assert Variant((), UNFUSED) not in found
    for variant in found:
        assert dispatch.LEAST_BLOCK <= dispatch.smallest_side(variant, (2048,) * 3, kernel) <= dispatch.MOST_BLOCK
    assert len({variant.name(kernel) for variant in found}) == len(found)


def test_the_model_knows_what_pays(kernel):
    """At large sizes levels do; at small ones their traffic does not."""
    plain = Variant((), UNFUSED)
    assert dispatch.cost(Variant((0, 0), 0), (8192,) * 3, kernel) < dispatch.cost(
        Variant((0,), UNFUSED), (8192,) * 3, kernel
    )
    assert dispatch.cost(Variant((0,), UNFUSED), (64,) * 3, kernel) > dispatch.cost(plain, (64,) * 3, kernel)
    assert dispatch.cost(plain, (10, 20, 30), kernel) == 2 * 10 * 20 * 30


def test_error_factors_by_hand(kernel):
    shape = (1000, 1000, 1000)
    assert dispatch.error_factor(Variant((), UNFUSED), shape, kernel) == 1000**2
    assert (
        dispatch.error_factor(FUSED, shape, kernel) == 500 * (500 + kernel.fused[0].roundings) * 12
    )  # Strassen's emax
