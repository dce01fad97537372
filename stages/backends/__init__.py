"""Programs -> source text in C, JAX and NumPy, tried out exactly."""
