"""Clones of the working tree in which the engines run for real, with parameters that make each stage tiny."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PARAMS = ROOT / "runs/smoke.yaml"

# Other values than those of PARAMS, one at least for each section that a kind of stage declares; a stage alone runs
# beside other values of all that it does not declare.
CHANGES = {
    "agents.z2.seed": 1,
    "agents.z2.window": "1x2x3",
    "agents.z2.targets": ["1x1x2"],
    "agents.z.network.width": 24,
    "agents.z.demonstrations.count": 513,
    "agents.z2.network.width": 24,
    "agents.z.pretraining.steps": 21,
    "agents.z2.pretraining.optimiser.batch": 65,
    "agents.z.search.rounds": 21,
    "agents.z2.search.reanalyse": 0.25,
    "walks.standard.flips": 20001,
    "walks.sparse.start": "results/refinement/schemes/standard.parquet",
    "walks.skew.margin": [2, 7],
    "recombination.targets": ["2x3x3"],
    "kernels.per_size": 19,
    "benchmarking.seed": 1,
}

# Each changed what JAX draws or computes when it reached a stage; none may.
TRAPS = {"JAX_ENABLE_X64": "1", "JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_RANDOM_SEED_OFFSET": "3"}

KNOWLEDGE = (  # ranks and schemes
    "data/known_ranks.csv",
    "data/imported",
    "data/known_targets.csv",
    "results/records",
    "fastmm/kernels",
)


def start(clone: Path, *command: str, **variables: str) -> subprocess.Popen:
    """Starts a command in a clone, in the environment of the tests (and `variables`), in a process group of its own."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
    for name in ("JAX_DISABLE_MOST_OPTIMIZATIONS", "XLA_FLAGS"):  # of the tests themselves
        environment.pop(name, None)
    return subprocess.Popen(
        command,
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> str:
    """Waits for a command that must succeed; what it printed."""
    printed, _ = process.communicate()
    assert process.returncode == 0, printed
    return printed


def run(clone: Path, *command: str) -> str:
    return finish(start(clone, *command))


def clone_working_tree(clone: Path) -> Path:
    """A repository with what git tracks or would track here, edits that are not committed included."""
    listed = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("results/"):
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    shutil.copy(PARAMS, clone / "params.yaml")
    run(clone, "git", "init", "--quiet")
    commit(clone)
    return clone


def commit(clone: Path) -> None:
    run(clone, "git", "add", "--all")
    run(clone, "git", "-c", "user.name=test", "-c", "user.email=test@invalid", "commit", "--quiet", "-m", "As it is")


def set_param(clone: Path, key: str, value: object) -> None:
    """Edits one key (with dots) of the clone's params.yaml."""
    params = yaml.safe_load((clone / "params.yaml").read_text())
    *sections, last = key.split(".")
    section = params
    for name in sections:
        section = section[name]
    section[last] = value
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def lies_in(key: str, section: str) -> bool:
    return f"{key}.".startswith(f"{section}.")


def copy_what_is_declared(clone: Path, folder: Path, stage: str) -> list[str]:
    """Copies what a stage of a finished run declares to read, and nothing else; its command.

    Of the code that is what its fingerprint lists. Parameters that it does not declare have other values.
    """
    recorded = lock(clone)[stage]
    names = {"params.yaml", *(dep["path"] for dep in recorded["deps"])}
    for name in names | sources(clone, stage):
        source, place = clone / name, folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, place) if source.is_dir() else shutil.copy(source, place)
    declared = recorded.get("params", {}).get("params.yaml", {})
    for key, value in CHANGES.items():
        if not any(lies_in(key, section) for section in declared):
            set_param(folder, key, value)
    return recorded["cmd"].split()


def assert_same_outputs(clone: Path, folder: Path, stage: str) -> None:
    """Byte by byte, all that a stage declares to write but its seconds."""
    outputs = [out["path"] for out in lock(clone)[stage]["outs"] if "timing" not in out["path"]]
    assert outputs
    for output in outputs:
        assert (folder / output).read_bytes() == (clone / output).read_bytes(), output


def assert_no_knowledge(clone: Path, folder: Path) -> None:
    """That a folder has none of the published ranks and schemes that a clone has."""
    assert all((clone / name).exists() for name in KNOWLEDGE[:2])
    assert not any((folder / name).exists() for name in KNOWLEDGE)


def lock(clone: Path) -> dict:
    """dvc.lock: by stage its command, parameters, and the hashes of what it read and wrote."""
    return yaml.safe_load((clone / "dvc.lock").read_text())["stages"]


def sources(clone: Path, stage: str) -> set[str]:
    """The code that a stage runs, as its fingerprint lists it."""
    return set(json.loads((clone / f"results/code/{stage.split('@')[0]}.json").read_text())["sources"])
