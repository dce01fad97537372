"""The scripts of benchmarks/ as modules: they are no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def judge(request) -> ModuleType:
    """The script that the module of tests names in SCRIPT."""
    name = f"judge_{request.module.SCRIPT}"
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{request.module.SCRIPT}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
