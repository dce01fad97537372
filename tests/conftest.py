"""Annotations are checked in every test: jaxtyping's shapes and beartype's types, on all of stages/ but Numba's."""

from pathlib import Path

import jaxtyping
import pytest

ROOT = Path(__file__).parents[1]
COMPILED_BY_NUMBA = (
    *(f"stages.program.{name}" for name in ("annealing", "elimination")),
    *(f"stages.refinement.{name}" for name in ("cyclic", "elimination", "flips", "jacobian", "pairs", "splits")),
)


def _modules() -> list[str]:
    """Every module by name; packages are left out, since the hook would take all that is in them."""
    files = (ROOT / "stages").rglob("*.py")
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__")
    return sorted(name for name in names if name not in COMPILED_BY_NUMBA)


jaxtyping.install_import_hook(_modules(), "beartype.beartype")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For several processes: a file goes to one of them, all that share finished runs to one, and these begin."""
    workflow = ROOT / "tests/workflow"
    items.sort(key=lambda item: workflow not in item.path.parents)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(str(workflow if workflow in item.path.parents else item.path)))
