"""Flip-graph walks over Z2 through a chain of sizes, lifting to Z, and recombination. No JAX."""
