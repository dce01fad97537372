"""The fingerprint of each program of stages/: every source that it can reach, with a hash of what the source means.

Sources are those of stages/ and of the package that it uses. They are read, never imported. Every import statement
counts, those inside functions too; so do the packages that a module lies in, and the files that are no Python (C
sources and their templates) of every package that is reached.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from stages.code import meaning
from stages.contract import command
from stages.errors import CodeError

_C = (".c", ".h", ".in")  # and templates of these
_COMPILED = ".so"  # from sources that count


class Module(NamedTuple):
    """A module by what its fingerprint needs.

    hashes: by path the hash of its source and, of a package, of its files that are no Python.
    imports: dotted names of modules, or of what lies in a module.
    """

    hashes: Mapping[str, str]
    imports: frozenset[str]


def write(sources: Path, library: Path, lock: Path, folder: Path) -> None:
    """Writes `folder/NAME.json` for each `sources/NAME/__main__.py`; a file that is right already stays untouched.

    Args:
      library: the folder of a package that `sources` may import.

    Raises:
      CodeError: a source cannot be read or parsed, or imports relative to itself.
    """
    modules = _read_package(sources) | _read_package(library)
    pins = meaning.of_lock(_text(lock))
    programs = {program.parent.name: program for program in sources.glob("*/__main__.py")}
    for name, program in programs.items():
        reached = _reached(_dotted(program, sources), modules)
        hashes = {path: digest for module in reached for path, digest in modules[module].hashes.items()}
        text = json.dumps({"lock": pins, "sources": hashes}, indent=1, sort_keys=True) + "\n"
        path = folder / f"{name}.json"
        if not path.is_file() or path.read_text() != text:
            command.write_text(path, text)
    for path in folder.glob("*.json"):
        if path.stem not in programs:
            path.unlink()


def _read_package(sources: Path) -> dict[str, Module]:
    """The modules of the folder of a package, by their dotted names."""
    files = [file for file in sources.rglob("[!.]*") if file.is_file() and "__pycache__" not in file.parts]
    packages = {file.parent for file in files if file.name == "__init__.py"}
    others: dict[Path, dict[str, str]] = {package: {} for package in packages}
    for file in files:
        if file.suffix not in (".py", _COMPILED):
            package = next(parent for parent in file.parents if parent in packages)
            hash_of = meaning.of_c if file.suffix in _C else meaning.digest
            others[package][_name(file, sources)] = hash_of(_text(file))
    return {
        _dotted(file, sources): _read_module(file, sources, others[file.parent] if file.name == "__init__.py" else {})
        for file in files
        if file.suffix == ".py"
    }


def _read_module(file: Path, sources: Path, others: Mapping[str, str]) -> Module:
    try:
        tree = ast.parse(_text(file))
    except SyntaxError as error:
        raise CodeError(f"{file}:{error.lineno}: expected Python, got {error.msg}") from None
    imports = frozenset(_imports(tree, file))
    return Module({_name(file, sources): meaning.of_python(tree), **others}, imports)


def _imports(tree: ast.Module, file: Path) -> Iterator[str]:
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            if statement.level:
                raise CodeError(f"{file}:{statement.lineno}: expected an import by the full name, got a relative one")
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that are in a node, at any depth, with the clauses that hold them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from _statements(child)


def _reached(program: str, modules: Mapping[str, Module]) -> set[str]:
    """A module, all that it imports, also through others, and the packages that these lie in."""
    reached: set[str] = set()
    ahead = {program}
    while ahead:
        name = ahead.pop()
        parts = name.split(".")
        found = {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & modules.keys() - reached
        reached |= found
        ahead |= frozenset().union(*(modules[module].imports for module in found))
    return reached


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise CodeError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CodeError(f"{file}: expected text in UTF-8") from None


def _name(file: Path, sources: Path) -> str:
    """The path of a source from the folder that the package lies in, the same in every checkout."""
    return file.relative_to(sources.parent).as_posix()


def _dotted(file: Path, sources: Path) -> str:
    return ".".join(file.relative_to(sources.parent).with_suffix("").parts).removesuffix(".__init__")
