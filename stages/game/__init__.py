"""TensorGame (AlphaTensor, «Algorithm discovery as a game»): state, step, return; tokens; observation.

One-example functions on explicit state; callers apply `vmap` and `jit`.
"""
