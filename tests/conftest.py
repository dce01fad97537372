"""Annotations are checked in every test where they name shapes: jaxtyping's shapes and beartype's types."""

import fcntl
import gc
import importlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jaxtyping
import pytest

ROOT = Path(__file__).parents[1]


def _modules() -> list[str]:
    """Every module that names shapes, by name.

    A check takes ten microseconds a call, most of them to bind the arguments: elsewhere mypy looks at the types.
    """
    texts = {file: file.read_text() for file in (ROOT / "stages").rglob("*.py")}
    compiled = re.compile("^@compiled|^import numba", re.MULTILINE)
    shaped = [file for file, text in texts.items() if "from jaxtyping" in text and not compiled.search(text)]
    return sorted(".".join(file.relative_to(ROOT).with_suffix("").parts) for file in shaped)


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
gc.freeze()  # else each full collection walks over all that these hold

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
# keeps less than two cores busy, those that need no such run. The first file of fastmm builds what its others wait for;
# the first of windows in spans compiles what the other finds then.
ORDER = (
    "tests/workflow/test_killed_search.py",
    "tests/fastmm/test_matmul.py",
    "tests/search/test_span_search.py",
    *(f"tests/{room}/" for room in ("backends", "search", "kernels", "refinement", "verification")),
    "tests/test_compiled.py",
    "tests/workflow/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((at for at, prefix in enumerate(ORDER) if item.nodeid.startswith(prefix)), len(ORDER))

    items.sort(key=place)
