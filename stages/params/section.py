"""What all sections share: a frozen model that refuses unknown keys, and the types of names and seeds."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from stages.algebra.targets import parse_size
from stages.contract import named_targets
from stages.errors import SchemeError

Entry = TypeVar("Entry")


def _size_name(name: str) -> str:
    try:
        return parse_size(name).name
    except SchemeError as error:
        raise ValueError(str(error)) from None


def is_named(target: str) -> bool:
    """Whether a target has a name of its own, so is no matrix product."""
    return re.fullmatch(named_targets.NAME, target) is not None


def _target_name(name: str) -> str:
    return name if is_named(name) else _size_name(name)


def _text_in_each_dialect(name: str) -> str:
    if name in _NO_TEXT:
        raise ValueError(f"expected a name that YAML 1.1 reads as text too, got {name!r}")
    return name


def _each_once(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    if len(set(entries)) < len(entries):
        raise ValueError(f"expected each entry once, got {list(entries)}")
    return entries


STANDARD_START = "data/standard.json"  # the file of the standard algorithm, from which all begin

# What YAML 1.1, which Snakemake reads, takes for a truth value or for nothing.
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_text_in_each_dialect)]
SizeName = Annotated[str, AfterValidator(_size_name)]
TargetName = Annotated[str, AfterValidator(_target_name)]
Distinct = Annotated[tuple[Entry, ...], Field(min_length=1), AfterValidator(_each_once)]
Seed = Annotated[int, Field(ge=0, lt=2**31, description="root of every random stream of this agent or walk")]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
