"""Annotations are checked in every test: jaxtyping's shapes and beartype's types, on nearly all of stages/."""

import fcntl
import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import jaxtyping
import pytest

ROOT = Path(__file__).parents[1]
COMPILED_BY_NUMBA = (
    *(f"stages.game.{name}" for name in ("contractions", "moves", "signs", "spans", "support")),
    "stages.planning.terms",
    *(f"stages.program.{name}" for name in ("annealing", "classes", "elimination", "equivalent", "fewest")),
    *(
        f"stages.refinement.{name}"
        for name in ("arithmetic", "elimination", "elimination3", "flips", "jacobian", "places")
    ),
    "stages.recombination.splits",
    *(f"stages.search.{name}" for name in ("rewrites", "span_windows")),
)
# These visit each node of a tree, and take ten times as long with checks. What comes into parameters pydantic checks
# without them, and their code mypy.
SMALL_AND_OFTEN = ("stages.code.meaning", "stages.params")


def _modules() -> list[str]:
    """Every module by name; packages are left out, since the hook would take all that is in them."""
    files = (ROOT / "stages").rglob("*.py")
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__")
    left_out = (*COMPILED_BY_NUMBA, *SMALL_AND_OFTEN)
    return sorted(name for name in names if not f"{name}.".startswith(tuple(f"{other}." for other in left_out)))


# What a test compiles, or a run that it starts, is kept for all others, and for those of the next `make test`:
# each cache finds machine code by what it was made from.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache/numba"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache/xla"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
# Most of the time of small networks goes into compiling them, half of that into how XLA fuses loops for the processor.
# Whole runs are tested as users run them; kernels are but for those loops.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")

# While a module of stages/ is imported, the hook looks for the bytecode of everything under another name, so what it
# imports would be compiled from its source.
for library in ("altair", "equinox", "jax", "mctx", "numba", "optax", "pandas", "ruamel.yaml", "snakemake.api"):
    importlib.import_module(library)

jaxtyping.install_import_hook(_modules(), "beartype.beartype")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session", autouse=True)
def _kernels_of_this_run(shared: Path) -> Iterator[None]:
    """Each text in C is compiled once, by a test or by a run that it starts, and none into the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        yield


@pytest.fixture(scope="session")
def made_once(shared: Path) -> Callable[[str, Callable[[Path], object]], Path]:
    """A folder by name, which the first process to ask for it makes with a function while the others wait."""

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made, finished = shared / name, shared / f"{name}.finished"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                make(made)
                finished.touch()
        return made

    return folder


# With several processes the longest files are waited for, so they go first; beside the one run of the pipeline, which
# keeps less than two cores busy, those that need no such run. The first file of fastmm builds what its others wait for.
ORDER = (
    "tests/workflow/test_killed_search.py",
    "tests/fastmm/test_matmul.py",
    *(f"tests/{room}/" for room in ("backends", "search", "kernels", "refinement", "verification")),
    "tests/workflow/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((at for at, prefix in enumerate(ORDER) if item.nodeid.startswith(prefix)), len(ORDER))

    items.sort(key=place)
