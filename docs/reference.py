"""The parts of the site that are read from the code: parameters, tables, modules, and a game from a certificate."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import yaml
from page_tables.rows import markdown
from pydantic import BaseModel

from stages.contract import rows
from stages.contract.tables import Table
from stages.params.whole import Params, load

ROOT = Path(__file__).parents[1]
Schema = Mapping[str, Any]  # JSON Schema, as pydantic makes it
COLUMN = re.compile(r"^    (\w+): (.*?)(?:  # (.*))?$", re.MULTILINE)  # of the source of a row


def parameters() -> Iterator[str]:
    """A table for each model of params.yaml: key, type, range, meaning, and its values in the default run."""
    schema = Params.model_json_schema()
    used = values(load(ROOT / "params.yaml"))
    for name, paths in models(schema, schema["$defs"]).items():
        model = schema["$defs"][name]
        yield from ("", f"### {name}", "", f"{model['description']} Under {', '.join(map(code, paths))}.", "")
        yield from markdown(
            {
                "key": code(key),
                "type": kind(given),
                "range": bounds(given),
                "meaning": given.get("description", ""),
                "in `params.yaml`": ", ".join(map(code, used.get((name, key), ()))),
            }
            for key, given in model["properties"].items()
        )
    yield ""


def models(node: Schema, known: Schema, path: str = "") -> dict[str, dict[str, None]]:
    """The models below a node of the schema, in the order of the keys, each with the paths that lead to it."""
    found: dict[str, dict[str, None]] = {}

    def add(more: Mapping[str, dict[str, None]]) -> None:
        for name, paths in more.items():
            found.setdefault(name, {}).update(paths)

    for name in references(node):
        add({name: {path: None}})
        add(models(known[name], known, path))
    for key, entry in node.get("properties", {}).items():
        add(models(entry, known, f"{path}.{key}".removeprefix(".")))
    for entry in node.get("patternProperties", {}).values():
        add(models(entry, known, f"{path}.NAME"))
    return found


def references(node: Schema) -> list[str]:
    """The models that may stand at a node itself."""
    itself = [node["$ref"].rpartition("/")[2]] if "$ref" in node else []
    choices = (*node.get("oneOf", []), *node.get("anyOf", []))
    return itself + [name for choice in choices for name in references(choice)]


def values(given: BaseModel) -> dict[tuple[str, str], dict[str, None]]:
    """What the keys of each model are set to below a section, each value once, as YAML writes it; no sections."""
    found: dict[tuple[str, str], dict[str, None]] = {}

    def look(section: BaseModel) -> None:
        for key, value in section:
            inside = value.values() if isinstance(value, dict) else [getattr(value, "root", value)]
            sections = [getattr(one, "root", one) for one in inside]
            if sections and isinstance(sections[0], BaseModel):
                for one in sections:
                    look(one)
            else:
                texts = found.setdefault((type(section).__name__, key), {})
                texts[flow(section.model_dump(mode="json").get(key, value))] = None

    look(given)
    return found


def flow(value: object) -> str:
    """A value on one line of YAML."""
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).strip().removesuffix("...").strip()


def kind(node: Schema) -> str:
    """The type of a key in words; a model leads to its own table."""
    if named := references(node):
        return " or ".join([f"[{name}](#{name.lower()})" for name in named] + ["none"] * ("null" in str(node)))
    if "anyOf" in node:
        return " or ".join(map(kind, node["anyOf"]))
    if "const" in node:
        return code(node["const"])
    if "enum" in node:
        return " or ".join(map(code, node["enum"]))
    if node.get("type") == "array":
        items = node.get("prefixItems") or [node["items"]]
        of = kind(items[0])
        return f"{len(items)} of {of}" if "prefixItems" in node else f"list of {of}"
    return {"null": "none", "object": "mapping", "string": "text"}.get(node["type"], node["type"])


def bounds(node: Schema) -> str:
    """The range of a number, or of those of a list, where the schema has one."""
    while "items" in node or "prefixItems" in node:
        node = node["prefixItems"][0] if "prefixItems" in node else node["items"]
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return ", ".join(f"{sign} {node[word]:,.10g}" for word, sign in words.items() if word in node)


def schemas() -> Iterator[str]:
    """A table for each Parquet table and each row of a CSV file: column, type, meaning."""
    for module in map(importlib.import_module, row_modules()):
        parquet = {table.row: table for table in vars(module).values() if isinstance(table, Table)}
        for row in rows_of(module):
            if row in parquet:
                yield from section(f"`{parquet[row].name}`", row, arrow_types(parquet[row]))
            elif not any(issubclass(other, row) for other in parquet):
                yield from section(f"{row.__name__}, CSV", row, row.__annotations__)
    yield ""


def arrow_types(table: Table[Any]) -> dict[str, str]:
    return {field.name: re.sub(r"list<\w+: (\w+)>", r"list of \1", str(field.type)) for field in table.schema}


def row_modules() -> Iterable[str]:
    return (f"{rows.__name__}.{module.name}" for module in pkgutil.iter_modules(rows.__path__))


def rows_of(module: ModuleType) -> Iterator[type]:
    """The dataclasses that a module defines, in the order in which they stand there."""
    return (
        one
        for one in vars(module).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == module.__name__
    )


def section(title: str, row: type, kinds: Mapping[str, str]) -> Iterator[str]:
    """The columns of a row under a title; what they mean is the comment beside the field."""
    parents = reversed(row.__mro__[:-1])
    meanings = {name: meaning for one in parents for name, _, meaning in COLUMN.findall(inspect.getsource(one))}
    yield from ("", f"### {title}", "", inspect.getdoc(row) or "", "")
    yield from markdown(
        {"column": code(name), "type": kinds[name].replace("|", "or"), "meaning": meanings[name]} for name in kinds
    )


def modules() -> Iterator[str]:
    """A list for each package of stages/: the first paragraph of each docstring."""
    stages = [stage.partition("@")[0] for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]]
    packages = sorted(path.parent for path in (ROOT / "stages").rglob("__init__.py"))
    packages.sort(key=lambda path: stages.index(path.name) if path.name in stages else len(stages))
    for package in packages:
        yield from ("", f"### {package.relative_to(ROOT)}", "", first_paragraph(package / "__init__.py"), "")
        yield from markdown(
            {"module": code(path.stem), "what it is": first_paragraph(path)}
            for path in sorted(package.glob("*.py"))
            if not path.stem.startswith("__")
        )
    yield ""


def first_paragraph(path: Path) -> str:
    """Of a module's docstring, on one line and without what Markdown would take for its own."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return re.sub(r"([<>|*\[\]])", r"\\\1", " ".join(text.split("\n\n")[0].split()))


