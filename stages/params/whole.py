"""params.yaml, whole: read, checked, and told in one line what is wrong with it.

A wrong value ends with one line that names the key, what was expected and what came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from stages.algebra.basis import LONGEST_AXIS
from stages.algebra.targets import parse_size
from stages.errors import ParamsError
from stages.params.agents import Agent, Demonstrations, Pretraining, Search
from stages.params.benchmarking import Benchmarking
from stages.params.recombination import Recombination
from stages.params.section import Name, Section
from stages.params.walks import STANDARD_START, Walk, first_start, schemes_of

Entry = TypeVar("Entry")

_MOST_ZEROS = 0.99  # a factor without a non-zero entry is drawn again
_MOST_SYMBOLS = 2**14
_MOST_COMBINATIONS = 2**13


class Params(Section):
    """params.yaml, whole."""

    agents: dict[Name, Agent] = Field(min_length=1)
    demonstrations: dict[Name, Demonstrations]
    pretraining: dict[Name, Pretraining]
    search: dict[Name, Search]
    walks: dict[Name, Walk] = Field(min_length=1)
    recombination: Recombination
    benchmarking: Benchmarking

    @model_validator(mode="after")
    def _agents_are_complete(self) -> Params:
        for section in ("demonstrations", "pretraining", "search"):
            if set(getattr(self, section)) != set(self.agents):
                raise ValueError(
                    f"{section}: expected one entry per agent ({', '.join(sorted(self.agents))}), "
                    f"got {', '.join(sorted(getattr(self, section))) or 'none'}"
                )
        return self

    @model_validator(mode="after")
    def _laws_fit_their_rings(self) -> Params:
        for name, agent in self.agents.items():
            law, key = self.demonstrations[name].law, f"demonstrations.{name}.law"
            expected = 2 if agent.ring == "Z2" else 5
            if len(law) != expected:
                raise ValueError(f"{key}: expected {expected} probabilities over {agent.ring}, got {len(law)}")
            zero = law[0 if agent.ring == "Z2" else 2]
            if zero > _MOST_ZEROS:
                raise ValueError(f"{key}: expected a probability of zero of at most {_MOST_ZEROS}, got {zero}")
        return self

    @model_validator(mode="after")
    def _searches_fit_their_agents(self) -> Params:
        for name, agent in self.agents.items():
            search, key = self.search[name], f"search.{name}"
            beyond = [target for target in agent.targets if target not in agent.whole]
            if search.games and not agent.whole:
                raise ValueError(f"{key}.games: expected 0, since no target fits the core {agent.core}")
            if beyond and not search.subgames:
                raise ValueError(f"{key}.subgames: expected some, since {beyond[0]} does not fit the core {agent.core}")
            (least, most), naive = search.subgame_terms, parse_size(agent.core).naive_rank
            if not 2 <= least <= most <= naive:
                raise ValueError(
                    f"{key}.subgame_terms: expected two numbers, 2 <= least <= most <= {naive} (the naive rank of the "
                    f"core), got {[least, most]}"
                )
        return self

    @model_validator(mode="after")
    def _networks_fit_their_cores(self) -> Params:
        for name, agent in self.agents.items():
            length = agent.length
            if length > LONGEST_AXIS:
                raise ValueError(f"agents.{name}.core: expected axes of at most {LONGEST_AXIS}, got {length}")
            field, coefficients = (2, 2) if agent.ring == "Z2" else (3, 5)
            key, entries = f"agents.{name}.network", agent.network.entries_per_token
            if length % entries:
                raise ValueError(
                    f"{key}.entries_per_token: expected a divisor of {length} (the longest axis of its core), "
                    f"got {entries}"
                )
            if coefficients**entries > _MOST_SYMBOLS:
                raise ValueError(
                    f"{key}.entries_per_token: expected at most {_MOST_SYMBOLS} symbols, got {coefficients}**{entries}"
                )
            counts = range(1, min(agent.network.combinations or 0, length) + 1)
            combinations = sum(math.comb(length, count) * (field - 1) ** (count - 1) for count in counts)
            if combinations > _MOST_COMBINATIONS:
                raise ValueError(
                    f"{key}.combinations: expected at most {_MOST_COMBINATIONS} combinations of {length} slices, "
                    f"got {combinations}"
                )
        return self

    @model_validator(mode="after")
    def _walks_start_at_home(self) -> Params:
        agents = [schemes_of("search", name) for name in sorted(self.agents)]
        for name, walk in self.walks.items():
            others = [schemes_of("refinement", other) for other in sorted(self.walks) if other != name]
            if not walk.named_target and walk.start not in (STANDARD_START, *agents, *others):
                starts = ", ".join([STANDARD_START, *agents, *others])
                raise ValueError(f"walks.{name}.start: expected one of {starts}, got {walk.start}")
            if first_start(self.walks, name) is None:
                raise ValueError(f"walks.{name}.start: expected walks that begin somewhere, got a circle")
        return self


def load(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises:
      ParamsError: one line with the key, what was expected and what came.
    """
    try:
        given = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ParamsError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        return Params.model_validate(_tuples(given))
    except ValidationError as error:
        raise ParamsError(f"{path}: {_one_line(error.errors()[0])}") from None


# pydantic speaks of Python's types, params.yaml of YAML's.
_YAML_WORDS = {
    "a valid tuple": "a list",
    "Tuple should": "Input should",
    " after validation": "",
    "a valid dictionary": "a mapping",
}


def _one_line(error: ErrorDetails) -> str:
    """`key: what was expected, what came` from pydantic's first error."""
    key = ".".join(str(part) for part in error["loc"] if part != "[key]")
    came, message = error["input"], error["msg"].removeprefix("Value error, ").split(" or instance of ")[0]
    for word, yaml_word in _YAML_WORDS.items():
        message = message.replace(word, yaml_word)
    if error["type"] == "missing":
        message = "expected a value, got none"
    elif error["type"] == "extra_forbidden":
        message = "expected no such key"
    elif error["type"] != "value_error":  # the models' own rules say themselves what came
        came = list(came) if isinstance(came, tuple) else came
        message += f", got {'a mapping' if isinstance(came, dict) else repr(came)}"
    if isinstance(came, str) and re.fullmatch(r"[-+]?\d+[eE][-+]?\d+", came):
        message += " (YAML reads it as text; write it with a point and a sign, as in 1.0e-2)"
    return " ".join(f"{key}: {message}".removeprefix(": ").split())


def entry(section: Mapping[str, Entry], name: str, key: str) -> Entry:
    """The entry `name` of a section keyed by agent or walk.

    Raises:
      ParamsError: there is none; the message lists those there are.
    """
    if name not in section:
        raise ParamsError(f"{key}: expected one of {', '.join(sorted(section))}, got {name!r}")
    return section[name]


def _tuples(node):
    """YAML lists as tuples: the models are frozen all the way down, and strict typing takes no list for a tuple."""
    if isinstance(node, dict):
        return {key: _tuples(value) for key, value in node.items()}
    return tuple(map(_tuples, node)) if isinstance(node, list) else node
