"""A compiled C file as a Python object: products of NumPy arrays by its schemes."""

from __future__ import annotations

import ctypes
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

TYPES = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}
ISAS = ("best", "portable", "avx2", "avx512")  # in the order of the file's numbers
UNFUSED = -1
_HUGE_PAGE = 2**21


class Facts(NamedTuple):
    """Of a scheme in the file.

    Attributes:
      scheme: its hash.
      size: n, m, p.
      products: that one level needs.
      emax: how many times max|A| max|B| an entry of C can reach on the way, per element of a block's inner length.
      sums: operands of A and of B that are sums, and the products: what a level in memory stores.
      terms: non-zeros of its three matrices: what a fused level reads and updates.
      roundings: the most on the way from a block of A or B to one of C, those within products not counted.
    """

    scheme: str
    size: tuple[int, int, int]
    products: int
    sums: tuple[int, int, int]
    terms: tuple[int, int, int]
    emax: float
    roundings: int

    @property
    def name(self) -> str:
        """Such as «2x2x2:7»."""
        return f"{'x'.join(map(str, self.size))}:{self.products}"


class Kernel:
    """Products by the schemes of one C file. Any number of Python threads may call it at the same time.

    A call takes an idle workspace, or makes one, and leaves it for the next.

    Attributes:
      levels: schemes whose sums can be computed in memory.
      fused: schemes that can be fused into the classical product.
    Raises:
      OSError: a library that cannot be loaded.
    """

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        size, pointer, integer = ctypes.c_int64, ctypes.c_void_p, ctypes.c_int
        self._products, self._workspaces = {}, {}
        for dtype, suffix in TYPES.items():
            product = self._products[dtype] = getattr(self._library, f"fmm_gemm_{suffix}")
            product.argtypes = [
                *[size] * 3,
                *[pointer, size, size] * 3,
                pointer,
                *[integer] * 2,
                *[pointer] * 2,
                integer,
            ]
            workspace = self._workspaces[dtype] = getattr(self._library, f"fmm_workspace_{suffix}")
            workspace.argtypes, workspace.restype = [*[size] * 3, pointer, *[integer] * 3], ctypes.c_size_t
        self._library.fmm_pool_borrow.argtypes, self._library.fmm_pool_borrow.restype = [integer], pointer
        self._library.fmm_pool_return.argtypes, self._library.fmm_pool_return.restype = [pointer], None
        self._library.fmm_blas_share.argtypes, self._library.fmm_blas_share.restype = [pointer, integer], None
        self._library.fmm_has.argtypes = [integer]
        self._library.fmm_about.restype = ctypes.c_char_p
        about = json.loads(self._library.fmm_about())
        self.levels, self.fused = (
            tuple(Facts(*map(_frozen, (facts[field] for field in Facts._fields))) for facts in about[kind])
            for kind in ("levels", "fused")
        )
        self._spare: list[_Scratch] = []

    def has(self, isa: str) -> bool:
        """Whether this processor can run the kernel's text for an instruction set of `ISAS`."""
        return bool(self._library.fmm_has(ISAS.index(isa)))

    def self_test(self) -> str:
        """Runs the exact trial of every plan on every instruction set that the processor has.

        Returns:
          A line about the wrong products; empty where there is none.
        """
        first = ctypes.create_string_buffer(128)
        wrong = self._library.fmm_self_test(first, ctypes.c_size_t(len(first)))
        return f"{wrong} products are wrong, {first.value.decode()}" if wrong else ""

    def share_threads(self, setter: int, share: bool) -> None:
        """Has the jobs of an OpenBLAS done by the threads of this kernel, or by its own ones again.

        Args:
          setter: address of its function openblas_set_threads_callback_function.
        """
        self._library.fmm_blas_share(setter, share)

    def workspace(
        self, n: int, m: int, p: int, dtype: np.dtype, *, levels: Sequence[int] = (), threads: int = 1
    ) -> int:
        """Bytes that `product` needs beside its operands for A [n, m] and B [m, p].

        Raises:
          TypeError: neither float32 nor float64.
          ValueError: a number out of range.
        """
        bytes_needed = self._workspaces[_type(dtype)]
        self._check_numbers(levels, UNFUSED, threads)
        return bytes_needed(n, m, p, _integers(tuple(levels)), len(levels), threads, 0)

    def product(
        self,
        a: np.ndarray,
        b: np.ndarray,
        out: np.ndarray | None = None,
        *,
        levels: Sequence[int] = (),
        fused: int = UNFUSED,
        threads: int = 1,
        isa: str = "best",
        workspace: np.ndarray | None = None,
    ) -> np.ndarray:
        """A @ B. Blocks are added before they are multiplied, so NaN and infinity can spread over all of it.

        Args:
          a: float32 or float64 [n, m], of any strides.
          b: of the same type [m, p].
          out: where to put the result [n, p]; it may overlap `a` and `b`.
          levels: in memory, the outermost first, as numbers of `self.levels`; one that does not fit is left out.
          fused: the level below them, as a number of `self.fused`.
          threads: that work on it, the calling one among them.
          isa: of `ISAS`.
          workspace: bytes [at least `self.workspace(...)`] that no other call uses meanwhile.
        Returns:
          `out`, or a new array.
        Raises:
          TypeError: other element types, or two different ones.
          ValueError: shapes that do not fit, a number out of range, too small a workspace, a read-only `out`.
          RuntimeError: the processor lacks the instruction set, or the system gives no thread.
        """
        dtype = _type(a.dtype, b.dtype, *(() if out is None else (out.dtype,)))
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise ValueError(f"matmul: expected shapes [n, m] and [m, p], got {list(a.shape)} and {list(b.shape)}")
        (n, m), p = a.shape, b.shape[1]
        if out is not None and out.shape != (n, p):
            raise ValueError(f"matmul: expected out of shape {[n, p]}, got {list(out.shape)}")
        if out is not None and not out.flags.writeable:
            raise ValueError("output array is read-only")  # NumPy's words
        levels = tuple(levels)
        needed = self._needed(dtype, (n, m, p), levels, fused, threads, isa)
        a, b = _addressable(a), _addressable(b)
        in_place = out is not None and not (np.may_share_memory(out, a) or np.may_share_memory(out, b))
        c = out if in_place and _addressable(out) is out else np.empty((n, p), a.dtype)
        scratch = self._borrow(needed) if workspace is None else _Scratch(workspace)
        if workspace is not None and not (
            workspace.flags.c_contiguous and workspace.flags.writeable and workspace.nbytes >= needed
        ):
            raise ValueError(
                f"matmul: expected a writeable workspace of {needed} bytes side by side, got {workspace.nbytes}, "
                f"strides {workspace.strides}"
            )
        pool = None if threads == 1 else self._library.fmm_pool_borrow(threads)
        if pool is None and threads > 1:
            raise RuntimeError(f"C back end: the system gives no {threads} threads")
        try:
            status = self._products[dtype](
                *(n, m, p, *_pointer(a), *_pointer(b), *_pointer(c)),
                *(_integers(levels), len(levels), fused, scratch.address, pool, ISAS.index(isa)),
            )
        finally:  # Ctrl-C arrives when the call is done
            if pool is not None:
                self._library.fmm_pool_return(pool)
        if status:
            raise RuntimeError(f"C back end: the call is refused, status {status}")
        if workspace is None:
            self._spare.append(scratch)
        if out is None or c is out:
            return c
        out[...] = c
        return out

    def _check_numbers(self, levels: Sequence[int], fused: int, threads: int) -> None:
        known, fusible = range(len(self.levels)), range(UNFUSED, len(self.fused))
        if threads < 1 or fused not in fusible or not all(level in known for level in levels):
            raise ValueError(
                f"matmul: expected levels of {list(known)}, fused of {list(fusible)} and threads >= 1, "
                f"got {list(levels)}, {fused} and {threads}"
            )

    @functools.lru_cache(1024)  # noqa: B019 -- there is one kernel, for as long as the process lives
    def _needed(
        self, dtype: np.dtype, shape: tuple[int, int, int], levels: tuple[int, ...], fused: int, threads: int, isa: str
    ) -> int:
        """Bytes of workspace of a call; raises what `product` does where a number is out of range."""
        self._check_numbers(levels, fused, threads)
        if not self.has(isa):
            raise RuntimeError(f"C back end: this processor has no {isa}")
        return self._workspaces[dtype](*shape, _integers(levels), len(levels), threads, ISAS.index(isa))

    def _borrow(self, needed: int) -> _Scratch:
        """An idle workspace of that size; smaller ones are given up, so that they do not pile up."""
        while self._spare:
            try:
                spare = self._spare.pop()
            except IndexError:  # another thread has taken it
                break
            if spare.memory.nbytes >= needed:
                return spare
        return _Scratch(np.empty(-(-needed // _HUGE_PAGE) * _HUGE_PAGE, np.uint8))


class _Scratch:
    """A workspace, with its address, which takes as long to ask for as all else of a call."""

    def __init__(self, memory: np.ndarray) -> None:
        self.memory, self.address = memory, memory.ctypes.data


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@functools.lru_cache(256)
def _integers(levels: tuple[int, ...]) -> ctypes.Array:
    return (ctypes.c_int * len(levels))(*levels)


def _type(*dtypes: np.dtype) -> np.dtype:
    if len(set(dtypes)) > 1 or dtypes[0] not in TYPES:
        got = " and ".join(map(str, dtypes))
        raise TypeError(f"matmul: expected arrays of one type, float32 or float64, got {got}")
    return dtypes[0]


def _addressable(x: np.ndarray) -> np.ndarray:
    """`x`, or a copy where its strides are no whole elements (a field of a record)."""
    is_whole = x.flags.aligned and all(stride % x.itemsize == 0 for stride in x.strides)
    return x if is_whole else np.ascontiguousarray(x)


def _pointer(x: np.ndarray) -> tuple[int, int, int]:
    """Address, and strides in elements. An axis of length 1 has any stride: that of a contiguous array is fast."""
    rows, cols = (stride // x.itemsize for stride in x.strides)
    return x.ctypes.data, (x.shape[1] if x.shape[0] == 1 else rows), (1 if x.shape[1] == 1 else cols)