SQUARE = 9  # pixels of an entry in the picture of a game


def game() -> Iterator[str]:
    """The residual of 2x2x2 before and after each move of a scheme, as one SVG: a column of slices each."""
    scheme = json.loads((ROOT / "results/records/2x2x2_Z_7.json").read_text())
    factors = [np.array(scheme[factor]) for factor in "uvw"]
    terms = np.einsum("ir,jr,kr->rkij", *factors)  # slice by slice of the third mode
    residuals = [terms[move:].sum(axis=0) for move in range(len(terms) + 1)]
    length = len(residuals[0]) + 1  # of a slice and the gap after it
    squares = [
        f'<rect x="{(move * length + j) * SQUARE + 1}" y="{(k * length + i) * SQUARE + 1}" width="{SQUARE - 2}" '
        f'height="{SQUARE - 2}" fill="{"currentColor" if entry > 0 else "none"}" '
        f'stroke="currentColor" opacity="{1 if entry else 0.15}"/>'
        for move, residual in enumerate(residuals)
        for (k, i, j), entry in np.ndenumerate(residual)
    ]
    width, height = len(residuals) * length * SQUARE, (length - 1) * length * SQUARE
    label = f"The residual of 2x2x2 before and after each of {len(terms)} moves; the last is zero."
    yield f'<svg viewBox="0 0 {width} {height}" width="100%" role="img" aria-label="{label}">{"".join(squares)}</svg>'


def code(text: object) -> str:
    return f"`{text}`"


PARTS: dict[str, Callable[[], Iterator[str]]] = {part.__name__: part for part in (parameters, schemas, modules, game)}
