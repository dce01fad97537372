"""Flip-graph walks over Z2 through a chain of sizes, and lifting to Z. No JAX."""
