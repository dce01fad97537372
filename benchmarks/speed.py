"""Throughput of the agent's parts on one core: python benchmarks/speed.py

Per-mode size S = 4, 9, 16 (targets 2x2x2, 3x3x3, 4x4x4) over Z2; S = 9 also with the width of S = 4. Each figure is the
median of calls in random order in one process, in things per CPU second. The last column is the share of the bare
torso's speed that a whole value evaluation reaches: the torso alone, on observations made before, is the named
baseline.

Below them whole games of 3x3x3 in spans, by the trained networks of the last run (`results/search/parameters`): games
one ply at a time with 16 candidates, and beams of 64 states with the candidates of the default run.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.contract.xla import settle_xla

settle_xla()

import time  # noqa: E402
from functools import partial  # noqa: E402

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from stages.algebra.targets import parse_target  # noqa: E402
from stages.game.observation import observe  # noqa: E402
from stages.game.support import pack  # noqa: E402
from stages.game.tensor_game import State  # noqa: E402
from stages.learning.positions import Terms  # noqa: E402
from stages.learning.train import Batch, TrainState, make_optimiser, train_steps  # noqa: E402
from stages.network.agent import AgentNetwork, read_parameters  # noqa: E402
from stages.params.agents import EntriesAgent, OneAgent  # noqa: E402
from stages.params.file import section  # noqa: E402
from stages.planning.choose import planner  # noqa: E402
from stages.planning.one_ply import one_ply  # noqa: E402
from stages.planning.one_ply_games import one_ply_games  # noqa: E402
from stages.planning.plan import Sampling  # noqa: E402
from stages.planning.tree import sequential_halving  # noqa: E402
from stages.search.selfplay import play  # noqa: E402

ROOT = Path(__file__).parents[1]
SIMULATIONS, CALLS, STEPS, GAMES = 16, 5, 5, 64
SAMPLED = Sampling(candidates=8, risk=0.25, temperature=1.0)
HALVING = {"simulations": SIMULATIONS, "gumbel_scale": 0.0, "value_scale": 1.0}
# target, games in a batch, width, most slices combined, entries per token
SIZES = [("2x2x2", 128, 128, 4, 4), ("3x3x3", 64, 128, 2, 3), ("3x3x3", 64, 256, 2, 3), ("4x4x4", 16, 256, 1, 4)]


def parts(target: str, batch: int, width: int, combinations: int, entries: int) -> dict:
    """Name -> (how many things one call does, the call)."""
    network = {"torso": "ranks", "width": width, "blocks": 3, "quantiles": 8, "history": 0, "model": {"name": "exact"}}
    network |= {"combinations": combinations, "entries_per_token": entries}
    agent = section(ROOT / "runs/records.yaml", "agents.z_spelled", EntriesAgent)
    given = agent.model_dump() | {"ring": "Z2", "targets": (target,), "window": target, "network": network}
    given["demonstrations"]["distribution"] = (0.5, 0.5)
    given["search"] |= {"games": batch, "window_games": 0}
    agent = EntriesAgent.model_validate(given)
    network = AgentNetwork(agent, key=jax.random.key(0))
    rules = network.rules
    key = jax.random.key(1)
    residuals = jax.random.randint(key, (batch, *[rules.length] * 3), 0, 2)
    limits = jnp.full(batch, rules.max_rank, jnp.int32)
    states = State(residuals, limits, jnp.zeros(batch, bool), jnp.zeros((batch, 0, 3, rules.length), jnp.int32))
    observations = jax.jit(jax.vmap(partial(observe, rules=rules, most=combinations)))(states)
    torso = jax.jit(lambda network, x: jax.vmap(network.torso)(x))
    value = jax.jit(lambda network, states: jax.vmap(lambda state: network.value(network.embed(state)))(states))
    search = jax.jit(partial(sequential_halving, sampling=SAMPLED, **HALVING))
    planner = partial(one_ply, sampling=SAMPLED, improved_policy="best")
    optimiser = make_optimiser(agent.pretraining.optimiser, None)
    terms = np.zeros((STEPS, 128, rules.max_rank, 3, rules.length), np.int8)
    terms[..., 0] = 1
    batches = Batch(Terms(terms, np.full((STEPS, 128), rules.max_rank, np.int32)))
    train = [TrainState(network, optimiser.init(network))]

    def steps() -> jax.Array:
        train[0], losses = train_steps(train[0], batches, key, optimiser)
        return losses.total

    return {
        "torsos/s": (batch, lambda: torso(network, observations)),
        "values/s": (batch, lambda: value(network, states)),
        "simulations/s": (batch * SIMULATIONS, lambda: search(network, states, key)),
        "1-ply games/s": (batch, lambda: play(network, residuals, limits, key, planner)),
        "train steps/s (B128)": (STEPS, steps),
    }


def games_in_spans(name: str) -> dict:
    """As `parts`, whole games of 3x3x3 by an agent of the default run."""
    agent = section(ROOT / "params.yaml", f"agents.{name}", OneAgent).root
    network = read_parameters(ROOT / f"results/search/parameters/{name}.parquet", agent)
    target, rng, search = parse_target("3x3x3"), np.random.default_rng(0), planner(agent.search)
    start, limit = pack(target.tensor), target.naive_rank
    starts, limits = np.repeat(start[None], GAMES, axis=0), np.full(GAMES, limit)
    given = {"candidates": 16, "noise": 0.0, "risk": SAMPLED.risk}
    return {
        "1-ply games/s": (GAMES, lambda: one_ply_games(network, starts, limits, limit, rng, **given)),
        "beams/s": (1, lambda: search(network, start, limit, rng, noise=0.1)),
    }


def measure(calls: dict) -> dict[str, float]:
    """Medians in things per CPU second."""
    seconds = {name: [] for name in calls}
    for _, call in calls.values():
        jax.block_until_ready(call())  # compiles
    rng = np.random.default_rng(0)
    for _ in range(CALLS):
        for name in rng.permutation(list(calls)):
            begin = time.process_time()
            jax.block_until_ready(calls[name][1]())
            seconds[name].append(time.process_time() - begin)
    return {name: calls[name][0] / float(np.median(seconds[name])) for name in calls}


def main() -> None:
    for number, (target, batch, width, *tokens) in enumerate(SIZES):
        rates = measure(parts(target, batch, width, *tokens))
        if not number:
            names = "".join(f"{name:>22}" for name in rates)
            print(f"{'target':>8}{'width':>8}{names}{'values / torsos':>18}")
        figures = "".join(f"{rate:>22,.1f}" for rate in rates.values())
        share = rates["values/s"] / rates["torsos/s"]
        print(f"{target:>8}{width:>8}{figures}{share:>18.2f}", flush=True)
    for name in ("z2", "z2_cyclic"):
        rates = measure(games_in_spans(name))
        print(f"3x3x3, agent {name}: " + ", ".join(f"{rate:.2f} {what}" for what, rate in rates.items()), flush=True)


if __name__ == "__main__":
    main()
