"""The package as it is installed: built once, into a folder of its own."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fastmm import cache, dispatch, library, product
from fastmm.dispatch import Variant

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(made_once: Callable) -> Path:
    (made,) = (made_once("wheel", build) / "out").glob("*.whl")
    return made


def build(folder: Path) -> None:
    """The wheel of a copy, as the build leaves files beside the sources."""
    shutil.copytree(ROOT / "fastmm", folder / "fastmm", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "out", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def site(wheel, tmp_path_factory) -> Path:
    """A folder with what the wheel installs."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def kernel(site, monkeypatch, tmp_path):
    """The compiled kernels in place of those of the checkout, and nothing tuned."""
    monkeypatch.setattr(library, "PATH", site / "fastmm/kernels/kernels.so")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    yield library.installed()
    monkeypatch.undo()
    forget()


def forget() -> None:
    for function in (library.installed, library.why_none, library.digest):
        function.cache_clear()
    product.forget()


FUSED, TWO = Variant((), 0), Variant((1,), 0)
SHAPE = (900, 1001, 850)


@pytest.fixture
def tuned(kernel, monkeypatch):
    """As if a fused level had won by a half everywhere, with one more in memory even more, whatever else runs."""
    monkeypatch.setattr(dispatch, "LEAST_BLOCK", 100)
    for dtype in product.REAL:
        for threads in (1, 2):
            ratios = {SHAPE: {FUSED: 1.5, TWO: 1.6}}
            cache.write(cache.path(dtype, threads), {"quiet": ratios, "crowded": ratios})
    product.forget()
    return kernel


def integers(dtype: type, *shape: int, seed: int = 0) -> np.ndarray:
    """Whose products are exact in any order."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, shape)
    return (x + 1j * rng.integers(-3, 4, shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)
