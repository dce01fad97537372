"""What dvc.lock says of the default run: the stages that ran, with which parameters, and their outputs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from page_tables import ROOT


def recorded_parameters(section: str) -> dict[str, dict[str, Any]]:
    """The entries of a section with which the stages ran whose outputs dvc.lock has; params.yaml may be newer."""
    entries: dict[str, dict[str, Any]] = defaultdict(dict)
    for stage in recorded_stages():
        for key, value in stage.get("params", {}).get("params.yaml", {}).items():
            if key.startswith(f"{section}."):
                name, *part = key.split(".")[1:]
                entries[name] |= {part[0]: value} if part else value
    return entries


def recorded_outputs() -> Iterator[Mapping[str, object]]:
    """The outputs of all stages as dvc.lock has them."""
    return (out for stage in recorded_stages() for out in stage.get("outs", []))


def recorded_stages() -> Iterable[Mapping[str, Any]]:
    return yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"].values()
