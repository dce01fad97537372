"""Verified schemes -> source text of kernels that multiply matrices by them."""
