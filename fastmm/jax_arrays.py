"""JAX arrays: on the CPU their products go to `fastmm.matmul` where that has a plan, elsewhere to JAX itself."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from fastmm import product


def matmul(a, b, out, max_error_growth: float | None) -> jax.Array:
    """Of arrays that may be traced; can be differentiated.

    Raises:
      TypeError: `out`, as JAX arrays do not change.
    """
    if out is not None:
        raise TypeError("matmul: expected no out for JAX, whose arrays do not change")
    a, b = jnp.asarray(a), jnp.asarray(b)
    if a.ndim != 2 or b.ndim != 2 or jax.default_backend() != "cpu":
        return _plain(a, b)
    return _product(a, b, max_error_growth)


def _plain(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a, b, precision="highest")


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _product(a: jax.Array, b: jax.Array, max_error_growth: float | None) -> jax.Array:
    shapes = (np.broadcast_to(np.zeros((), x.dtype), x.shape) for x in (a, b))
    if product.planned(*shapes, max_error_growth).variant is None:
        return _plain(a, b)
    result = jax.ShapeDtypeStruct((a.shape[0], b.shape[1]), a.dtype)
    call = functools.partial(_on_host, max_error_growth=max_error_growth)
    return jax.pure_callback(call, result, a, b, vmap_method="sequential")


def _on_host(a, b, max_error_growth: float | None) -> np.ndarray:
    return product.matmul(np.asarray(a), np.asarray(b), max_error_growth=max_error_growth)


def _forward(a, b, max_error_growth):
    return _product(a, b, max_error_growth), (a, b)


def _backward(max_error_growth, operands, gradient):
    a, b = operands
    return _product(gradient, b.T, max_error_growth), _product(a.T, gradient, max_error_growth)


_product.defvjp(_forward, _backward)
