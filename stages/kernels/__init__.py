"""Verified schemes -> source text of kernels that multiply by them; `matmul` uses these where they are faster."""

from stages.kernels.planner import Plan, explain, matmul

__all__ = ["Plan", "explain", "matmul"]
