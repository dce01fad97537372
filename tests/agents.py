"""Small agents that tests share: their parameters, and networks whose weights come from NumPy.

JAX's own draws compile for each shape, which takes most of a small test.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from stages.network.agent import Network, fresh
from stages.params.agents import EntriesAgent, Search, SpanAgent
from stages.params.section import STANDARD_START

TORSOS = {"ranks": {"torso": "ranks", "combinations": 1}, "attention": {"torso": "attention", "head_size": 16}}
EXACT = {"name": "exact"}
OPTIMISER = {"batch": 9, "learning_rate": 0.001, "weight_decay": 0.0, "clip": 1.0}
SEARCH = {
    "rounds": 3,
    "games": 0,
    "window_games": 1,
    "window_terms": (2, 2),
    "dimension_cost": 4.0,
    "selection_every": 2,
    "planner": {"name": "one_ply", "improved_policy": "best"},
    "candidates": 4,
    "sampling_temperature": 1.0,
    "risk": 0.5,
    "basis_density": 0.5,
    "signed_permutations": False,
    "train_steps": 2,
    "demonstration_share": (0.5, 0.25),
    "demonstration_rounds": 2,
    "best_share": 0.25,
    "reanalyse": 0.0,
    "learn_failed": False,
    "replay_rounds": 2,
    "best_games": 10,
    "keep": 5,
    "data": STANDARD_START,
    "adam": "fresh",
    "optimiser": OPTIMISER,
}


def agent(ring: str, *targets: str, window: str | None = None, torso: str = "ranks", **sizes: object) -> EntriesAgent:
    """An agent; its window is the last of its targets if none is given."""
    network = {"width": 8, "blocks": 1, "quantiles": 4, "history": 0, "entries_per_token": 1, "model": EXACT}
    network |= TORSOS[torso] | sizes
    given = {
        "ring": ring,
        "symmetry": "none",
        "targets": targets,
        "window": window or targets[-1],
        "seed": 3,
        "network": network,
        "demonstrations": {"count": 64, "distribution": (0.5, 0.5) if ring == "Z2" else (0.0, 0.25, 0.5, 0.25, 0.0)},
        "pretraining": {"steps": 0, "report_every": 1, "optimiser": OPTIMISER},
        "search": SEARCH,
    }
    return EntriesAgent.model_validate(given)


def settings(**changes: object) -> Search:
    """Parameters of a search, by default of whole targets alone."""
    return Search.model_validate(SEARCH | {"games": 64, "window_games": 0} | changes)


def filled(module):
    """`module` with normal draws in place of its leaves: matrices scaled to keep the size of what they map."""
    rng = np.random.default_rng(0)

    def draw(leaf):
        return jnp.asarray(rng.normal(size=leaf.shape) / np.sqrt(leaf.shape[-1] if leaf.ndim == 2 else 1), leaf.dtype)

    return jax.tree.map(draw, module)


def untrained(agent: EntriesAgent | SpanAgent) -> Network:
    """A network of `agent`, the same every time."""
    return filled(jax.eval_shape(lambda: fresh(agent, jax.random.key(0))))


SPAN_SEARCH = {
    "rounds": 3,
    "planner": {"name": "beam", "width": 16, "children": 8, "noise": (0.0, 0.5)},
    "windows": None,
    "candidates": 8,
    "risk": 0.5,
    "train_steps": 2,
    "games": 4,
    "played_share": 0.25,
    "reanalyse": 0.0,
    "replay_rounds": 2,
    "own_share": 0.5,
    "best_games": 10,
    "keep": 5,
    "data": STANDARD_START,
    "adam": "fresh",
    "optimiser": OPTIMISER,
}


SPAN_WINDOWS = {
    "batches": 3,
    "members": 4,
    "steps": 20,
    "terms": (1, 4),
    "dimensions": 4,
    "dimension_cost": 2.0,
    "plays": 2,
    "noise": 0.5,
    "generation": 1,
    "parents": 2,
    "patience": 2,
    "temperatures": (0.5, 2.0),
}


def span_agent(
    *targets: str, ring: str = "Z2", symmetry: str = "none", window: str | None = None, windows: dict | None = None
) -> SpanAgent:
    """An agent in spans; its window is the last of its targets if none is given."""
    given = {
        "ring": ring,
        "symmetry": symmetry,
        "targets": targets,
        "window": window or targets[-1],
        "seed": 3,
        "network": {"torso": "spans", "width": 16, "point_width": 16, "point_size": 8, "quantiles": 4},
        "demonstrations": {"count": 64},
        "pretraining": {"steps": 0, "report_every": 1, "optimiser": OPTIMISER},
        "search": SPAN_SEARCH | {"windows": windows},
    }
    return SpanAgent.model_validate(given)
