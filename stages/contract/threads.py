"""One XLA thread, whatever the environment: XLA on one and on two threads gives different bits (measured).

Called before JAX opens its backend; parallelism is across agents. Sets environment variables, so it needs no JAX.
"""

import os


def one_xla_thread() -> None:
    """Makes the CPU backend that this process opens next compute on one thread."""
    os.environ["NPROC"] = "1"  # size of XLA's thread pools
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
