"""The policy of a network in spans for one state, that tests share."""

import jax
import jax.numpy as jnp
import numpy as np

from stages.game import spans
from stages.game.layout import BLOCK, count_blocks, lay_out
from stages.game.support import compress_all, pack


def policy(network, tensor, u, v):
    """Logs of the shares of all u, v given u, w given both; the value's quantiles; logs for all cubes, and for one."""
    given = pack(tensor)[None]
    dims, _ = compress_all(given)
    blocks = int(count_blocks(dims)[0])
    layout = lay_out(dims, blocks)
    modes = 1 if network.is_cyclic else 3
    wholes = np.zeros((blocks, modes * spans.MODE_FEATURES), np.float32)
    spans.see_wholes(given, network.is_cyclic, wholes)
    seen = np.zeros((modes, blocks * BLOCK, spans.POINT_FEATURES), np.float32)
    spans.see_points(given, network.is_cyclic, layout.first, seen)

    def pairs(vector, sources, images):
        found = np.zeros((blocks * BLOCK, len(sources) * spans.PAIR_FEATURES), np.float32)
        sides = np.array(sources), np.array(images)
        spans.see_pairs(given, np.array([vector]), *sides, layout.first, found)
        return found

    if network.is_cyclic:
        second, of_v = pairs(u, [0, 0], [1, 2]), pairs(v, [0, 0], [1, 2])
        third = np.concatenate([second, of_v], axis=-1)
    else:
        second = pairs(u, [0], [1])
        third = np.concatenate([pairs(u, [0], [2]), pairs(v, [1], [2])], axis=-1)
    trunk = network.embed(jnp.asarray(wholes))
    embedded = network.embed_points(trunk, jnp.asarray(seen), layout)
    u, v = (jnp.full(blocks, each, jnp.int32) for each in (u, v))
    of_first = network.choose_first(embedded, layout)
    return [
        np.asarray(part)
        for part in (
            of_first[0],
            network.choose_second(trunk, embedded, layout, u, jnp.asarray(second)),
            network.choose_third(trunk, embedded, layout, u, v, jnp.asarray(third)),
            network.quantiles(trunk)[0],
            of_first[1],
            jax.nn.log_sigmoid(network.is_cube.weight @ trunk[0] + network.is_cube.bias)[0],
        )
    ]
