"""params.yaml read, and one section of it checked: what is wrong is told in one line with the key.

A stage loads the sections that it needs by `section`, so that it depends on no other section's model.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.errors import ParamsError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path) -> object:
    """The file's values, in the dialect in which DVC reads them (YAML 1.2); lists are tuples.

    The models are frozen all the way down, and strict typing takes no list for a tuple.

    Raises:
      ParamsError: the file cannot be read or is not YAML.
    """
    try:
        return _tuples(YAML(typ="safe").load(path.read_text()))
    except OSError as error:
        raise ParamsError(f"{path}: {error.strerror}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split()).partition(" To suppress this check")[0]  # of keys that stand twice
        raise ParamsError(f"{path}: not YAML: {problem}") from None


def section(path: Path, key: str, model: type[Model]) -> Model:
    """The part of the file under `key`, keys joined by points as in «agents.z2»; the whole file if it is empty.

    Raises:
      ParamsError: one line with the key, what was expected and what came.
    """
    parts, node = key.split(".") if key else [], read(path)
    for depth, part in enumerate(parts):
        above = ".".join(parts[:depth]) or "keys"
        if not isinstance(node, dict):
            raise ParamsError(f"{path}: {above}: expected a mapping, got {node!r}")
        if part not in node:
            raise ParamsError(f"{path}: {above}: expected one of {', '.join(map(str, node))}, got {part!r}")
        node = node[part]
    try:
        return model.model_validate(node)
    except ValidationError as error:
        raise ParamsError(f"{path}: {_one_line(error.errors()[0], parts, node)}") from None


def names(path: Path, key: str) -> tuple[str, ...]:
    """The names of the entries under the key «agents» or «walks», in the order of the file.

    Raises:
      ParamsError: there is no such mapping.
    """
    given = read(path)
    entries = given.get(key) if isinstance(given, dict) else None
    if not isinstance(entries, dict):
        raise ParamsError(f"{path}: {key}: expected a mapping, got {entries!r}")
    return tuple(map(str, entries))


# pydantic speaks of Python's types, params.yaml of YAML's.
_YAML_WORDS = {
    "a valid tuple": "a list",
    "Tuple should": "Input should",
    " after validation": "",
    "a valid dictionary or object to extract fields from": "a mapping",
    "a valid dictionary": "a mapping",
}


def _one_line(error: ErrorDetails, above: list[str], given: object) -> str:
    """`key: what was expected, what came` from pydantic's first error."""
    loc = tuple(part for part in error["loc"] if part != "[key]")
    parts, last = (loc[:-1], [str(loc[-1])]) if error["type"] == "missing" else (loc, [])
    known = _keys(parts, given, error["input"])
    keys = above + ([str(part) for part in parts] if known is None else known) + last
    came, kind, message = error["input"], error["type"], error["msg"].split(" or instance of ")[0]
    for word, yaml_word in _YAML_WORDS.items():
        message = message.replace(word, yaml_word)
    if kind in ("union_tag_invalid", "union_tag_not_found"):  # about the key that tells the members of a union apart
        name = error["ctx"]["discriminator"].strip("'")
        keys.append(name)
        kind = kind if name in came else "missing"
        message = f"Input should be {error['ctx'].get('expected_tags', 'a name')}"
        came = came.get(name)
    if kind == "value_error":  # a model's own rule, which says itself what came, and of a mapping which key
        message = message.removeprefix("Value error, ")
        if isinstance(came, dict) and re.match(r"[\w.]+: ", message):
            return ".".join([*keys, message])
    elif kind == "missing":
        message = "expected a value, got none"
    elif kind == "extra_forbidden":
        message = "expected no such key"
    else:
        came = list(came) if isinstance(came, tuple) else came
        message += f", got {'a mapping' if isinstance(came, dict) else repr(came)}"
        if kind == "int_type" and isinstance(came, float) and came.is_integer():  # as in 1e9
            message += f"; write {came:.0f}"
    return " ".join(f"{'.'.join(keys)}: {message}".removeprefix(": ").split())


def _keys(loc: tuple[int | str, ...], node: object, came: object) -> list[str] | None:
    """The keys that lead from `node` to `came`; None if `loc` does not.

    pydantic puts the name of a union's member between a mapping and its key; here it is left out.
    """
    if not loc:
        return [] if node is came else None
    part, *rest = loc
    entries = dict(enumerate(node)) if isinstance(node, tuple) else node
    inside = _keys(tuple(rest), entries[part], came) if isinstance(entries, dict) and part in entries else None
    return _keys(tuple(rest), node, came) if inside is None else [str(part), *inside]


def _tuples(node: object) -> object:
    if isinstance(node, dict):
        return {key: _tuples(value) for key, value in node.items()}
    return tuple(map(_tuples, node)) if isinstance(node, list) else node
