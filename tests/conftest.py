"""Annotations are checked in every test: jaxtyping's shapes and beartype's types, on all of stages/ but Numba's."""

import os
from pathlib import Path

import jaxtyping
import pytest

ROOT = Path(__file__).parents[1]
COMPILED_BY_NUMBA = (
    *(f"stages.game.{name}" for name in ("moves", "spans", "support")),
    "stages.planning.sampling",
    *(f"stages.program.{name}" for name in ("annealing", "elimination")),
    *(f"stages.refinement.{name}" for name in ("arithmetic", "elimination", "flips", "jacobian", "places")),
    "stages.recombination.splits",
)


def _modules() -> list[str]:
    """Every module by name; packages are left out, since the hook would take all that is in them."""
    files = (ROOT / "stages").rglob("*.py")
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__")
    return sorted(name for name in names if name not in COMPILED_BY_NUMBA)


# Most of the time of small networks goes into compiling them. Kernels and whole runs are tested as users run them.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

jaxtyping.install_import_hook(_modules(), "beartype.beartype")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first: with several processes they would be waited for."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/workflow/"))
