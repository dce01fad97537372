"""A stage is stale when code that it imports changes, and only then: dvc.yaml against the real import graph."""

import subprocess
import sys

import grimp
import pytest
import yaml
from clones import ROOT

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
IMPORTS = grimp.build_graph("stages", cache_dir=None)


def imported_layers(stage: str) -> set[str]:
    """The layers (folders or modules of stages/) that a stage imports, also through others, and itself."""
    package = f"stages.{stage}"
    own = {package, *IMPORTS.find_descendants(package)}
    reached = own.union(*map(IMPORTS.find_upstream_modules, own))
    layers = {module.split(".")[1] for module in reached if "." in module}
    return {f"stages/{layer}" if (ROOT / "stages" / layer).is_dir() else f"stages/{layer}.py" for layer in layers}


@pytest.mark.parametrize("stage", STAGES)
def test_code_dependencies_are_the_imports(stage):
    deps = STAGES[stage].get("do", STAGES[stage])["deps"]
    declared = {dep for dep in deps if dep.startswith("stages/")}
    assert declared == imported_layers(stage), f"write these under {stage} in dvc.yaml and in its rule"
    assert "requirements.lock" in deps


@pytest.mark.parametrize("stage", ["refinement", "verification"])
def test_the_exact_stages_load_no_jax(stage):
    """The import contract sees our imports; this sees those of the libraries too."""
    code = f"import sys, stages.{stage}.__main__; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
