"""The file formats of the field: one module per family, each with `read(...)` and, where one is written, `write`.

A reader turns bytes into candidates (`formats.candidate`), trusts nothing, and raises SchemeError with one line about
what it expected and what came. A writer turns a scheme into the bytes of a file; equal schemes give equal bytes. The
third factor of a candidate stands as in the file: which convention that is, C or C transposed, only a check can tell
(`findings`).
"""
