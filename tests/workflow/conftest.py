"""One finished run per engine, shared by all tests that need one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import clones
import pytest

# Each changed what JAX draws or computes when it reached a stage; none may.
TRAPS = {"JAX_ENABLE_X64": "1", "JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_RANDOM_SEED_OFFSET": "3"}


class Runs(NamedTuple):
    """Clones whose pipeline is finished. Tests that change something do it in a `copy`."""

    snakemake: Path
    dvc: Path


@pytest.fixture(scope="package", autouse=True)
def xla_programs(tmp_path_factory: pytest.TempPathFactory):
    """Where XLA keeps what it compiles for one clone, for the others; compiling is most of what tiny agents do."""
    folder = tmp_path_factory.mktemp("xla")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="package")
def runs(tmp_path_factory: pytest.TempPathFactory, xla_programs: Path) -> Runs:
    """The same tree and parameters, by `snakemake` on two cores and by `dvc repro` on one, with JAX variables set."""
    runs = Runs(*(clones.clone_working_tree(tmp_path_factory.mktemp(engine)) for engine in Runs._fields))
    clones.run(runs.snakemake, "snakemake", "--cores", "2")
    clones.copy_compiled(runs.snakemake, runs.dvc)
    one_cpu = str(min(os.sched_getaffinity(0)))
    clones.finish(clones.start(runs.dvc, "taskset", "--cpu-list", one_cpu, "dvc", "repro", **TRAPS))
    for clone in runs:
        clones.commit(clone)
    return runs


@pytest.fixture
def copy(runs: Runs, tmp_path: Path) -> Callable[[str], Path]:
    """Copies the finished run of an engine, times of files and Snakemake's records included."""
    return lambda engine: shutil.copytree(getattr(runs, engine), tmp_path / engine)
