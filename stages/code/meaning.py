"""Hashes of what a source means: the same after a new comment, another docstring, another layout."""

from __future__ import annotations

import ast
import hashlib
import re

_DIGITS = 16

# Comments and spaces, or a text that may hold what looks like them. From /*@ to @*/ is a place in a template.
_GAP_OR_TEXT = re.compile(
    r"""(?://[^\n]*|/\*(?!@).*?\*/|[^\S\n])+|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def of_python(tree: ast.Module) -> str:
    """Of a module, less texts that stand alone (docstrings) and the `description` of each pydantic `Field`."""
    return digest(repr(_plain(tree)))


def of_c(text: str) -> str:
    """Of C and of templates for it, less comments, indentation, blank lines and the number of spaces."""
    code = _GAP_OR_TEXT.sub(lambda match: match[1] or " ", text)
    return digest("\n".join(filter(None, map(str.strip, code.splitlines()))))


def of_lock(text: str) -> str:
    """Of a lock file, the packages and their versions; their hashes only hold downloads to them."""
    return digest("\n".join(line.rstrip("\\ ") for line in text.splitlines() if re.match(r"\w", line)))


def _plain(node: object) -> object:
    """A syntax tree as nested tuples."""
    if isinstance(node, list):
        return tuple(_plain(one) for one in node if not _is_text(one))
    if not isinstance(node, ast.AST):
        return node
    fields = {name: getattr(node, name) for name in node._fields if name != "ctx"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
        fields["keywords"] = [keyword for keyword in node.keywords if keyword.arg != "description"]
    return (type(node).__name__, *map(_plain, fields.values()))


def _is_text(node: object) -> bool:
    """Whether it is a string that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
