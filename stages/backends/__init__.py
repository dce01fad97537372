"""Programs -> source text in C, JAX and NumPy, tried out exactly; `matmul` uses these where they are faster."""

from stages.backends.dispatch import Plan
from stages.backends.product import explain, matmul

__all__ = ["Plan", "explain", "matmul"]
