# The graph as dvc.yaml declares it, and what all rules share. Parameters are checked before anything runs.
import re
import shlex
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import yaml
from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(Path(workflow.basedir).parent))

from stages.code import fingerprint
from stages.errors import StageError
from stages.params import file as params_file
from stages.params import whole as params_lib

# What the stage `code` does is done here, before Snakemake plans: it would plan all that follows from a job of `code`,
# even if that found nothing new. DVC records the stage when it has the last word.
# Snakemake prints three lines around an exception; SystemExit passes with the one that matters.
if config != yaml.safe_load(Path("params.yaml").read_text()):
    sys.exit("error: parameters live in params.yaml: edit it, or try values with `dvc exp run -S KEY=VALUE`")
try:
    params_lib.load(Path("params.yaml"))
    PARAMS = params_file.read(Path("params.yaml"))  # YAML 1.2; `config` is read as 1.1
    fingerprint.write(Path("stages"), Path("fastmm"), Path("requirements.lock"), Path("results/code"))
except StageError as error:
    sys.exit(f"error: {error}")

WILDCARDS = {"agents": "agent", "walks": "walk"}  # of a stage that runs once for each entry of a section
STAGES = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
CORES = workflow.resource_settings.cores or 1  # none where a cluster has them


wildcard_constraints:
    **{wildcard: "|".join(PARAMS[section]) for section, wildcard in WILDCARDS.items()},


# A stage that fails fails its job. The stages run in the environment that Snakemake runs in (with --sdm conda: in the
# one of the rule), and print without delay.
uses_conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
search_path = '"$PATH"' if uses_conda else f'{shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
shell.prefix(f"set -euo pipefail; export PYTHONUNBUFFERED=1 PATH={search_path}; ")


def section(stage):
    """The section of params.yaml for each entry of which a stage runs; None of a stage that runs once."""
    return STAGES[stage].get("foreach", "").strip("${}") or None


def listed(stage, *kinds):
    """What dvc.yaml lists under these headings of a stage, as it stands there."""
    declared = STAGES[stage].get("do", STAGES[stage])
    return [one if isinstance(one, str) else next(iter(one)) for kind in kinds for one in declared.get(kind, [])]


def filled(text, key, entry):
    """DVC's text for one entry of a section: with its `${key}` and each `${item.NAME}`."""
    text = text.replace("${key}", key)
    return re.sub(r"\$\{item\.([\w.]+)\}", lambda name: str(reduce(getitem, name[1].split("."), entry)), text)


def entries(stage):
    return PARAMS[section(stage)].items() if section(stage) else [("", {})]


WRITES = ("outs", "metrics", "plots")
WRITTEN = [filled(path, *entry) for stage in STAGES for entry in entries(stage) for path in listed(stage, *WRITES)]


def files(path):
    """A folder as the files in it: those that stages write, or else those that lie there."""
    if inside := [file for file in WRITTEN if file.startswith(f"{path}/")]:
        return inside
    return sorted(map(str, Path(path).glob("[!.]*"))) if Path(path).is_dir() else [path]


def entry_of(stage, wildcards):
    """The key and the entry for which a job runs its stage."""
    return next((key, entry) for key, entry in entries(stage) if key in ("", *wildcards))


def inputs(stage):
    """What a stage reads, its fingerprint included; a change of one makes what the rule wrote stale."""
    return lambda wildcards: [
        file for path in listed(stage, "deps") for file in files(filled(path, *entry_of(stage, wildcards)))
    ]


def given(stage):
    """The parameters that a stage declares, with their values; a change of one makes what the rule wrote stale."""

    def values(wildcards):
        keys = [filled(key, *entry_of(stage, wildcards)) for key in listed(stage, "params")]
        return {key: reduce(getitem, key.split("."), PARAMS) for key in keys}

    return values


def outputs(stage, *reports):
    """What a stage writes, which DVC alone deletes, with `reports` in place of the paths that these name."""
    paths = [path.replace("${key}", f"{{{WILDCARDS.get(section(stage))}}}") for path in listed(stage, *WRITES)]
    if unknown := {*reports}.difference(paths):
        raise WorkflowError(f"{stage}: expected reports among its outputs, got {', '.join(unknown)}")
    shown = {str(path): path for path in reports}
    return [update(shown.get(path, path)) for path in paths]


def is_waited_for(wildcards):
    """1 of a walk from whose schemes another one starts, else 0."""
    starts = [walk["start"] for walk in PARAMS["walks"].values()]
    return int(f"results/refinement/schemes/{wildcards.walk}.parquet" in starts)
