"""The libraries whose arrays `matmul` takes: their own product, their threads and device, how a kernel is called."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator

import numpy as np

from stages.backends.c import binding
from stages.backends.c.build import digest
from stages.backends.c.variants import Shape, Variant, variants
from stages.backends.dispatch import SCHEME
from stages.backends.machine import blas, blas_threads, cpu_model, other_threads_run
from stages.backends.source import kernel_hash, python_matmul

TYPES = (np.dtype(np.float32), np.dtype(np.float64))


class NumPy:
    """NumPy arrays; kernels of the C back end."""

    name = "numpy"
    backend = "c"
    states = ("idle", "after")
    plain = staticmethod(np.matmul)
    place = staticmethod(np.ascontiguousarray)
    wait = staticmethod(lambda x: x)
    timing = staticmethod(contextlib.nullcontext)
    threads = staticmethod(blas_threads)
    digest = staticmethod(digest)

    def operands(self, a, b):
        return a, b

    def is_planned(self, a, b, out) -> bool:
        if type(a) is not np.ndarray or type(b) is not np.ndarray or not _fit(a, b):  # matrices, masked arrays: NumPy's
            return False
        shape = (a.shape[0], b.shape[1])
        return out is None or (type(out) is np.ndarray and out.dtype == a.dtype and out.shape == shape)

    def is_finite(self, x) -> bool:
        return bool(np.isfinite(x).all())

    def state(self) -> str:
        """The threads of NumPy's library spin for a while after each product, on the cores that a kernel wants."""
        return "after" if other_threads_run() else "idle"

    def device(self) -> list:
        return [cpu_model(), os.cpu_count(), np.__version__, *blas()]

    def load(self, source: str) -> Callable:
        product = binding.load(source).product
        return lambda variant, a, b, out: product(
            a, b, out, levels=variant.levels, fused=variant.fused, threads=self.threads()
        )

    def variants(self, shape: Shape) -> Iterator[Variant]:
        return variants(SCHEME, SCHEME, shape)


class Jax:
    """JAX arrays, traced ones too; kernels of the JAX back end."""

    name = "jax"
    backend = "jax"
    states = ("warm",)
    digest = staticmethod(kernel_hash)

    def __init__(self) -> None:
        import jax

        self._jax = jax
        self.place, self.wait = jax.device_put, jax.block_until_ready
        self.timing = jax.ensure_compile_time_eval  # the first large product can be one that is being traced
        self.plain = jax.jit(functools.partial(jax.numpy.matmul, precision="highest"))

    def threads(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def operands(self, a, b):
        return self._jax.numpy.asarray(a), self._jax.numpy.asarray(b)

    def is_planned(self, a, b, out) -> bool:
        return _fit(a, b)

    def is_finite(self, x) -> bool:
        return bool(self._jax.numpy.isfinite(x).all())

    def state(self) -> str:
        return "warm"

    def device(self) -> list:
        return [cpu_model(), os.cpu_count(), self._jax.__version__, self._jax.devices()[0].device_kind]

    def load(self, source: str) -> Callable:
        product = self._jax.jit(python_matmul(source), static_argnames="levels")
        return lambda variant, a, b, out: product(a, b, levels=variant.levels)

    def variants(self, shape: Shape) -> Iterator[Variant]:
        return (variant for variant in variants(SCHEME, SCHEME, shape) if not variant.fused)


Library = NumPy | Jax
numpy, jax = functools.cache(NumPy), functools.cache(Jax)


def library_of(a, b) -> Library:
    """JAX multiplies if one of both is a JAX array."""
    module = sys.modules.get("jax")  # whoever has a JAX array has imported it
    return jax() if module and (isinstance(a, module.Array) or isinstance(b, module.Array)) else numpy()


def _fit(a, b) -> bool:
    return a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0] and a.dtype == b.dtype and a.dtype in TYPES
