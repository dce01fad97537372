"""What crosses a stage border: parameters, tables, state to resume from, progress. No JAX."""
