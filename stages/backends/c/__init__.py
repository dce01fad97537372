"""C back end: one C file per pair of schemes, compiled by the system's compiler and called through ctypes."""
