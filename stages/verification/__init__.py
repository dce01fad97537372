"""The verdict on every candidate: exact, without JAX and without floats."""
