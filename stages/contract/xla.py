"""One XLA for every run: one thread, and the same bits with AVX-512 and without, whatever the environment says.

XLA on one and on two threads gives different bits, and JAX variables such as JAX_ENABLE_X64 or
JAX_DEFAULT_PRNG_IMPL change every draw (both measured), while DVC would record the same stage. Parallelism is across
agents.

Two things are known to make bits depend on the processor: XLA's own approximations of square roots and such, and
oneDNN, which multiplies matrices for XLA by other kernels where there is AVX-512. The first are exact here, and the
second takes the kernels for AVX2.

All that is compiled is kept on disk. This changes no bit: a program is found again by its text, the versions, the
flags and the features of the processor.
"""

import os
import sys

# Which devices compute, and how much of their memory they take, is the machine's matter. Where compiled programs are
# kept, if at all, is the user's.
_KEPT = (
    "JAX_PLATFORMS",
    "JAX_NUM_CPU_DEVICES",  # to try several devices where there is one
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_ENABLE_COMPILATION_CACHE",
    "XLA_CLIENT_MEM_FRACTION",
    "XLA_PYTHON_CLIENT_ALLOCATOR",
    "XLA_PYTHON_CLIENT_MEM_FRACTION",
    "XLA_PYTHON_CLIENT_PREALLOCATE",
)


def settle_xla() -> None:
    """Clears JAX's and XLA's variables and sets its own. Call it before JAX is imported: JAX reads them then.

    Raises:
      RuntimeError: JAX is imported already, so the call would do nothing.
    """
    if "jax" in sys.modules:
        raise RuntimeError("settle_xla: expected to be called before JAX is imported")
    for name in [name for name in os.environ if name.startswith(("JAX_", "XLA_")) and name not in _KEPT]:
        del os.environ[name]
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", ".cache/xla")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["NPROC"] = "1"  # size of XLA's thread pools
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false --xla_cpu_enable_platform_dependent_math=false"
    os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"
