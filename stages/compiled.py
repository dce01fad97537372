"""Numba as the stages use it: without the GIL, and what is compiled is kept until a file that it came from changes.

Numba's own stamp is of the file of a function alone. After an edit of a function that is called from another file, or
another package, the old machine code would go on, and a stage would store its results under the new source.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import functools
import glob
import hashlib
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import extending
from numba.core import caching, errors, types

Function = TypeVar("Function", bound=Callable[..., object])
_INSTALLED = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@functools.cache
def _source(file: str) -> tuple[str, frozenset[str]]:
    """The hash of a file as it is when its first function is declared, and what it imports: modules, or what is in one.

    Names that begin with dots are relative.
    """
    data = Path(file).read_bytes()
    imported = set()
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            imported |= {package, *(f"{package}{'.' if node.module else ''}{alias.name}" for alias in node.names)}
    return hashlib.sha256(data).hexdigest(), frozenset(imported)


def _stamp(names: dict[str, Any]) -> str:
    """What stands in the file of a module and in all that it imports, also through others.

    Machine code may hold any of it. Imports come before the functions that use them, and no two modules import each
    other. What a module reads from a file of data when it is imported does not count.
    """
    hashes: dict[str, str] = {}
    ahead = [(names["__file__"], names["__package__"]), (__file__, __package__)]
    while ahead:
        file, package = ahead.pop()
        if file in hashes:
            continue
        hashes[file], imported = _source(file)
        for name in imported:
            module = sys.modules.get(resolve_name(name, package) if name.startswith(".") else name)
            found = getattr(module, "__file__", None) or ""
            if found.endswith(".py") and not found.startswith(_INSTALLED):
                ahead.append((found, module.__package__))
    return str(sorted(hashes.values()))


class _OfImports:
    def __init__(self, py_func, py_file: str) -> None:
        self._stamp = _stamp(py_func.__globals__)
        super().__init__(py_func, py_file)

    def get_source_stamp(self) -> str:
        return self._stamp


class UserProvided(_OfImports, caching.UserProvidedCacheLocator):
    """In the folder that NUMBA_CACHE_DIR names, for every checkout of the same sources."""

    def __init__(self, py_func, py_file: str) -> None:
        super().__init__(py_func, py_file)
        name = f"{Path(py_file).parent.name}_{hashlib.sha256(self._stamp.encode()).hexdigest()}"
        self._cache_path = str(Path(numba.config.CACHE_DIR) / name)


class InTree(_OfImports, caching.InTreeCacheLocator):
    """In __pycache__."""


class UserWide(_OfImports, caching.UserWideCacheLocator):
    """In the user's cache, where the tree cannot be written."""


numba.config.CACHE_LOCATOR_CLASSES = ",".join(f"{__name__}.{one.__name__}" for one in (UserProvided, InTree, UserWide))


class _File(caching.IndexDataCacheFile):
    """Several processes compile one function at once, for other types each: none loses what another has kept.

    Machine code has a name that no other sources and no other types give: where a process is killed between its code
    and the index, what an older index names is still what it was.
    """

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with open(f"{self._index_path}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def flush(self) -> None:
        with self._alone():
            super().flush()

    def save(self, key, data) -> None:
        digest = hashlib.sha256(repr((self._source_stamp, key)).encode()).hexdigest()
        stem = self._index_name.removesuffix(".nbi")
        name = f"{stem}.{digest[:16]}.nbc"
        with self._alone():
            try:
                kept = self._load_index()
            except Exception:  # damaged bytes raise errors of any type
                kept = {}
            self._save_data(name, data)  # before an index names it
            self._save_index(kept | {key: name})
            for path in Path(self._cache_path).glob(f"{glob.escape(stem)}.*.nbc"):
                if path.name not in {name, *kept.values()}:
                    path.unlink(missing_ok=True)


class _Cache(caching.FunctionCache):
    """What cannot be read or kept is compiled: a disk may be full, and a file cut off."""

    def __init__(self, py_func) -> None:
        super().__init__(py_func)
        self._cache_file = _File(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # damaged bytes raise errors of any type
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data) -> None:
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def compiled(function: Function) -> Function:
    """The function as machine code, made at its first call for the types of its arguments.

    Where no folder can be written to keep it, each process makes it anew.
    """
    # A wrapper for C, which nothing here calls, would take a seventh of the time.
    made = numba.njit(nogil=True, no_cfunc_wrapper=True)(function)
    with contextlib.suppress(RuntimeError):  # «no locator available»
        made._cache = _Cache(function)
    return made


@extending.intrinsic
def fma(typing_context, x, y, z):
    """x y + z of floats of one type, rounded once: the one instruction of fast sums whose bits no compiler may change.

    Sums that LLVM may reorder (`fastmath`) depend on what it had inlined, and so on what was found in the cache.
    """
    if not (isinstance(x, types.Float) and x == y == z):
        raise errors.TypingError(f"fma: expected three floats of one type, got {x}, {y}, {z}")
    return x(x, y, z), lambda context, builder, signature, given: builder.fma(*given)
