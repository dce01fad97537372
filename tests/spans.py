"""The policy of a network in spans for one state, that tests share."""

import jax
import jax.numpy as jnp
import numpy as np

from stages.game.layout import count_blocks
from stages.game.support import compress_all, pack, restore
from stages.learning.spans import Positions, see


def policy(network, tensor, u, v):
    """Logs of the shares of all u, v given u, w given both; the value's quantiles; logs for all cubes, and for one."""
    given = pack(tensor)[None]
    dims, bases = compress_all(given)
    chosen = restore(np.array([[[u, v, 1]]]), bases)[0]
    positions = Positions(given, chosen, np.zeros(1, np.float32))
    seen = jax.tree.map(jnp.asarray, see(positions, network.is_cyclic, int(count_blocks(dims)[0])))
    trunk = network.embed(seen.wholes)
    points = network.embed_points(trunk, seen.points, seen.layout)
    u, v = seen.actions[:, 0], seen.actions[:, 1]
    of_first = network.choose_first(points, seen.layout)
    return [
        np.asarray(part)
        for part in (
            of_first[0],
            network.choose_second(trunk, points, seen.layout, u, seen.pairs),
            network.choose_third(trunk, points, seen.layout, u, v, seen.pairs_third),
            network.quantiles(trunk)[0],
            of_first[1],
            jax.nn.log_sigmoid(network.is_cube.weight @ trunk[0] + network.is_cube.bias)[0],
        )
    ]
