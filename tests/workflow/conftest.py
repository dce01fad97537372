"""One finished run of the whole pipeline, shared by all tests that need one, also between the processes of xdist."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import clones
import pytest


@pytest.fixture(scope="session")
def finished(made_once: Callable) -> Path:
    """A clone whose pipeline `snakemake` has finished on two cores. Tests that change something do it in a copy."""

    def make(clone: Path) -> None:
        clones.clone_working_tree(clone)
        clones.run(clone, "snakemake", "--cores", "2")
        clones.commit(clone)

    return made_once("finished", make)


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """Of the finished run, with the times of its files and Snakemake's records."""
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture(scope="module")
def module_copy(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(finished, tmp_path_factory.mktemp("module") / "copy")


@pytest.fixture
def edited(module_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the finished run as working directory; what a test edits is put back."""
    monkeypatch.chdir(module_copy)
    yield module_copy
    clones.run(module_copy, "git", "checkout", "--quiet", ".")
