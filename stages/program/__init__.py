"""A scheme as a straight-line program: sums of blocks, products, sums of products. Data only; no JAX, no float."""
