"""Whatever the environment says, JAX computes the same bits on any number of CPUs; without the guard it does not."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.contract.xla import settle_xla

ROOT = Path(__file__).parents[2]
OURS = ("JAX_", "XLA_", "NPROC", "ONEDNN_")
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
KEPT = {
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "XLA_PYTHON_CLIENT_MEM_FRACTION": ".3",
    "XLA_PYTHON_CLIENT_ALLOCATOR": "platform",
    "XLA_CLIENT_MEM_FRACTION": ".3",
}
# Each changes what JAX draws, how it computes or how many threads it takes.
TRAPS = {
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_RANDOM_SEED_OFFSET": "3",
    "JAX_DISABLE_JIT": "1",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    "NPROC": "2",
    "ONEDNN_MAX_CPU_ISA": "DEFAULT",
}
# One sum over the long axis: XLA splits it among its threads, and floats depend on the order of addition.
PROGRAM = """
import hashlib, json, os, sys
from stages.contract.xla import settle_xla
if len(sys.argv) > 2:
    os.sched_setaffinity(0, map(int, sys.argv[2:]))
if sys.argv[1] == "settled":
    settle_xla()
import jax
drawn = jax.random.uniform(jax.random.key(0), (1 << 14, 256))
summed = jax.jit(lambda x: x.sum(axis=0))(drawn)
digests = [hashlib.sha256(jax.device_get(array).tobytes()).hexdigest() for array in (drawn, summed)]
names = {name: value for name, value in os.environ.items() if name.startswith(("JAX_", "XLA_", "NPROC", "ONEDNN_"))}
print(json.dumps([*digests, jax.device_count(), names]))
"""


@functools.cache
def _sum(how: str, num_cpus: int = 0, **traps: str) -> list:
    """Digests of what is drawn and of its sum, the number of devices, the variables that are left."""
    given = {
        name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_", "NPROC", "ONEDNN_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, *map(str, CPUS[:num_cpus])],
        cwd=ROOT,
        env=given | {"JAX_PLATFORMS": "cpu"} | traps,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(len(CPUS) < 2, reason="needs a second CPU to keep XLA from")
def test_bits_do_not_depend_on_the_cpus():
    plain = [_sum("plain", num_cpus) for num_cpus in (1, 2)]
    assert plain[0][0] == plain[1][0]
    assert plain[0][1] != plain[1][1], "the sum shows no difference, so this test shows nothing"
    settled = [_sum("settled", num_cpus) for num_cpus in (1, 2)]
    assert settled[0] == settled[1]
    assert settled[0][:2] == plain[0][:2]


def test_variables_do_not_reach_jax():
    assert _sum("plain", 2, **TRAPS)[:3] != _sum("plain", 2)[:3]
    settled = _sum("settled", 2, **TRAPS, **KEPT)
    assert settled[:3] == _sum("settled", 2)[:3]
    own = {
        "JAX_COMPILATION_CACHE_DIR": ".cache/xla",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "NPROC": "1",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false --xla_cpu_enable_platform_dependent_math=false",
    }
    assert settled[2:] == [1, KEPT | own]


def test_too_late_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", sys)
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="before JAX is imported"):
        settle_xla()
    assert dict(os.environ) == before
