"""One XLA for every run: one thread and JAX's own defaults, whatever the environment says.

XLA on one and on two threads gives different bits, and JAX variables such as JAX_ENABLE_X64 or
JAX_DEFAULT_PRNG_IMPL change every draw (both measured), while DVC would record the same stage. Parallelism is across
agents.

What takes more than a second to compile is kept on disk. This changes no bit: a program is found again by its text, the
versions, the flags and the features of the processor.
"""

import os
import sys

# Which device computes is the machine's matter, and the same machine is what equal bytes are promised for. Where
# compiled programs are kept, if at all, is the user's.
_KEPT = ("JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE")


def settle_xla() -> None:
    """Clears JAX's and XLA's variables and asks for one thread. Call it before JAX is imported: JAX reads them then.

    Raises:
      RuntimeError: JAX is imported already, so the call would do nothing.
    """
    if "jax" in sys.modules:
        raise RuntimeError("settle_xla: expected to be called before JAX is imported")
    for name in [name for name in os.environ if name.startswith(("JAX_", "XLA_")) and name not in _KEPT]:
        del os.environ[name]
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", ".cache/xla")
    os.environ["NPROC"] = "1"  # size of XLA's thread pools
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
