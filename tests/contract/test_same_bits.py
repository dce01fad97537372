"""A small training run has the same bits with AVX-512 and without.

The digest was computed on Zen 4, which has AVX-512, and on an emulated Zen 3, which has none (qemu-x86_64 -cpu
EPYC-Milan). Another version of JAX may change it; it has to be the same on both kinds then too.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIGEST = "363271388d123a300971a93bb6fddf66"
# A side of 135, which fills no whole registers, is where the kernels for AVX2 and for AVX-512 differ.
PROGRAM = """
import hashlib
from stages.contract.xla import settle_xla
settle_xla()
import jax
import jax.numpy as jnp

def layer(key, n, m):
    return {"w": jax.random.normal(key, (n, m)) / n**0.5, "b": jnp.zeros(m)}

def network(layers, x):
    for each in layers[:-1]:
        x = jax.nn.relu(x @ each["w"] + each["b"])
        x = (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return x @ layers[-1]["w"] + layers[-1]["b"]

def loss(layers, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(network(layers, x)), y[:, None], 1).mean()

@jax.jit
def train(layers, key):
    def step(carry, key):
        layers, means = carry
        x = jax.random.normal(key, (256, 135))
        y = (jnp.sum(x[:, :9] > 0, 1) * 7) % 64
        gradient = jax.grad(loss)(layers, x, y)
        means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradient)
        layers = jax.tree.map(lambda p, m: p - 0.01 * m / jnp.sqrt(m * m + 1e-8), layers, means)
        return (layers, means), 0
    (layers, _), _ = jax.lax.scan(step, (layers, jax.tree.map(jnp.zeros_like, layers)), jax.random.split(key, 100))
    return layers

keys = jax.random.split(jax.random.key(0), 4)
layers = train([layer(keys[0], 135, 128), layer(keys[1], 128, 128), layer(keys[2], 128, 64)], keys[3])
print(hashlib.md5(b"".join(jax.device_get(leaf).tobytes() for leaf in jax.tree.leaves(layers))).hexdigest())
"""


def test_training_has_the_same_bits_with_avx_512_and_without(tmp_path):
    given = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment = given | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == DIGEST, done.stderr
