"""All cores that the scheduler grants, for XLA and BLAS alike. Called before either is loaded; imports neither."""

import os


def use_granted_cores() -> int:
    """Sets the thread pools of the libraries loaded next in this process; returns the number of threads."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for name in ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # NPROC: XLA
        os.environ[name] = str(count)
    return count
