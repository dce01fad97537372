"""Hashes of what a source means: the same after a new comment, another docstring, another layout."""

from __future__ import annotations

import ast
import hashlib
import re

_DIGITS = 16

# A comment, or a text that may look like one. What stands between /*@ and @*/ is a place in a template.
_COMMENT_OR_TEXT = re.compile(r"""//[^\n]*|/\*(?!@).*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def of_python(tree: ast.Module) -> str:
    """Of a module, from which it takes docstrings and the `description` of each pydantic `Field`."""
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [statement for statement in body if not _is_text(statement)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]
    return digest(ast.dump(tree))


def of_c(text: str) -> str:
    """Of C and of templates for it, less comments, indentation, blank lines and the number of spaces."""
    code = _COMMENT_OR_TEXT.sub(lambda match: match[1] or " ", text)
    lines = (" ".join(line.split()) for line in code.splitlines())
    return digest("\n".join(filter(None, lines)))


def of_lock(text: str) -> str:
    """Of a lock file, the packages and their versions; their hashes only hold downloads to them."""
    return digest("\n".join(line.rstrip("\\ ") for line in text.splitlines() if re.match(r"\w", line)))


def _is_text(statement: ast.stmt) -> bool:
    """Whether it is a string that stands alone, as docstrings do."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
