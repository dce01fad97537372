"""The code is formatted and linted, imports obey the contracts of pyproject.toml, the workflow is in order."""

import clones
import pytest


@pytest.mark.parametrize(
    "command",
    [
        "ruff check .",
        "ruff format --check .",
        "lint-imports --no-cache",
        "mypy",
        "hadolint Dockerfile",
        "snakefmt --check workflow",
        "snakemake --lint",
        "snakemake --workflow-profile workflow/profiles/slurm --executor dryrun",
    ],
)
def test_is_in_order(command):
    clones.run(clones.ROOT, *command.split())
