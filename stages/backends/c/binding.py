"""A compiled C file as a Python object: products of NumPy arrays by its kernel."""

from __future__ import annotations

import ctypes
import os
import weakref
from pathlib import Path

import numpy as np

from stages.backends.c import build
from stages.errors import KernelError

_SUFFIXES = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}
ISAS = ("best", "portable", "avx2", "avx512")  # in the order of the file's numbers
_HUGE_PAGE = 2**21


_KERNELS: weakref.WeakSet[Kernel] = weakref.WeakSet()


def _forget_threads() -> None:
    for kernel in _KERNELS:
        kernel.forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def load(source: str) -> Kernel:
    """Compiles the text of `emitter.emit` and runs its self-test, or takes the library that passed before.

    Raises:
      KernelError: no compiler, or one that refuses the text; a wrong product; a library that cannot be loaded.
    """
    return Kernel(build.build(source))


class Kernel:
    """Products by the schemes of one C file. Any number of Python threads may call it at the same time.

    It owns thread pools and workspaces: a call takes one that is idle, or makes one, and leaves it for the next.
    """

    def __init__(self, library: Path) -> None:
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:  # cut off, or where programs may not be run
            hint = "delete it, or name another place by XDG_CACHE_HOME"
            raise KernelError(f"C back end: expected a library that can be loaded, got «{error}»; {hint}") from error
        size, pointer, integer = ctypes.c_int64, ctypes.c_void_p, ctypes.c_int
        for suffix in _SUFFIXES.values():
            product = getattr(self._library, f"fmm_gemm_{suffix}")
            product.argtypes = [*[size] * 3, *[pointer, size, size] * 3, integer, integer, pointer, pointer, integer]
            workspace = getattr(self._library, f"fmm_workspace_{suffix}")
            workspace.argtypes, workspace.restype = [*[size] * 3, *[integer] * 4], ctypes.c_size_t
        self._library.fmm_pool_create.argtypes, self._library.fmm_pool_create.restype = [integer], pointer
        self._library.fmm_pool_destroy.argtypes, self._library.fmm_pool_destroy.restype = [pointer], None
        self._library.fmm_has.argtypes = [integer]
        self._pools: dict[int, list[int]] = {}
        self._spare: list[np.ndarray] = []

        _KERNELS.add(self)

    def forget_threads(self) -> None:
        """For a process that was forked off: the threads of its pools are its parent's, none would do the work."""
        self._pools.clear()

    def close(self) -> None:
        """Ends the threads and frees the workspaces; the next call makes new ones. No call may be under way."""
        for pools in self._pools.values():
            while pools:
                self._library.fmm_pool_destroy(pools.pop())
        self._spare.clear()

    def __del__(self) -> None:
        if hasattr(self, "_spare"):
            self.close()

    def has(self, isa: str) -> bool:
        """Whether this processor can run the kernel's text for an instruction set of `ISAS`."""
        return bool(self._library.fmm_has(ISAS.index(isa)))

    def workspace(
        self, n: int, m: int, p: int, dtype: np.dtype, *, levels: int = 0, fused: bool = False, threads: int = 1
    ) -> int:
        """Bytes that `product` needs beside its operands for A [n, m] and B [m, p].

        Raises:
          TypeError: neither float32 nor float64.
          ValueError: a number out of range.
        """
        bytes_needed = getattr(self._library, f"fmm_workspace_{_suffix(dtype)}")
        _check_numbers(levels, threads)
        return bytes_needed(n, m, p, levels, fused, threads, 0)

    def product(
        self,
        a: np.ndarray,
        b: np.ndarray,
        out: np.ndarray | None = None,
        *,
        levels: int = 0,
        fused: bool = False,
        threads: int = 1,
        isa: str = "best",
        workspace: np.ndarray | None = None,
    ) -> np.ndarray:
        """A @ B. Blocks are added before they are multiplied, so NaN and infinity can spread over all of it.

        Args:
          a: float32 or float64 [n, m], of any strides.
          b: of the same type [m, p].
          out: where to put the result [n, p]; it may overlap `a` and `b`.
          levels: of the outer scheme; those for which the matrices are too small are left out.
          fused: one level of the inner scheme below them.
          threads: that work on it, the calling one among them.
          isa: of `ISAS`.
          workspace: bytes [at least `self.workspace(...)`] that no other call uses meanwhile.
        Returns:
          `out`, or a new array.
        Raises:
          TypeError: other element types, or two different ones.
          ValueError: shapes that do not fit, a number out of range, too small a workspace, a read-only `out`.
          KernelError: the processor lacks the instruction set, or the system gives no thread.
        """
        suffix = _suffix(a.dtype, b.dtype, *(() if out is None else (out.dtype,)))
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise ValueError(f"matmul: expected shapes [n, m] and [m, p], got {list(a.shape)} and {list(b.shape)}")
        (n, m), p = a.shape, b.shape[1]
        if out is not None and out.shape != (n, p):
            raise ValueError(f"matmul: expected out of shape {[n, p]}, got {list(out.shape)}")
        if out is not None and not out.flags.writeable:
            raise ValueError("output array is read-only")  # NumPy's own words
        _check_numbers(levels, threads)
        if not self.has(isa):
            raise KernelError(f"C back end: this processor has no {isa}")

        a, b = _addressable(a), _addressable(b)
        in_place = out is not None and not (np.may_share_memory(out, a) or np.may_share_memory(out, b))
        c = out if in_place and _addressable(out) is out else np.empty((n, p), a.dtype)
        needed = getattr(self._library, f"fmm_workspace_{suffix}")(n, m, p, levels, fused, threads, ISAS.index(isa))
        scratch = self._borrow(needed) if workspace is None else workspace
        if not (scratch.flags.c_contiguous and scratch.flags.writeable and scratch.nbytes >= needed):
            raise ValueError(
                f"matmul: expected a writeable workspace of {needed} bytes side by side, got {scratch.nbytes}, "
                f"strides {scratch.strides}"
            )
        pools = self._pools.setdefault(threads, [])
        pool = None if threads == 1 else _pop(pools) or self._new_pool(threads)
        try:
            status = getattr(self._library, f"fmm_gemm_{suffix}")(
                *(n, m, p, *_pointer(a), *_pointer(b), *_pointer(c)),
                *(levels, fused, scratch.ctypes.data, pool, ISAS.index(isa)),
            )
        finally:  # Ctrl-C arrives when the call is done
            if pool is not None:
                pools.append(pool)
        if status:
            raise KernelError(f"C back end: the call is refused, status {status}")
        if workspace is None:
            self._spare.append(scratch)
        if out is None or c is out:
            return c
        out[...] = c
        return out

    def _new_pool(self, threads: int) -> int:
        pool = self._library.fmm_pool_create(threads)
        if pool is None:
            raise KernelError(f"C back end: the system gives no {threads} threads")
        return pool

    def _borrow(self, needed: int) -> np.ndarray:
        """An idle workspace of that size; smaller ones are given up, so that they do not pile up."""
        while (spare := _pop(self._spare)) is not None:
            if spare.nbytes >= needed:
                return spare
        return np.empty(-(-needed // _HUGE_PAGE) * _HUGE_PAGE, np.uint8)


def _pop(idle: list):
    """The last element, or None: in one step, as another thread may pop too."""
    try:
        return idle.pop()
    except IndexError:
        return None


def _suffix(*dtypes: np.dtype) -> str:
    if len(set(dtypes)) > 1 or dtypes[0] not in _SUFFIXES:
        got = " and ".join(map(str, dtypes))
        raise TypeError(f"matmul: expected arrays of one type, float32 or float64, got {got}")
    return _SUFFIXES[dtypes[0]]


def _check_numbers(levels: int, threads: int) -> None:
    if levels < 0 or threads < 1:
        raise ValueError(f"matmul: expected levels >= 0 and threads >= 1, got {levels} and {threads}")


def _addressable(x: np.ndarray) -> np.ndarray:
    """`x`, or a copy where its strides are no whole elements (a field of a record)."""
    is_whole = x.flags.aligned and all(stride % x.itemsize == 0 for stride in x.strides)
    return x if is_whole else np.ascontiguousarray(x)


def _pointer(x: np.ndarray) -> tuple[int, int, int]:
    """Address, and strides in elements. An axis of length 1 has any stride: that of a contiguous array is fast."""
    rows, cols = (stride // x.itemsize for stride in x.strides)
    return x.ctypes.data, (x.shape[1] if x.shape[0] == 1 else rows), (1 if x.shape[1] == 1 else cols)
