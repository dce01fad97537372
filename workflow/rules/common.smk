# Shared by all rules. Parameters are checked before anything runs.
import shlex
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import yaml
from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(Path(workflow.basedir).parent))

from stages.params import whole as params_lib
from stages.errors import ParamsError

# Snakemake prints three lines around an exception; SystemExit passes with the one that matters.
try:
    params_lib.load(Path("params.yaml"))
except ParamsError as error:
    sys.exit(f"error: {error}")
if config != yaml.safe_load(Path("params.yaml").read_text()):
    sys.exit("error: parameters live in params.yaml: edit it, or try values with `dvc exp run -S KEY=VALUE`")

AGENTS = list(config["agents"])
WALKS = list(config["walks"])


wildcard_constraints:
    agent="|".join(AGENTS),
    walk="|".join(WALKS),


# A stage that fails fails its job. The stages run in the environment that Snakemake runs in (with --sdm conda: in the
# one of the rule), and print without delay.
uses_conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
search_path = '"$PATH"' if uses_conda else f'{shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
shell.prefix(f"set -euo pipefail; export PYTHONUNBUFFERED=1 PATH={search_path}; ")


def code(*layers):
    """The lock file and the sources in `layers`, folders or modules of stages/ that dvc.yaml names likewise."""
    paths = [Path("stages", layer) for layer in layers]
    files = [
        file
        for path in paths
        for file in (sorted(path.rglob("*.*")) if path.is_dir() else [path])
        if file.suffix in (".py", ".c")
    ]
    return ["requirements.lock", *map(str, files)]


def given(*keys):
    """The parameters that a stage declares in dvc.yaml; a change of one makes what the rule wrote stale."""

    def values(wildcards):
        names = [key.format(**dict(wildcards.items())) for key in keys]
        return {name: reduce(getitem, name.split("."), config) for name in names}

    return values
