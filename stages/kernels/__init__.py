"""Verified schemes -> source text of kernels that multiply by them."""
