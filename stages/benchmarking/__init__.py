"""Kernels against the best library products: whole calls, interleaved, the error beside the time."""
