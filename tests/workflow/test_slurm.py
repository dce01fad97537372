"""The profile for SLURM, where one answers: jobs go through it, and DVC records what they made."""

import importlib.util
import re
import subprocess

import clones
import pytest

pytestmark = pytest.mark.slurm
SLURM = "snakemake --workflow-profile workflow/profiles/slurm --slurm-status-command squeue --cores 2"


@pytest.fixture
def slurm():
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("no plugin: `make slurm` installs it")
    try:
        subprocess.run(["sinfo", "--noheader"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no SLURM answers: .ci/slurm starts one, as root in a container of Debian")


def test_a_stale_stage_goes_through_slurm(slurm, copy):
    """`summary` alone; `all` runs where Snakemake does."""
    known = copy / "data/known_ranks.csv"
    known.write_text("".join(known.read_text().splitlines(keepends=True)[:-1]))
    printed = clones.run(copy, *SLURM.split(), "--slurm-init-seconds-before-status-checks", "1")
    assert re.findall(r"submitted with SLURM jobid.*rule_(\w+)", printed) == ["summary"]
    assert clones.run(copy, "dvc", "status", "--json").strip() == "{}"
