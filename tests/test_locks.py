"""The three locks: each holds what pyproject.toml asks of it, they agree, and none tells where it was made."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = (ROOT / "requirements.lock").read_text()
DEVELOPMENT = (ROOT / "requirements-dev.lock").read_text()
SLURM = (ROOT / "requirements-slurm.lock").read_text()


def pins(lock: str) -> dict[str, str]:
    """Versions by the name of their package."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", lock))


def asked(names: list[str]) -> set[str]:
    return {name.lower() for name in names}


def test_each_holds_what_is_asked_of_it():
    runtime = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["pipeline"]
    assert asked(runtime) <= pins(RUNTIME).keys()
    assert asked(PROJECT["dependency-groups"]["dev"]) <= pins(DEVELOPMENT).keys()
    assert asked(PROJECT["dependency-groups"]["slurm"]) <= pins(SLURM).keys()


def test_what_only_develops_is_no_part_of_what_stages_run_on():
    assert not asked(PROJECT["dependency-groups"]["dev"]) & pins(RUNTIME).keys()


def test_they_agree():
    for lock in (DEVELOPMENT, SLURM):
        both = pins(RUNTIME).keys() & pins(lock).keys()
        assert both
        assert {name: pins(RUNTIME)[name] for name in both} == {name: pins(lock)[name] for name in both}


def test_they_hold_hashes_and_no_addresses():
    for lock in (RUNTIME, DEVELOPMENT, SLURM):
        assert len(re.findall(r"(?m)^\S+ ;.*\\$", lock)) == len(pins(lock))
        assert not re.search(r"://|--(extra-)?index|--find-links|(?m:^\s*#)", lock)
