"""Exact algebra of bilinear schemes. NumPy integers only: no JAX, no float."""
